"""A small disk of its own for the broker's data, where this machine lets one be mounted."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

SIZE: Final = "256m"


class NoDiskError(Exception):
    """No file system can be mounted here: it takes root and the right to mount."""


@contextmanager
def small_disk(path: Path) -> Iterator[Path]:
    """Mounts a tmpfs of `SIZE` while a block runs.

    Raises:
        NoDiskError: this machine does not let us.
    """
    path.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "dallosh-chaos", str(path)]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except FileNotFoundError as error:
        raise NoDiskError("there is no mount command") from error
    if told.returncode:
        raise NoDiskError(told.stderr.strip() or "mount failed")
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", str(path)], timeout=20, check=False)
