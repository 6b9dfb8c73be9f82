"""The README's commands, in its order, as a newcomer types them."""

import asyncio
import json
import re
import shlex
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.e2e.command import dallosh, environment

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

README = Path(__file__).resolve().parents[2] / "README.md"
NOTHING_MATCHED = 3
OTHERWISE_RIGHT = {"dlq replay": NOTHING_MATCHED, "repair --since": 1, "forget --author": NOTHING_MATCHED}
"""Beginnings of commands, and how they end where there is no dead letter, no level 1 to repair anything, nobody."""
N_ROWS = 120


def commands(heading: str) -> list[list[str]]:
    """Returns the `dallosh` commands in the code blocks under a heading, without their comments."""
    section = README.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    blocks = re.findall(r"^```\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    lines = [line.partition("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("dallosh ")]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path / "data", DALLOSH_PARTITIONS="2", PYTHONUNBUFFERED="1")


@pytest_asyncio.fixture
async def background() -> AsyncIterator[list[asyncio.subprocess.Process]]:
    """Processes that stay up, ended at the end of the test, the last one first."""
    running: list[asyncio.subprocess.Process] = []
    yield running
    for process in reversed(running):
        if process.returncode is None:
            process.terminate()
            await asyncio.wait_for(process.wait(), 40)


async def test_a_deployment_that_stays_up(
    env: dict[str, str], tmp_path: Path, background: list[asyncio.subprocess.Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = commands("Use it")
    begin = steps.index(["dev", "start"])
    monkeypatch.chdir(tmp_path)
    env["PYTHONPATH"] = str(README.parent)
    made = await dallosh("sample", "--n", str(N_ROWS), "--seed", "3", "-o", "tweets.csv", env=env)
    assert made.code == 0, made.stderr
    try:
        for step in steps[begin:]:
            await run_step(step, env, background)
    finally:
        await dallosh("dev", "stop", env=env)


async def run_step(step: list[str], env: dict[str, str], background: list[asyncio.subprocess.Process]) -> None:
    """Runs a step to its end, or, where it stays up, until it does its work."""
    if step == ["dev", "stop"]:
        for process in reversed(background):
            process.terminate()
            assert await asyncio.wait_for(process.wait(), 60) in (0, -15)
    if step[0] == "up" or "--follow" in step:
        background.append(await started([*step, "--json"], env))
        return
    accepted = {0, OTHERWISE_RIGHT.get(" ".join(step[:2]), 0)}
    if "--top" in step:
        await until_shown(step, env)
    done = await dallosh(*step, env=env)
    assert done.code in accepted, f"dallosh {shlex.join(step)}: {done.stderr[-2000:]}"


async def started(step: list[str], env: dict[str, str]) -> asyncio.subprocess.Process:
    """Starts a command and returns when it has printed its first line."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "agents.cli.main", *step, env=env,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    if step[0] == "up":
        async with asyncio.timeout(90):
            json.loads(await process.stdout.readline())
    return process


async def until_shown(step: list[str], env: dict[str, str]) -> None:
    """Waits until the pipe has routed something to the service."""
    async with asyncio.timeout(90):
        while not (await dallosh(*step, "--json", env=env)).stdout.strip():
            pass


def test_every_command_of_the_readme_is_run_here_or_by_name() -> None:
    used = {step[0] for heading in ("Use it",) for step in commands(heading)}
    assert used == {
        "run", "dev", "topics", "up", "ingest", "consume", "dlq", "models", "spend", "prices", "cascade", "repair",
        "forget", "doctor", "scrub", "classify", "model", "audit", "crisis",
    }  # fmt: skip
