"""The BERT worker as it runs, from `tweets.fallback.bert` to `tweets.classified`, on an embedded broker."""

import asyncio
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
from aiokafka import AIOKafkaProducer

from schemas import headers as names
from schemas.codec import encode
from schemas.topics import CLASSIFIED, FALLBACK_BERT, name_in
from schemas.tweet import ScrubbedTweet
from streams.kafka.delivery import PRODUCER_OPTIONS
from streams.kafka.following import follow
from streams.kafka.topics import create_topics, delete_namespace
from streams.providers.onnx_bert import WINDOW_SIZE
from streams.settings import Settings, load_settings
from tests.bench.bert.task import peak_rss_mb
from tests.e2e.command import environment
from tests.e2e.process import DALLOSH, Running

N_PARTITIONS: Final = 4
TIMEOUT_S: Final = 1_200.0
POLL_S: Final = 0.2


def measure(
    bootstrap: str, tweets: Sequence[ScrubbedTweet], bert: Settings, cores: str, folder: Path
) -> dict[str, float]:
    """Fills the worker's topic, starts the worker, and reads what comes; returns `tweets_per_s` and `peak_mb`.

    Args:
        bootstrap: the broker.
        tweets: the records.
        bert: settings whose model, sessions and threads the worker takes.
        cores: those of the worker, as taskset names them.
        folder: for the worker's data and output.
    """
    namespace = f"bench-{time.time_ns()}"
    settings = load_settings(kafka_bootstrap=bootstrap, namespace=namespace, partitions=N_PARTITIONS)
    asyncio.run(_prepare(settings, tweets))
    env = environment(
        folder, DALLOSH_KAFKA_BOOTSTRAP=bootstrap, DALLOSH_NAMESPACE=namespace, DALLOSH_BERT_DIR=str(bert.bert_dir),
        DALLOSH_BERT_SESSIONS=str(bert.bert_sessions), DALLOSH_BERT_THREADS=str(bert.bert_threads),
    )  # fmt: skip
    try:
        with Running(["taskset", "-c", cores, *DALLOSH, "worker", "bert"], env, folder) as worker:
            stamps_ms = asyncio.run(_classified(settings, len(tweets), worker.process))
            peak_mb = peak_rss_mb(worker.process.pid)  # taskset became the worker
            if code := worker.stop():
                raise click.ClickException(f"the worker ended with {code}: {worker.stderr()[-2000:]}")
    finally:
        asyncio.run(delete_namespace(settings))
    return {"tweets_per_s": steady_rate(stamps_ms, WINDOW_SIZE * bert.bert_sessions), "peak_mb": peak_mb}


def steady_rate(stamps_ms: Sequence[int], n_first: int) -> float:
    """Returns records/s of those that come later than the `n_first`-th, from that one to the last.

    The first windows come out together, after work that no record of the output marks the beginning of.

    Args:
        stamps_ms: when each record was sent, in any order.
        n_first: how many are left out at least.

    Raises:
        ValueError: none comes later.

    >>> steady_rate([0, 0, 500, 1_000], 2)
    2.0
    """
    ordered = sorted(stamps_ms)
    begin = ordered[min(n_first, len(ordered)) - 1]
    later = [stamp for stamp in ordered if stamp > begin]
    if not later:
        raise ValueError(f"{len(ordered)} records are too few for a rate beyond the first {n_first}")
    return len(later) * 1000 / (later[-1] - begin)


async def _prepare(settings: Settings, tweets: Sequence[ScrubbedTweet]) -> None:
    await create_topics(settings)
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap, **PRODUCER_OPTIONS)
    await producer.start()
    try:
        topic = name_in(settings.namespace, FALLBACK_BERT)
        for i, tweet in enumerate(tweets):
            origin = [(names.ORIGIN, f"0:{i}".encode())]
            await producer.send(topic, encode(tweet), tweet.id.encode(), headers=origin)
        await producer.flush()
    finally:
        await producer.stop()


async def _classified(settings: Settings, n_records: int, worker: subprocess.Popen[bytes]) -> list[int]:
    """Returns when each record of the output was sent; raises when the worker ends before the last."""
    async with asyncio.timeout(TIMEOUT_S):
        reading = asyncio.create_task(_stamps(settings, n_records))
        while not reading.done():
            if worker.poll() is not None:
                reading.cancel()
                raise click.ClickException(f"the worker ended with {worker.returncode} before its last tweet")
            await asyncio.wait({reading}, timeout=POLL_S)
        return await reading


async def _stamps(settings: Settings, n_records: int) -> list[int]:
    return [record.timestamp async for record in follow(settings, [CLASSIFIED], from_beginning=True, limit=n_records)]
