"""The whole pipe on a real Kafka and Redis, a real vLLM server its only model; kill -9 midway, twice."""

import asyncio
import re
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import dallosh, environment
from tests.vllm.real_server import START_S, RealServer

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1_200)]

N_ROWS = 1_200
RUN_S = 600.0
CALLS_BEFORE = 8
"""The server is killed when it has answered so many calls of a run, about a quarter of them."""

_ANSWERED = re.compile(r"^vllm:request_success_total\{.*\} ([\d.e+]+)$", re.MULTILINE)


def n_answered(server: RealServer) -> int:
    """How many calls the server has answered since it began; 0 while it is down."""
    try:
        with urllib.request.urlopen(f"{server.url}/metrics", timeout=5) as answer:
            return int(sum(map(float, _ANSWERED.findall(answer.read().decode()))))
    except OSError:
        return 0


async def killed_midway(server: RealServer, n_calls: int) -> None:
    while await asyncio.to_thread(n_answered, server) < n_calls:  # noqa: ASYNC110 - another process counts
        await asyncio.sleep(0.1)
    server.kill("api")


async def run(sample: Path, env: dict[str, str], server: RealServer, n_calls: int) -> dict[str, Any]:
    """Runs the pipe over the sample while the server is killed; returns the run's summary, the law checked."""
    async with asyncio.timeout(RUN_S), asyncio.TaskGroup() as group:
        killing = group.create_task(killed_midway(server, n_calls))
        done = await dallosh("run", sample, "--json", env=env, timeout_s=RUN_S)
        killing.cancel()
    assert killing.done()
    assert not killing.cancelled(), f"the run was over before the server was killed:\n{done.stdout[-500:]}"
    assert done.code == 0, done.stderr[-4000:]
    said = done.summary()
    ended = sum(said["noise"].values()) + said["official"] + sum(said["routed"].values()) + said["dead_letters"]
    assert (said["ingested"], ended, said["lost"], said["repeated"]) == (N_ROWS, N_ROWS, 0, 0)
    return said


async def test_nothing_is_lost_when_the_server_is_killed(
    other_server: RealServer, kafka: str, redis_url: str, tmp_path: Path
) -> None:
    env = environment(
        other_server.data_dir,
        DALLOSH_KAFKA_BOOTSTRAP=kafka,
        DALLOSH_REDIS_URL=redis_url,
        DALLOSH_VLLM_BASE_URL=f"{other_server.url}/v1",
        DALLOSH_GPU_START_COMMAND=other_server.command(),
        DALLOSH_GPU_START_TIMEOUT_S=str(START_S),
        DALLOSH_WATCHDOG_TIMEOUT_S=str(START_S + 120),
    )
    sample = tmp_path / "sample.csv"
    made = await dallosh("sample", "--n", str(N_ROWS), "--seed", "7", "-o", sample, env=env)
    assert made.code == 0, made.stderr

    again = await run(sample, env, other_server, CALLS_BEFORE)
    print(f"\nkill -9, started again: {again['levels']}, lost {again['lost']}, {again['seconds']:.0f} s")
    n_tweets = sum(again["routed"].values())
    assert again["levels"] == {"api": 0, "gpu": n_tweets, "bert": 0}

    env["DALLOSH_GPU_START_COMMAND"] = "sh -c 'exit 7'"
    before = await asyncio.to_thread(n_answered, other_server)
    never = await run(sample, env, other_server, before + CALLS_BEFORE)
    print(f"kill -9, never started again: {never['levels']}, lost {never['lost']}, {never['seconds']:.0f} s")
    assert never["levels"]["gpu"] > 0
    assert never["levels"]["bert"] > 0
    assert never["levels"]["gpu"] + never["levels"]["bert"] == n_tweets
