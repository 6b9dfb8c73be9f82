"""A small disk of its own for the broker's data, where this machine lets one be mounted."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

SIZE_MIB: Final = 256
NAME: Final = "dallosh-chaos"
TIMEOUT_S: Final = 20.0


class NoDiskError(Exception):
    """No file system can be mounted here: it takes root and the right to mount."""


@contextmanager
def small_disk(path: Path) -> Iterator[Path]:
    """Mounts a tmpfs of `SIZE_MIB` while a block runs, and takes away what a killed run has left mounted.

    Raises:
        NoDiskError: this machine does not let us.
        RuntimeError: it cannot be unmounted.
    """
    for left in _left():
        _unmount(left)
    path.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m", f"{NAME}-{os.getpid()}", str(path)]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except FileNotFoundError as error:
        raise NoDiskError("there is no mount command") from error
    if told.returncode:
        raise NoDiskError(told.stderr.strip() or "mount failed")
    try:
        yield path
    finally:
        _unmount(str(path))


def _left() -> list[str]:
    """Returns the mounts of runs that live no more."""
    mounts = Path("/proc/mounts")
    fields = [line.split() for line in mounts.read_text().splitlines()] if mounts.exists() else []
    ours = [(name.removeprefix(f"{NAME}-"), path) for name, path, *_ in fields if name.startswith(f"{NAME}-")]
    return [path for pid, path in ours if pid.isdecimal() and not psutil.pid_exists(int(pid))]


def _unmount(path: str) -> None:
    told = subprocess.run(["umount", "--lazy", path], capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if told.returncode:
        raise RuntimeError(f"{path} stays mounted: {told.stderr.strip()}")
