"""This machine: room on the disk, files that the settings name, programs of the embedded services."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from agents.checks.check import Check, failed, of_error, ok, skipped, warning
from streams.errors import MissingToolError
from streams.kafka.embedded_jars import EMBEDDED_DIR, java, maven
from streams.settings import Settings
from streams.state.embedded import redis_server

GIB: Final = 1 << 30
LEAST_FREE_BYTES: Final = GIB // 2
AMPLE_FREE_BYTES: Final = 4 * GIB


def machine_checks(settings: Settings) -> Iterator[Check]:
    """Checks the disk, the files, and the tools."""
    yield disk_check(settings.data_dir)
    yield from _files(settings)
    yield _tools(settings)


def disk_check(data_dir: Path, *, n_free_bytes: int | None = None) -> Check:
    """Judges the room and the rights where the data go; `n_free_bytes` stands in for what the disk says."""
    place = data_dir.resolve()
    while not place.exists():
        place = place.parent
    if not os.access(place, os.W_OK | os.X_OK):
        said = f"{data_dir}: no right to write in {place}"
        return failed("disk", said, "Set DALLOSH_DATA_DIR to a directory of yours")
    free = shutil.disk_usage(place).free if n_free_bytes is None else n_free_bytes
    said = f"{data_dir}: {free / GIB:.1f} GiB free"
    remedy = "Free some space, or set DALLOSH_DATA_DIR to another disk"
    if free < LEAST_FREE_BYTES:
        return failed("disk", f"{said}, less than {LEAST_FREE_BYTES / GIB:.1f}", remedy)
    if free < AMPLE_FREE_BYTES:
        return warning("disk", f"{said}, less than {AMPLE_FREE_BYTES / GIB:.0f}", remedy)
    return ok("disk", said)


def _files(settings: Settings) -> Iterator[Check]:
    path = settings.vip_file
    if path is not None:
        if os.access(path, os.R_OK) and path.is_file():
            yield ok("vip file", f"{path} can be read")
        else:
            yield failed("vip file", f"{path} cannot be read", "Check DALLOSH_VIP_FILE")


def _tools(settings: Settings) -> Check:
    """What starts the embedded services, where they are the ones in use."""
    needed = ([] if settings.kafka_bootstrap else [java]) + ([] if settings.redis_url else [redis_server])
    if not settings.kafka_bootstrap and not any((EMBEDDED_DIR / "libs").glob("kafka_*.jar")):
        needed.append(maven)
    if not needed:
        return skipped("tools", "Kafka and Redis are configured, so none is started here")
    try:
        found = [find() for find in needed]
    except MissingToolError as error:
        return of_error("tools", error)
    return ok("tools", f"the embedded services find {', '.join(found)}")
