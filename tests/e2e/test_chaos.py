"""The whole pipe under fire: every worker and the broker killed while tweets flow. Each origin ends once."""

import asyncio
import contextlib
import itertools
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
import psutil
import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from schemas.headers import ORIGIN, text_of
from schemas.topics import DEAD_LETTER, NOISE, OFFICIAL, RAW_DEAD_LETTER, SERVICE_TOPICS
from streams.kafka.embedded import EmbeddedKafka
from tests.e2e.command import dallosh, environment
from tests.e2e.process import DALLOSH, Running
from tests.e2e.test_up import workers_of
from tests.simulator.server import Simulator

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

N_ROWS: Final = 4_000
N_PARTITIONS: Final = 2
TERMINAL: Final = (*SERVICE_TOPICS, NOISE, OFFICIAL, RAW_DEAD_LETTER, DEAD_LETTER)
SPEED: Final = "6500x"
"""The sample's two days in about 25 seconds: as long as the kills take."""
ROUNDS: Final = ("scrubber-1", "classifier-1", "router-1", "broker", "gpu-1", "router-1", "scrubber-1")
PAUSE_S: Final = 3.0
"""Between two kills: the work goes on, and what died is on its way back."""
WAIT_S: Final = 150.0


async def test_kills_of_every_worker_and_of_the_broker_lose_nothing_and_repeat_nothing_at_the_services(
    own_kafka: EmbeddedKafka, redis_url: str, namespace: str, tmp_path: Path
) -> None:
    bootstrap = own_kafka.bootstrap or ""
    async with Simulator() as simulator:
        env = environment(
            tmp_path / "data", DALLOSH_KAFKA_BOOTSTRAP=bootstrap, DALLOSH_REDIS_URL=redis_url,
            DALLOSH_NAMESPACE=namespace, DALLOSH_PARTITIONS=str(N_PARTITIONS),
            DALLOSH_MISTRAL_API_KEY="simulated", DALLOSH_MISTRAL_BASE_URL=simulator.base_url("mistral"),
            DALLOSH_VLLM_BASE_URL=simulator.base_url("vllm"), DALLOSH_MAX_BATCH_TOKENS="300",
        )  # fmt: skip
        file = tmp_path / "rows.csv"
        assert (await dallosh("sample", "--n", str(N_ROWS), "--seed", "11", "-o", file, env=env)).code == 0
        with Running([*DALLOSH, "up", "--json"], env, tmp_path / "up") as up:
            await asyncio.to_thread(workers_of, up)
            ingesting = asyncio.create_task(dallosh("ingest", file, "--speed", SPEED, "--json", env=env))
            await under_fire(own_kafka, up)
            ingested = await ingesting
            assert ingested.code == 0, ingested.stderr
            n_rows = ingested.summary()["n_rows"]
            ended = await until_all_ended(bootstrap, namespace, n_rows)
    assert n_rows == N_ROWS
    assert len(ended) == N_ROWS
    assert [origin for origin, places in ended.items() if len(set(places)) > 1] == []
    at_services = Counter(place for places in ended.values() for place in places if place[0] in SERVICE_TOPICS)
    assert at_services.most_common(1)[0][1] == 1  # the same tweet and revision never twice at a service


async def under_fire(kafka: EmbeddedKafka, up: Running) -> None:
    """Kills one after the other; the supervisor brings the workers back, we the broker."""
    for victim in ROUNDS:
        if victim == "broker":
            await asyncio.to_thread(kafka.kill, 1)
            await asyncio.to_thread(kafka.restart, 1)
        else:
            kill_worker(up, victim)
        await asyncio.sleep(PAUSE_S)


def kill_worker(up: Running, name: str) -> None:
    """Kills a worker's process, if it is up."""
    stage = name.rpartition("-")[0]
    for child in psutil.Process(up.process.pid).children():
        with contextlib.suppress(psutil.Error):
            if child.cmdline()[-1] == stage:
                child.kill()


async def until_all_ended(bootstrap: str, namespace: str, n_rows: int) -> Mapping[str, list[tuple[str, str]]]:
    """Reads the terminal topics with plain aiokafka until every origin has come, and a little beyond.

    Returns:
        Origin -> its places: topic, and tweet id with revision.
    """
    ended: dict[str, list[tuple[str, str]]] = {}
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed")
    await consumer.start()
    try:
        tps = [TopicPartition(f"{namespace}.{t}", p) for t, p in itertools.product(TERMINAL, range(N_PARTITIONS))]
        consumer.assign(tps)
        for tp in tps:
            consumer.seek(tp, 0)
        n_quiet = 0
        async with asyncio.timeout(WAIT_S):
            while n_quiet < 20:  # ten seconds without a record after the last origin: a late repeat would show
                polled = await consumer.getmany(timeout_ms=500)
                for record in itertools.chain.from_iterable(polled.values()):
                    note(ended, record, record.topic.removeprefix(f"{namespace}."))
                n_quiet = 0 if polled or len(ended) < n_rows else n_quiet + 1
    except TimeoutError:
        raise AssertionError(f"{n_rows - len(ended)} of {n_rows} origins ended nowhere") from None
    finally:
        await consumer.stop()
    return ended


def note(ended: dict[str, list[tuple[str, str]]], record: ConsumerRecord, topic: str) -> None:
    origin = text_of(record.headers, ORIGIN)
    assert origin is not None
    said = msgspec.json.decode(record.value) if topic in SERVICE_TOPICS else {}
    ended.setdefault(origin, []).append((topic, f"{said.get('id')}/{said.get('revision', 1)}"))
