"""How the scrubber's throughput grows with its processes: `dallosh worker scrubber`, one core each.

All records become visible at one instant, when every worker has its partitions: the rate is from there to the last
output. On a machine of two cores the broker and Redis share the second process's core.
"""

import asyncio
import itertools
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import click

from schemas.topics import RAW, name_in
from streams.kafka.reading import open_consumer
from streams.kafka.topics import create_topics, delete_namespace
from streams.loopback import free_ports
from streams.settings import Settings, load_settings
from streams.state.redis import forget_namespace
from tests.bench.stream.functions import WHOLE
from tests.bench.stream.partitions import N_PARTITIONS, partitions_of
from tests.bench.stream.throughput import feed, load_of
from tests.bench.stream.whole import OUTPUTS
from tests.e2e.command import environment
from tests.e2e.process import DALLOSH, Running, get, until

POLL_S: Final = 0.05
TIMEOUT_S: Final = 600.0


N_PROCESSES: Final = (1, 2)


def measure(
    bootstrap: str, redis: str, cores: Sequence[int], n_records: int, rounds: int, folder: Path
) -> dict[int, float]:
    """Returns records/s for each number of processes that has a core each: the median of so many measurements."""
    rates: dict[int, list[float]] = {n: [] for n in N_PROCESSES if n <= len(cores)}
    for _, n in itertools.product(range(rounds), rates):
        rates[n].append(_together(bootstrap, redis, cores[-n:], n_records, folder))
        click.echo(f"scrubber, {n} processes: {rates[n][-1]:,.0f} records/s", err=True)
    return {n: statistics.median(measured) for n, measured in rates.items()}


def _together(bootstrap: str, redis: str, cores: Sequence[int], n_records: int, folder: Path) -> float:
    """Runs a worker on each of the cores; returns what they do together, in records/s."""
    namespace = f"scale-{time.time_ns()}"
    settings = load_settings(
        kafka_bootstrap=bootstrap, redis_url=redis, namespace=namespace, partitions=N_PARTITIONS
    )  # fmt: skip
    asyncio.run(create_topics(settings))
    env = environment(
        folder, DALLOSH_KAFKA_BOOTSTRAP=bootstrap, DALLOSH_REDIS_URL=redis, DALLOSH_NAMESPACE=namespace,
        DALLOSH_LOG_LEVEL="warning",
    )  # fmt: skip
    ports = free_ports(len(cores))
    share = (200, f"{N_PARTITIONS // len(cores)} partitions\n")
    try:
        with ExitStack() as stack:
            workers = [
                stack.enter_context(Running(_worker(core, port), env, folder, name=f"scrubber-{core}"))
                for core, port in zip(cores, ports, strict=True)
            ]
            until(lambda: all(get(port, "/ready") == share for port in ports), "each worker has its partitions")
            rate = asyncio.run(_rate(settings, n_records))
            for worker in workers:
                if code := worker.stop():
                    raise click.ClickException(f"a scrubber ended with {code}: {worker.stderr()[-2000:]}")
    finally:
        asyncio.run(delete_namespace(settings))
        asyncio.run(forget_namespace(settings))
    return rate


def _worker(core: int, port: int) -> list[str]:
    return ["taskset", "-c", str(core), *DALLOSH, "worker", "scrubber", "--health-port", str(port)]


async def _rate(settings: Settings, n_records: int) -> float:
    raw = name_in(settings.namespace, RAW)
    await feed(settings.kafka_bootstrap, raw, load_of(WHOLE, n_records), transactional_id=f"feed-{raw}")
    began = time.perf_counter()
    async with open_consumer(settings) as consumer, asyncio.timeout(TIMEOUT_S):
        tps = partitions_of(settings.namespace, OUTPUTS)
        while True:
            if sum((await consumer.end_offsets(tps)).values()) >= n_records:
                return n_records / (time.perf_counter() - began)
            await asyncio.sleep(POLL_S)
