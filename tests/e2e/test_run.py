"""`dallosh run` as its users run it: every record counted, at every level, and counted again by plain aiokafka."""

import asyncio
import json
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import redis

from streams.loopback import free_ports
from tests.e2e.command import Finished, dallosh, environment
from tests.e2e.topics import delete, settings_of, topics_of
from tests.integration.router_rig import read_all
from tests.simulator.modes import Mode
from tests.simulator.server import Simulator

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

N_ROWS = 300
TERMINAL = (
    "service.billing", "service.technical", "service.subscription", "service.customer-care", "service.other",
    "tweets.noise", "tweets.official", "tweets.raw.dead-letter", "tweets.dead-letter",
)  # fmt: skip


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator() as running:
        yield running


@pytest.fixture
def env(kafka: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path / "data", DALLOSH_KAFKA_BOOTSTRAP=kafka, DALLOSH_REDIS_URL=redis_url)


@pytest_asyncio.fixture
async def sample(tmp_path: Path, env: dict[str, str]) -> Path:
    file = tmp_path / "sample.csv"
    made = await dallosh("sample", "--n", str(N_ROWS), "--seed", "7", "-o", file, env=env)
    assert made.code == 0, made.stderr
    return file


def lawful(done: Finished, n_rows: int) -> dict[str, Any]:
    """The conservation law, with nothing lost and nothing repeated."""
    assert done.code == 0, done.stderr[-3000:]
    said = done.summary()
    ended = sum(said["noise"].values()) + said["official"] + sum(said["routed"].values()) + said["dead_letters"]
    assert (said["ingested"], ended, said["lost"], said["repeated"]) == (n_rows, n_rows, 0, 0)
    assert sum(said["levels"].values()) == sum(said["routed"].values())
    return said


async def test_what_the_apis_fail_at_reaches_the_levels_below(
    env: dict[str, str], sample: Path, simulator: Simulator
) -> None:
    env |= simulator.environment() | {"DALLOSH_BATCH_DEADLINE_S": "4"}
    for provider in ("gemini", "mistral", "openai"):
        simulator.set_mode(provider, Mode.UNAVAILABLE)
    simulator.set_mode("vllm", Mode.CONFLICTING)  # answers a part of each batch
    said = lawful(await dallosh("run", sample, "--json", env=env), N_ROWS)
    assert said["levels"]["api"] == 0
    assert said["levels"]["gpu"] > 0
    assert said["levels"]["bert"] > 0


async def test_with_nothing_configured_level_3_classifies_and_a_plain_reader_counts_the_same(
    env: dict[str, str], sample: Path, kafka: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = await dallosh("run", sample, "--json", "--keep", "--out", out, env=env)
    said = lawful(done, N_ROWS)
    assert said["levels"] == {"api": 0, "gpu": 0, "bert": sum(said["routed"].values())}
    assert min(said["routed"].values()) > 0
    assert min(said["noise"].values()) > 0
    assert said["official"] > 0
    assert said["dead_letters"] > 0
    assert 0 < said["first_routed_seconds"] <= said["seconds"]
    namespace = done.stderr.split("DALLOSH_NAMESPACE=")[1].split()[0]
    endings = [json.loads(line) for line in (out / "endings.jsonl").read_text().splitlines()]
    found = await read_plainly(kafka, namespace)

    assert len({ending["origin"] for ending in endings}) == len(endings) == N_ROWS
    assert {(e["place"], e["partition"], e["offset"]): e["origin"] for e in endings} == {
        place: origin for place, (origin, _) in found.items()
    }
    assert Counter(place for place, _, _ in found) == Counter(
        {f"service.{name}": n for name, n in said["routed"].items()}
        | {"tweets.noise": sum(said["noise"].values()), "tweets.official": said["official"]}
    ) + Counter(place for place, _, _ in found if place.endswith("dead-letter"))
    for ending in endings:
        _, value = found[ending["place"], ending["partition"], ending["offset"]]
        if ending["service"]:
            record = json.loads(value)
            assert (record["id"], record["level"]) == (ending["id"], ending["level"])
    await delete(kafka, namespace)


async def test_a_file_of_one_line_and_a_file_of_none(env: dict[str, str], tmp_path: Path) -> None:
    row = {"id": "1", "created_at": "2026-01-01T10:00:00+01:00", "text": "Plus de fibre à Bordeaux", "author": "u1"}
    one, none = tmp_path / "one.jsonl", tmp_path / "none.jsonl"
    one.write_text(json.dumps(row) + "\n")
    none.write_text("")
    said, nothing = await asyncio.gather(
        dallosh("run", one, "--json", env=env), dallosh("run", none, "--json", env=env)
    )
    assert sum(lawful(said, 1)["routed"].values()) == 1
    assert lawful(nothing, 0)["first_routed_seconds"] is None


async def test_runs_meet_neither_each_other_nor_their_past(
    env: dict[str, str], sample: Path, redis_url: str, kafka: str
) -> None:
    with redis.Redis.from_url(redis_url) as client:
        before = set(client.scan_iter("run-*"))  # of the run that another test kept
    first, second = await asyncio.gather(*[dallosh("run", sample, "--json", env=env) for _ in range(2)])
    one, two = lawful(first, N_ROWS), lawful(second, N_ROWS)
    assert (one["noise"], one["official"]) == (two["noise"], two["official"])
    assert not [topic for topic in await topics_of(kafka) if topic.startswith("run-")]
    with redis.Redis.from_url(redis_url) as client:
        assert set(client.scan_iter("run-*")) == before


async def test_without_redis_nothing_is_lost_and_the_result_stands(env: dict[str, str], sample: Path) -> None:
    env["DALLOSH_REDIS_URL"] = f"redis://127.0.0.1:{free_ports(1)[0]}/0"
    done = await dallosh("run", sample, "--json", env=env)
    assert lawful(done, N_ROWS)["noise"]["duplicate"] > 0  # the router sees to those
    assert "left_behind" in done.stderr


async def test_an_interrupted_run_leaves_nothing(env: dict[str, str], kafka: str) -> None:
    before = set(await topics_of(kafka))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "agents.cli.main", "run", "-", "--format", "jsonl", env=env,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    async with asyncio.timeout(60):
        while b"workers" not in await process.stderr.readline():
            pass
    assert set(await topics_of(kafka)) > before
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)  # an impatient second one must not cut the clean-up short
    _, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1
    assert b"interrupted" in err
    assert set(await topics_of(kafka)) == before


async def test_a_missing_file_is_named_before_anything_starts(env: dict[str, str], tmp_path: Path) -> None:
    done = await dallosh("run", tmp_path / "absent.csv", env=env, timeout_s=20)
    assert done.code == 1
    assert "absent.csv" in done.stderr
    assert done.stdout == ""


async def read_plainly(bootstrap: str, namespace: str) -> dict[tuple[str, int, int], tuple[str, bytes]]:
    """(topic, partition, offset) -> origin and value of every committed record of the terminal topics."""
    records = await read_all(settings_of(bootstrap, namespace), TERMINAL)
    return {
        (record.topic.removeprefix(f"{namespace}."), record.partition, record.offset): (
            dict(record.headers)["dallosh-origin"].decode(),
            record.value,
        )
        for record in records
    }
