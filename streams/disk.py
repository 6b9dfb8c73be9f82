"""Small files that several processes share: written whole, locked by the kernel; what to do when the disk refuses."""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from streams.errors import FatalError

POLL_S: Final = 0.05


def remedy_of(error: OSError) -> str:
    """Returns what to do about a failed file or process call, or an empty string."""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return "The disk is full: free some space, or set DALLOSH_DATA_DIR to another disk"
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return "No right to write there: set DALLOSH_DATA_DIR to a directory of yours"
        case _:
            return ""


def tail(path: Path, n_lines: int = 20) -> list[str]:
    """Returns the last lines of a text file; none when it does not exist. Reads at most 64 KiB."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 65_536))
            return file.read().decode("utf-8", "replace").splitlines()[-n_lines:]
    except OSError:
        return []


@contextmanager
def locked(path: Path, *, timeout_s: float) -> Iterator[None]:
    """Holds a file lock that the kernel drops when its holder dies.

    Raises:
        FatalError: another process held it for `timeout_s`, or the folder cannot be written.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("ab")
        except OSError as error:
            raise FatalError(f"cannot write {path}: {error}", remedy=remedy_of(error)) from error
        with file:
            while not _try_lock(file.fileno()):
                if time.monotonic() > deadline:
                    raise FatalError(f"another process holds {path}", remedy="Wait for it to finish, or end it")
                time.sleep(POLL_S)
            if _is_at(path, file.fileno()):  # else its holder removed the folder meanwhile
                yield
                return


def write_whole(path: Path, data: bytes) -> None:
    """Replaces a file in one step: readers see the old or the new bytes, never a part.

    Raises:
        FatalError: it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as error:
        raise FatalError(f"cannot write {path}: {error}", remedy=remedy_of(error)) from error


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
