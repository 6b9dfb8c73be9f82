"""From `tweets.raw` to the services: how long a tweet takes through `dallosh up` at a steady rate.

Level 1 is the simulator, whose every answer takes `ANSWER_MS`. The clock of a tweet begins when it is due, not when it
is sent, and ends when a reader of committed records has it.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

import click
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from schemas.codec import encode
from schemas.headers import ORIGIN, text_of
from schemas.topics import RAW, SERVICE_TOPICS, name_in
from schemas.tweet import Tweet
from streams.kafka.delivery import PRODUCER_OPTIONS
from streams.kafka.reading import open_consumer
from streams.settings import Settings, load_settings
from tests.bench.load import tweets
from tests.bench.stream.partitions import N_PARTITIONS, partitions_of
from tests.bench.stream.report import latency, told_s
from tests.e2e.command import environment
from tests.e2e.process import DALLOSH, Running
from tests.e2e.simulated import Simulated

ANSWER_MS: Final = 500
BATCHES_IN_FLIGHT: Final = 8
"""One classifier's: 1,000 tweets/s are 10 batches a second, each half a second at the model."""
NAMESPACE: Final = "latency"
WARM_TWEETS: Final = 500
"""Go through the pipe before the first rate, so that every library is loaded and every connection open."""
WARM_S: Final = 5.0
"""What is due in the first seconds of a rate is not counted."""
TICK_S: Final = 0.02
POLL_MS: Final = 200
READY_S: Final = 150.0
STALL_S: Final = 30.0
"""So long without an arrival, and what has not arrived is missing."""


def measure(
    bootstrap: str, redis: str, rates_per_s: Sequence[int], seconds: float, folder: Path
) -> list[dict[str, Any]]:
    """Offers each rate for so many seconds after a warm-up, up to the first that is sustained; returns figures."""
    settings = load_settings(kafka_bootstrap=bootstrap, redis_url=redis, namespace=NAMESPACE)
    with _pipe(settings, folder):
        return asyncio.run(_measure(settings, rates_per_s, seconds))


@contextmanager
def _pipe(settings: Settings, folder: Path) -> Iterator[None]:
    """Runs the simulator and `dallosh up` until its workers are ready."""
    own = environment(folder)
    with Simulated(folder, own, ["--latency", f"all={ANSWER_MS}"]) as models:
        env = {
            **own, **models.environment,
            "DALLOSH_KAFKA_BOOTSTRAP": settings.kafka_bootstrap, "DALLOSH_REDIS_URL": settings.redis_url,
            "DALLOSH_NAMESPACE": settings.namespace, "DALLOSH_PARTITIONS": str(N_PARTITIONS),
            "DALLOSH_BATCHES_IN_FLIGHT": str(BATCHES_IN_FLIGHT), "DALLOSH_LOG_LEVEL": "warning",
        }  # fmt: skip
        with Running([*DALLOSH, "up", "--json"], env, folder, name="up") as up:
            up.wait_for(lambda: "\n" in up.stdout(), "the workers are ready", READY_S)
            yield
            if code := up.stop():
                raise click.ClickException(f"dallosh up ended with {code}: {up.stderr()[-2000:]}")


async def _measure(settings: Settings, rates_per_s: Sequence[int], seconds: float) -> list[dict[str, Any]]:
    load = tweets(WARM_TWEETS + sum(int(per_s * (WARM_S + seconds)) for per_s in rates_per_s))
    raw = name_in(settings.namespace, RAW)
    found: list[dict[str, Any]] = []
    async with _arrivals(settings) as arrived, _producer(settings) as producer:
        warm = await _send(producer, raw, list(itertools.islice(load, WARM_TWEETS)), WARM_TWEETS)
        await _until_arrived(warm, arrived)
        for per_s in rates_per_s:
            some = list(itertools.islice(load, int(per_s * (WARM_S + seconds))))
            due = await _send(producer, raw, some, per_s)
            await _until_arrived(due, arrived)
            counted = list(due.items())[int(per_s * WARM_S) :]
            seen = [arrived[origin] - at for origin, at in counted if origin in arrived]
            found.append(latency(per_s, seen, len(counted) - len(seen)))
            one = found[-1]
            click.echo(f"{per_s:,} tweets/s: p50 {told_s(one['p50_s'])} s, p99 {told_s(one['p99_s'])} s", err=True)
            if one["sustained"]:
                break
    return found


async def _send(producer: AIOKafkaProducer, topic: str, load: Sequence[Tweet], per_s: float) -> dict[str, float]:
    """Sends tweets at a steady rate; returns when each was due, by its origin, in that order."""
    now = asyncio.get_running_loop().time
    began = now()
    pending: list[Any] = []
    while len(pending) < len(load):
        n_due = min(len(load), int((now() - began) * per_s))
        pending += [
            await producer.send(topic, encode(tweet), tweet.author.encode()) for tweet in load[len(pending) : n_due]
        ]
        await asyncio.sleep(TICK_S)
    sent = await asyncio.gather(*pending)
    return {f"{one.partition}:{one.offset}": began + (i + 1) / per_s for i, one in enumerate(sent)}


async def _until_arrived(due: dict[str, float], arrived: dict[str, float]) -> None:
    """Waits for all of them, however late, while any come: the next rate must not begin behind a backlog."""
    now = asyncio.get_running_loop().time
    n_before, moved_at = -1, now()
    while now() - moved_at < STALL_S and not due.keys() <= arrived.keys():
        if len(arrived) != n_before:
            n_before, moved_at = len(arrived), now()
        await asyncio.sleep(POLL_MS / 1000)


@asynccontextmanager
async def _producer(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap, **PRODUCER_OPTIONS)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


@asynccontextmanager
async def _arrivals(settings: Settings) -> AsyncIterator[dict[str, float]]:
    """Gives origin -> when a reader of the services had it, by the loop's clock; it grows while the block runs."""
    arrived: dict[str, float] = {}
    async with open_consumer(settings, isolation_level="read_committed") as consumer:
        tps = partitions_of(settings.namespace, SERVICE_TOPICS)
        consumer.assign(tps)
        await consumer.seek_to_beginning(*tps)
        reading = asyncio.create_task(_read(consumer, arrived))
        try:
            yield arrived
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


async def _read(consumer: AIOKafkaConsumer, arrived: dict[str, float]) -> None:
    now = asyncio.get_running_loop().time
    while True:
        fetched = await consumer.getmany(timeout_ms=POLL_MS)
        at = now()
        for record in itertools.chain.from_iterable(fetched.values()):
            if (origin := text_of(record.headers, ORIGIN)) is not None:
                arrived.setdefault(origin, at)
