"""Bytes of a file or a pipe, read without holding up the event loop."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from streams.errors import FatalError

CHUNK_BYTES: Final = 1 << 18


class Chunks:
    """Reads an open descriptor: a file in a thread, a pipe when it has something, so that a reading can be cancelled.

    What the event loop cannot wait for (`/dev/null`) is read as a file is.

    Args:
        descriptor: open for reading; its owner closes it.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)

    async def read(self) -> bytes:
        """Returns what there is, up to `CHUNK_BYTES`; nothing at the end.

        Raises:
            FatalError: it cannot be read.
        """
        try:
            if not self._is_file and await self._readable():
                return os.read(self._descriptor, CHUNK_BYTES)
            return await asyncio.to_thread(os.read, self._descriptor, CHUNK_BYTES)
        except OSError as error:
            raise FatalError(f"the input cannot be read: {error.strerror}") from error

    def seek(self, position: int) -> None:
        """Goes on at a position of a file."""
        os.lseek(self._descriptor, position, os.SEEK_SET)

    async def _readable(self) -> bool:
        """Waits until there is something to read; False, at once, where nobody can tell."""
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        try:
            loop.add_reader(self._descriptor, ready.set)
        except PermissionError:
            self._is_file = True
            return False
        try:
            await ready.wait()
        finally:
            loop.remove_reader(self._descriptor)
        return True


@asynccontextmanager
async def open_chunks(path: Path | None) -> AsyncIterator[Chunks]:
    """Opens a file, or standard input where there is no path, and closes it.

    Raises:
        FatalError: it cannot be opened.
    """
    try:
        descriptor = os.dup(0) if path is None else await asyncio.to_thread(os.open, path, os.O_RDONLY)
    except OSError as error:
        raise FatalError(f"{path or 'standard input'} cannot be read: {error.strerror}") from error
    try:
        yield Chunks(descriptor)
    finally:
        os.close(descriptor)
