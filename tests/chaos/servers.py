"""The broker and the Redis of one cell, and the folder of its data."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from streams.kafka.embedded import EmbeddedKafka
from streams.kafka.embedded_config import KafkaConfig
from streams.state.embedded import EmbeddedRedis, RedisConfig
from tests.chaos.cell import Cell, Fault
from tests.chaos.disk import small_disk


@dataclass(frozen=True, slots=True)
class Servers:
    """What runs; `disk` is the folder of the broker's data."""

    kafka: EmbeddedKafka
    redis: EmbeddedRedis
    disk: Path


@contextmanager
def servers(cell: Cell, folder: Path, *, keep: bool) -> Iterator[Servers]:
    """Starts broker and Redis for one cell, and ends both; `keep` leaves their data and logs.

    The broker's data lie on a small disk, and go with it, where the fault is that it fills.

    Raises:
        NoDiskError: this machine has none to give.
    """
    home = folder / "broker"
    with ExitStack() as stack:
        if cell.fault is Fault.DISK_FULL:
            stack.enter_context(small_disk(home))
        kafka = EmbeddedKafka(KafkaConfig(data_dir=home, n_nodes=cell.n_brokers, tied=True))
        stack.callback(kafka.stop if keep else kafka.wipe)
        redis = EmbeddedRedis(RedisConfig(data_dir=folder / "redis", tied=True))
        stack.callback(redis.stop if keep else redis.wipe)
        kafka.start()
        redis.start()
        yield Servers(kafka, redis, home)


@contextmanager
def folder_for(kept: Path | None) -> Iterator[Path]:
    """Gives an empty folder: a temporary one, or one that stays and whose old content goes."""
    if kept is None:
        with tempfile.TemporaryDirectory(prefix="dallosh-chaos-") as folder:
            yield Path(folder)
    else:
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        yield kept
