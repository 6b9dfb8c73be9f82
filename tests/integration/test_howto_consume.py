"""docs/howto/consume.md: its code blocks run, as they stand, against a real broker, and its table names every field."""

import asyncio
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from schemas.classification import ClassifiedTweet
from schemas.codec import encode
from schemas.taxonomy import Priority, Topic
from schemas.topics import DAY_MS, TOPICS, name_in
from streams.settings import Settings
from tests.integration.router_rig import PROJECT_DIR, create, environment, produce, settings_for, tweet, until, written

PAGE: Final = (PROJECT_DIR / "docs" / "howto" / "consume.md").read_text(encoding="utf-8")
BLOCKS: Final = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
TOPIC: Final = "service.billing"
NOW: Final = datetime.now(UTC).replace(microsecond=0)

needs_kcat = pytest.mark.skipif(
    not (shutil.which("kcat") and shutil.which("jq") and shutil.which("bash")),
    reason="kcat, jq or bash is not installed",
)


def block(language: str, phrase: str) -> str:
    """The one code block of this language that holds the phrase."""
    (found,) = [text for name, text in BLOCKS if name == language and phrase in text]
    return str(found)


def bill(number: int, priority: Priority = 1, age_h: int = 1, **changes: Any) -> ClassifiedTweet:
    return tweet(number, Topic.BILLING, priority=priority, created_at=NOW - timedelta(hours=age_h), **changes)


ROUTED: Final = [
    bill(1, 0, 9), bill(2, 2, 1), bill(3, 1, 5), bill(4, 2, 3), bill(5), bill(3, 2, 5, revision=2),
    bill(5, revision=2, moved_to="technical"),
]  # fmt: skip
FIRST: Final = ["1000003", "1000004", "1000002", "1000001"]
"""The order in which the team should act on them."""


@pytest.fixture
async def settings(kafka: str, namespace: str) -> Settings:
    made = settings_for(kafka, namespace)
    await create(made, [TOPIC])
    for one in ROUTED:
        await produce(made, [written(one)], TOPIC)
    return made


