"""`make bench`: our driver beside a bare aiokafka loop and stock Faust `take()`, one core each, in one run.

Same broker, same topic, at least 100,000 records, the order of the contenders interleaved, medians of five. Ratios are
what counts: absolute figures change with the machine.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic

from schemas.codec import encode
from streams.connectors.csv_export import HEADER, export_row
from streams.kafka.admin import open_admin
from streams.kafka.delivery import PRODUCER_OPTIONS
from streams.kafka.embedded import EmbeddedKafka
from streams.kafka.embedded_config import KafkaConfig
from streams.kafka.topics import create_topics
from streams.settings import load_settings
from tests.bench.functions import FUNCTIONS
from tests.bench.load import tweets
from tests.bench.task import Task

CONTENDERS = ("bare", "ours", "stock")
CORE = max(os.sched_getaffinity(0))
N_PARTITIONS = 4
GOALS = {"patterns": (0.8, 2.0), "passthrough": (0.75, 4.0)}
"""Function -> (least ratio to bare, least ratio to stock)."""


async def feed(bootstrap: str, topic: str, n_records: int) -> None:
    """Writes invented tweets, keyed as ingest keys them."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, **PRODUCER_OPTIONS)
    await producer.start()
    try:
        for tweet in tweets(n_records):
            await producer.send(topic, encode(tweet), tweet.author.encode())
        await producer.flush()
    finally:
        await producer.stop()


async def create(bootstrap: str, topic: str) -> None:
    """Creates a topic of `N_PARTITIONS` partitions."""
    async with open_admin(load_settings(kafka_bootstrap=bootstrap)) as admin:
        await admin.create_topics([NewTopic(topic, N_PARTITIONS, 1)])


async def delete(bootstrap: str, topic: str) -> None:
    """Deletes a topic, so that thirty outputs do not fill the disk."""
    async with open_admin(load_settings(kafka_bootstrap=bootstrap)) as admin:
        await admin.delete_topics([topic])


def measure(contender: str, bootstrap: str, source: str, n_records: int, function: str) -> float:
    """Runs one contender in a process of its own, pinned to the last core; returns records/s."""
    group = f"{contender}-{function}-{time.time_ns()}"
    task = Task(bootstrap, source, f"{group}-out", group, n_records, function)
    asyncio.run(create(bootstrap, task.target))
    line = pinned([f"tests.bench.{contender}", *map(str, task)])
    asyncio.run(delete(bootstrap, task.target))
    return float(json.loads(line)["records_per_s"])


def measure_ingest(bootstrap: str, folder: Path, n_records: int) -> float:
    """Ingests a CSV file of as many rows on the last core; returns rows/s, from the first send to the last ack."""
    settings = load_settings(kafka_bootstrap=bootstrap, namespace=f"ingest-{time.time_ns()}", partitions=N_PARTITIONS)
    asyncio.run(create_topics(settings))
    file = folder / "bench.csv"
    with file.open("wb") as out:
        out.write(HEADER)
        out.writelines(export_row(tweet) for tweet in tweets(n_records))
    changes = {"NAMESPACE": settings.namespace, "KAFKA_BOOTSTRAP": bootstrap, "DATA_DIR": str(folder / "ingest")}
    line = pinned(["agents.cli.main", "ingest", str(file), "--json"], **{f"DALLOSH_{k}": v for k, v in changes.items()})
    return float(json.loads(line)["records_per_s"])


def pinned(command: list[str], **changes: str) -> str:
    """Runs `python -m` with these arguments on the last core; returns the last line of its output."""
    done = subprocess.run(
        ["taskset", "-c", str(CORE), sys.executable, "-m", *command],
        capture_output=True, text=True, timeout=600, check=False, env={**os.environ, **changes},
    )  # fmt: skip
    if done.returncode:
        raise click.ClickException(f"{command[0]} failed: {done.stderr[-2000:]}")
    return done.stdout.splitlines()[-1]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the last line.")
@click.option("--records", default=100_000, show_default=True, help="Records of each measurement.")
@click.option("--rounds", default=5, show_default=True, help="Measurements of each contender.")
def main(as_json: bool, records: int, rounds: int) -> None:
    """Measures records/s of the three contenders with both functions, and of ingest beside them."""
    with tempfile.TemporaryDirectory(prefix="dallosh-bench-") as folder:
        others = os.sched_getaffinity(0) - {CORE}
        os.sched_setaffinity(0, others or {CORE})  # the broker, our child, stays off the contenders' core
        kafka = EmbeddedKafka(KafkaConfig(data_dir=Path(folder), tied=True))
        bootstrap = kafka.start()
        try:
            medians = {name: run(bootstrap, name, records, rounds) for name in FUNCTIONS}
            ingest = statistics.median(measure_ingest(bootstrap, Path(folder), records) for _ in range(rounds))
        finally:
            kafka.wipe()
    report(medians)
    click.echo(f"ingest       {ingest:>8,.0f} CSV rows/s, acknowledged", err=True)
    if as_json:
        result = {**medians["patterns"], "passthrough": medians["passthrough"], "ingest": round(ingest)}
        click.echo(json.dumps(result))


def run(bootstrap: str, function: str, n_records: int, rounds: int) -> dict[str, float]:
    """Measures every contender `rounds` times, the order turning by one each round."""
    source = f"bench-{function}"
    asyncio.run(create(bootstrap, source))
    asyncio.run(feed(bootstrap, source, n_records))
    results: dict[str, list[float]] = {contender: [] for contender in CONTENDERS}
    for round_ in range(rounds):
        turn = round_ % len(CONTENDERS)
        for contender in CONTENDERS[turn:] + CONTENDERS[:turn]:
            results[contender].append(measure(contender, bootstrap, source, n_records, function))
            click.echo(f"{function} round {round_ + 1} {contender}: {results[contender][-1]:,.0f} records/s", err=True)
    return {contender: round(statistics.median(values)) for contender, values in results.items()}


def report(medians: dict[str, dict[str, float]]) -> None:
    """Prints the table with the goals."""
    for function, by_name in medians.items():
        to_bare, to_stock = by_name["ours"] / by_name["bare"], by_name["ours"] / by_name["stock"]
        goal_bare, goal_stock = GOALS[function]
        rates = "  ".join(f"{name} {by_name[name]:>8,.0f}/s" for name in CONTENDERS)
        click.echo(f"{function:12} {rates}  ours/bare {to_bare:.2f} (goal {goal_bare})"
                   f"  ours/stock {to_stock:.1f} (goal {goal_stock})", err=True)  # fmt: skip


if __name__ == "__main__":
    main()
