"""The class archive of the embedded brokers: what a JVM has read and verified of the jars, kept for the next starts.

With it a new broker, its format included, is ready after half the processor time. `python -m
streams.kafka.embedded_archive` makes it at set-up; without one, or with one of another Java, brokers start as well.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from streams.disk import remedy_of
from streams.errors import FatalError
from streams.kafka.embedded import EmbeddedKafka
from streams.kafka.embedded_config import KafkaConfig
from streams.kafka.embedded_jars import EMBEDDED_DIR, Say, ensure_jars
from streams.kafka.embedded_node import ARCHIVE

STOP_TIMEOUT_S: Final = 60.0
"""A JVM writes its archive when it ends: it takes some seconds longer."""


def make_archive(embedded_dir: Path = EMBEDDED_DIR, *, say: Say = lambda _: None) -> Path:
    """Starts and stops a broker and returns the file of the classes that it drew in; one that is there is replaced.

    Raises:
        FatalError: the broker did not start, its JVM writes no archives, or the disk refuses.
    """
    archive = ensure_jars(embedded_dir, say=say) / ARCHIVE
    archive.unlink(missing_ok=True)  # a JVM that uses one writes none
    with tempfile.TemporaryDirectory(prefix="dallosh-archive-") as folder:
        made = Path(folder) / ARCHIVE
        config = KafkaConfig(data_dir=Path(folder), n_nodes=1, archive=made, stop_timeout_s=STOP_TIMEOUT_S)
        broker = EmbeddedKafka(config, embedded_dir=embedded_dir, say=say)
        try:
            broker.start()
            broker.stop()
        finally:
            broker.wipe()
        _move(made, archive)
    return archive


def _move(made: Path, archive: Path) -> None:
    """Puts the file beside the jars in one step, although it comes from another disk."""
    incoming = archive.with_suffix(".incoming")
    try:
        shutil.copyfile(made, incoming)
        incoming.replace(archive)
    except FileNotFoundError as error:
        raise FatalError("the JVM wrote no class archive") from error
    except OSError as error:
        raise FatalError(f"cannot write {archive}: {error}", remedy=remedy_of(error)) from error


def _main() -> int:
    try:
        make_archive(say=lambda text: print(text, file=sys.stderr))  # noqa: T201 - a script of the set-up
    except FatalError as error:  # not the end of a set-up: brokers start without it
        print(f"setup: embedded brokers will start slowly: {error}", file=sys.stderr)  # noqa: T201 - as above
    return 0


if __name__ == "__main__":
    sys.exit(_main())
