"""A gpu worker that waits for its server to start ends in time on SIGTERM, and what it held comes again."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from schemas.codec import encode
from schemas.topics import CLASSIFIED, FALLBACK_GPU, name_in
from streams.kafka.topics import create_topics
from streams.settings import Settings
from tests.e2e.command import environment
from tests.e2e.process import DALLOSH, Running
from tests.integration.gpu_rig import Machine, tweets

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

N = 30


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    made.clean()


async def write(settings: Settings) -> None:
    await create_topics(settings)
    topic = name_in(settings.namespace, FALLBACK_GPU)
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap)
    await producer.start()
    try:
        for tweet in tweets(N):
            await producer.send_and_wait(topic, encode(tweet), key=tweet.id.encode())
    finally:
        await producer.stop()


async def classified(settings: Settings) -> list[bytes | None]:
    """Reads the keys of N classified tweets; fails where there are fewer."""
    topic = name_in(settings.namespace, CLASSIFIED)
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=settings.kafka_bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        async with asyncio.timeout(60):
            return [(await consumer.getone()).key for _ in range(N)]
    finally:
        await consumer.stop()


def test_a_stop_during_the_start_loses_nothing(
    kafka: str, redis_url: str, namespace: str, machine: Machine, tmp_path: Path
) -> None:
    settings = machine.settings(kafka_bootstrap=kafka, redis_url=redis_url, namespace=namespace, partitions=2)
    asyncio.run(write(settings))
    env = environment(
        settings.data_dir,
        DALLOSH_KAFKA_BOOTSTRAP=kafka,
        DALLOSH_REDIS_URL=redis_url,
        DALLOSH_NAMESPACE=namespace,
        DALLOSH_VLLM_BASE_URL=settings.vllm_base_url,
        DALLOSH_DRAIN_TIMEOUT_S="2",
    )
    hangs = env | {"DALLOSH_GPU_START_COMMAND": machine.command("exec sleep 300")}
    with Running([*DALLOSH, "worker", "gpu"], hangs, tmp_path, name="hangs") as worker:
        worker.wait_for(lambda: machine.n_starts, "the command runs")
        assert worker.stop() == 0, "it ended by itself: its hard exit has another code"
        assert worker.event("gpu_server_starting")
        assert "Traceback" not in worker.stderr()

    serves = env | {"DALLOSH_GPU_START_COMMAND": machine.server}
    with Running([*DALLOSH, "worker", "gpu"], serves, tmp_path, name="serves") as worker:
        found = asyncio.run(classified(settings))
        assert worker.stop() == 0
    assert sorted(found, key=str) == sorted((tweet.id.encode() for tweet in tweets(N)), key=str)
