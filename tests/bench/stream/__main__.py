"""`make bench-stream`: our driver and scrubber beside aiokafka, stock Faust and Quix Streams; then the whole pipe.

Throughput: the same broker, records and function, one process on one core after another, the order of the contenders
turning by one each round, medians of five. Then the scrubber in one and in two processes, and the latency of the whole
pipe. Ratios are what counts: absolute figures change with the machine.
"""

import os
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from streams.kafka.embedded import EmbeddedKafka
from streams.kafka.embedded_config import KafkaConfig
from streams.settings import PROJECT_DIR
from streams.state.embedded import EmbeddedRedis, RedisConfig
from tests.bench.bert.machine import machine
from tests.bench.stream import latency, scale
from tests.bench.stream.functions import FUNCTIONS, WHOLE
from tests.bench.stream.report import report, summary
from tests.bench.stream.throughput import Bench

DEFAULT_ENVIRONMENT: Final = PROJECT_DIR / ".dallosh" / "bench-stream-env"
PARTS: Final = ("passthrough", "patterns", "whole", "ingest", "scale", "latency")
RATES_PER_S: Final = (1_000, 750, 500, 250)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the last line.")
@click.option("--records", default=100_000, show_default=True, help="Records of each measurement.")
@click.option("--whole-records", default=20_000, show_default=True, help="The same, for the whole scrubber.")
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True, help="Measurements of each.")
@click.option("--seconds", default=60.0, show_default=True, help="How long each rate of the latency is offered.")
@click.option(
    "--rate",
    "rates",
    multiple=True,
    type=int,
    default=RATES_PER_S,
    show_default=True,
    help="Tweets/s offered, until one is sustained; repeatable.",
)
@click.option("--only", multiple=True, type=click.Choice(PARTS), help="Only this part; repeatable.")
@click.option(
    "--environment", type=click.Path(path_type=Path), default=DEFAULT_ENVIRONMENT, help="That of Quix Streams."
)
def main(
    as_json: bool, records: int, whole_records: int, rounds: int, seconds: float, rates: tuple[int, ...],
    only: tuple[str, ...], environment: Path,
) -> None:  # fmt: skip
    """Measures each part and prints the figures."""
    python = environment / "bin" / "python"
    if not python.is_file():
        raise click.ClickException(f"{environment} is no environment with quixstreams; `make bench-stream` makes it")
    parts = only or PARTS
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="dallosh-bench-") as name:
        folder = Path(name)
        os.sched_setaffinity(0, cores[:-1] or cores)  # broker and Redis, our children, keep off the contenders' core
        with servers(folder / "pinned") as (bootstrap, redis):
            bench = Bench(bootstrap, redis, cores[-1], python, folder)
            throughput = {
                function: bench.run(function, whole_records if function == WHOLE else records, rounds)
                for function in (*FUNCTIONS, WHOLE)
                if function in parts
            }
            ingest = statistics.median(bench.ingest(records) for _ in range(rounds)) if "ingest" in parts else None
        os.sched_setaffinity(0, cores)
        with servers(folder / "free") as (bootstrap, redis):
            scales = scale.measure(bootstrap, redis, cores, whole_records, rounds, folder) if "scale" in parts else {}
            latencies = latency.measure(bootstrap, redis, rates, seconds, folder) if "latency" in parts else []
    report(summary(machine(len(cores)), throughput, ingest, scales, latencies), as_json)


@contextmanager
def servers(folder: Path) -> Iterator[tuple[str, str]]:
    """Runs a broker and a Redis on the cores that this process may use; gives their addresses."""
    kafka = EmbeddedKafka(KafkaConfig(data_dir=folder, tied=True, optimising=True))
    redis = EmbeddedRedis(RedisConfig(data_dir=folder, tied=True))
    try:
        yield kafka.start(), redis.start()
    finally:
        kafka.wipe()
        redis.wipe()


if __name__ == "__main__":
    main()