def surroundings(settings: Settings, **more: str) -> dict[str, str]:
    """The environment that the page assumes: its two variables, and `dallosh` on the path."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {
        **environment(settings), "PATH": path, "KAFKA": settings.kafka_bootstrap,
        "TOPIC": name_in(settings.namespace, TOPIC), **more,
    }  # fmt: skip


async def run(arguments: Sequence[str], env: dict[str, str], text: str | None = None) -> str:
    done = await asyncio.to_thread(
        subprocess.run, arguments, env=env, cwd=PROJECT_DIR, input=text, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


async def shell(settings: Settings, phrase: str) -> list[str]:
    """Runs a shell block of the page; returns its lines."""
    script = "set -euo pipefail\n" + block("bash", phrase)
    return (await run(["bash", "-c", script], surroundings(settings))).splitlines()


def ids(lines: Sequence[str]) -> list[str]:
    return [json.loads(line)["id"] for line in lines]


def test_every_block_of_the_page_is_run_here() -> None:
    """A block that is added without a test shows up in these counts; blocks without a language are not run."""
    assert [name for name, _ in BLOCKS].count("bash") == 6
    assert [name for name, _ in BLOCKS].count("python") == 3


def test_the_table_names_every_field_and_only_those() -> None:
    rows = re.findall(r"^\| (`[^|]+`) \| ([^|]+) \|", PAGE, re.MULTILINE)
    named = {name: default for names, default in rows for name in re.findall(r"`(\w+)`", names)}
    schema = json.loads((PROJECT_DIR / "schemas/generated/ClassifiedTweet.schema.json").read_text(encoding="utf-8"))
    assert set(named) == set(schema["properties"])
    assert {name for name, default in named.items() if default == "always there"} == set(schema["required"])


def test_retention_and_readers_are_the_registry_s() -> None:
    spec = TOPICS[TOPIC]
    assert spec.retention_ms == 7 * DAY_MS
    assert "Seven days" in PAGE
    assert "`billing`,\n  `care`, `operations`, `dlq` (which looks where a replayed letter ends) and `forget`" in PAGE
    assert spec.readers == ("billing", "care", "operations", "dlq", "forget")
    assert spec.writers == ("router",)


@pytest.mark.integration
async def test_the_command_s_examples(settings: Settings) -> None:
    if shutil.which("dallosh", path=surroundings(settings)["PATH"]) is None:
        pytest.skip("the dallosh command is not installed beside this Python")
    out = await shell(settings, "dallosh consume billing --top 20")
    urgent = [line for line in out if line.startswith("{")]
    assert [json.loads(line).get("id") for line in urgent] == ["1000003", "1000004", "1000002", None]
    assert any("souci numéro 1 depuis hier" in line for line in out)


@needs_kcat
@pytest.mark.integration
async def test_kcat_reads_everything_and_filters(settings: Settings) -> None:
    assert sorted(ids(await shell(settings, "-o beginning -e -q\n"))) == sorted(one.id for one in ROUTED)
    urgent = [json.loads(line) for line in await shell(settings, "select(.priority == 2)")]
    assert sorted(one["id"] for one in urgent) == ["1000002", "1000003", "1000004"]
    assert set(urgent[0]) == {"id", "created_at", "author", "text"}
    assert ids(await shell(settings, "sort_by")) == FIRST


@needs_kcat
@pytest.mark.integration
async def test_kcat_shows_keys_places_and_origins(settings: Settings) -> None:
    lines = await shell(settings, "%k %p:%o %h")
    assert len(lines) == len(ROUTED)
    for line in lines:
        assert re.fullmatch(r"(\d+) \d:\d+ dallosh-origin=0:\1", line)


@needs_kcat
@pytest.mark.integration
async def test_a_group_of_kcat_remembers_its_place(settings: Settings) -> None:
    assert len(await shell(settings, "-G billing-kcat")) == len(ROUTED)
    await produce(settings, [written(bill(6))], TOPIC)
    assert ids(await shell(settings, "-G billing-kcat")) == ["1000006"]


class Worker:
    """The page's worker in a process of its own."""

    def __init__(self, env: dict[str, str]) -> None:
        program = block("python", "billing-desk")
        self.process = subprocess.Popen([sys.executable, "-c", program], env=env, stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


def work(database: Path) -> dict[str, tuple[int, int, str | None]]:
    """id -> revision, priority, moved_to."""
    with sqlite3.connect(database) as connection:
        try:
            rows = connection.execute("select id, revision, priority, moved_to from work").fetchall()
        except sqlite3.OperationalError:  # the worker has not made its table yet
            rows = []
    connection.close()
    return {row[0]: row[1:] for row in rows}


@pytest.mark.integration
async def test_the_worker_keeps_the_list_through_kills(settings: Settings, tmp_path: Path) -> None:
    database = tmp_path / "work.db"
    env = surroundings(settings, WORK_DB=str(database))
    expected = {
        "1000001": (1, 0, None), "1000002": (1, 2, None), "1000003": (2, 2, None), "1000004": (1, 2, None),
        "1000005": (2, 1, "technical"),
    }  # fmt: skip

    async def holds(wanted: dict[str, tuple[int, int, str | None]]) -> bool:
        return work(database) == wanted

    for number in (6, 7):
        worker = await asyncio.to_thread(Worker, env)
        try:
            await until(lambda: holds(expected))
            await produce(settings, [written(bill(number))], TOPIC)
            expected[str(1_000_000 + number)] = (1, 1, None)
            await until(lambda: holds(expected))
        finally:
            await asyncio.to_thread(worker.kill)
    listed = await run([sys.executable, "-c", block("python", "order by priority")], env)
    assert re.findall(r"'(10000\d\d)'", listed)[:4] == [*FIRST[:3], "1000006"]


@pytest.mark.integration
async def test_the_schema_accepts_what_the_router_writes_and_nothing_else(settings: Settings) -> None:
    lines = [encode(one).decode() for one in ROUTED]
    wrong = json.dumps({**json.loads(lines[0]), "priority": 3})
    program = block("python", "Draft202012Validator")
    out = await run([sys.executable, "-c", program], surroundings(settings), "\n".join([*lines, wrong]))
    assert out.splitlines() == ["invalid at $.priority", "7 valid, 1 invalid"]
