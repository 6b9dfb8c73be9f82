"""Records/s of every contender: the same broker, topic and core, one process after another, the order turning."""

import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic

from schemas.codec import encode
from schemas.tweet import Tweet
from streams.connectors.csv_export import HEADER, export_row
from streams.core.sample.mixture import mixture
from streams.kafka.admin import open_admin
from streams.kafka.delivery import PRODUCER_OPTIONS
from streams.kafka.topics import create_topics
from streams.settings import PROJECT_DIR, load_settings
from streams.state.redis import forget_namespace
from tests.bench.load import SEED, tweets
from tests.bench.stream.functions import WHOLE
from tests.bench.stream.partitions import N_PARTITIONS
from tests.bench.stream.report import CONTENDERS, Rates
from tests.bench.stream.task import Task
from tests.bench.stream.whole import names_of
from tests.e2e.command import environment

TIMEOUT_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Bench:
    """Where everything runs. `core` is that of the contenders; the peer's interpreter has an environment of its own."""

    bootstrap: str
    redis: str
    core: int
    peer_python: Path
    folder: Path

    def run(self, function: str, n_records: int, rounds: int) -> Rates:
        """Measures every contender `rounds` times on the same records; returns medians."""
        source = f"bench-{function}"
        asyncio.run(self._create([source]))
        asyncio.run(feed(self.bootstrap, source, load_of(function, n_records)))
        results: dict[str, list[float]] = {contender: [] for contender in CONTENDERS}
        for round_ in range(rounds):
            turn = round_ % len(CONTENDERS)
            for contender in CONTENDERS[turn:] + CONTENDERS[:turn]:
                rate = self._measure(contender, source, n_records, function)
                results[contender].append(rate)
                click.echo(f"{function} round {round_ + 1} {contender}: {rate:,.0f} records/s", err=True)
        asyncio.run(self._delete([source]))
        return {contender: round(statistics.median(values)) for contender, values in results.items()}

    def ingest(self, n_records: int) -> float:
        """Ingests a CSV file of as many rows; returns rows/s, from the first send to the last ack."""
        namespace = f"ingest-{time.time_ns()}"
        asyncio.run(create_topics(load_settings(
            kafka_bootstrap=self.bootstrap, namespace=namespace, partitions=N_PARTITIONS
        )))  # fmt: skip
        file = self.folder / "bench.csv"
        with file.open("wb") as out:
            out.write(HEADER)
            out.writelines(export_row(tweet) for tweet in tweets(n_records))
        command = [sys.executable, "-m", "agents.cli.main", "ingest", str(file), "--json"]
        env = environment(
            self.folder / "ingest", DALLOSH_NAMESPACE=namespace, DALLOSH_KAFKA_BOOTSTRAP=self.bootstrap
        )  # fmt: skip
        return self._rate(command, env)

    def _measure(self, contender: str, source: str, n_records: int, function: str) -> float:
        """Runs one contender in a process of its own; what it writes is removed, or thirty outputs fill the disk."""
        group = f"{contender}-{function}-{time.time_ns()}"
        task = Task(self.bootstrap, self.redis, source, group, group, n_records, function)
        targets = list(names_of(task).values()) if function == WHOLE else [task.target]
        asyncio.run(self._create(targets))
        try:
            return self._rate(
                [*self._command(contender), *map(str, task)],
                environment(self.folder / "contender", TMPDIR=str(self.folder)),
            )
        finally:
            asyncio.run(self._delete(targets))
            if function == WHOLE:
                asyncio.run(forget_namespace(load_settings(redis_url=self.redis, namespace=task.target)))

    def _command(self, contender: str) -> list[str]:
        if not contender.startswith("quix"):
            return [sys.executable, "-m", f"tests.bench.stream.{contender}"]
        every = ["--every=500"] if contender == "quix_500" else []
        return [str(self.peer_python), "-m", "tests.bench.stream.quix", *every]

    def _rate(self, command: Sequence[str], env: dict[str, str]) -> float:
        """Runs a command on the contenders' core; returns the rate on the last line of its output."""
        done = subprocess.run(
            ["taskset", "-c", str(self.core), *command], cwd=PROJECT_DIR, env=env,
            capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
        if done.returncode:
            raise click.ClickException(f"{' '.join(command[:3])} failed: {done.stderr[-2000:]}")
        return float(json.loads(done.stdout.splitlines()[-1])["records_per_s"])

    async def _create(self, topics: Sequence[str]) -> None:
        async with open_admin(load_settings(kafka_bootstrap=self.bootstrap)) as admin:
            await admin.create_topics([NewTopic(topic, N_PARTITIONS, 1) for topic in topics])

    async def _delete(self, topics: Sequence[str]) -> None:
        async with open_admin(load_settings(kafka_bootstrap=self.bootstrap)) as admin:
            await admin.delete_topics(list(topics))


def load_of(function: str, n: int) -> Iterable[Tweet]:
    """Returns clean customers' tweets; for the whole scrubber what an export holds: replies, official posts, noise."""
    return (row.tweet for row in mixture(n, SEED)) if function == WHOLE else tweets(n)


async def feed(bootstrap: str, topic: str, load: Iterable[Tweet], transactional_id: str | None = None) -> None:
    """Writes tweets, keyed as ingest keys them; with an id in one transaction: readers of committed see all at once."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=transactional_id, **PRODUCER_OPTIONS)
    await producer.start()
    try:
        async with contextlib.nullcontext() if transactional_id is None else producer.transaction():
            for tweet in load:
                await producer.send(topic, encode(tweet), tweet.author.encode())
            await producer.flush()
    finally:
        await producer.stop()
