"""A file that names every row that the broker has acknowledged, one JSON object a line."""

from pathlib import Path
from typing import BinaryIO, Self

import msgspec

from streams.disk import remedy_of
from streams.errors import FatalError


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True):
    """One row and the place of its record. `id` is None for a refused row, whose topic is the dead letters."""

    line: int
    id: str | None
    topic: str
    partition: int
    offset: int


class Ledger:
    """Appends to the file; what was written before the last `flush` survives a kill -9.

    Args:
        path: the file.
        keep: go on behind what is there (less a line that a kill cut short); else it starts empty.

    Raises:
        FatalError: it cannot be written.
    """

    def __init__(self, path: Path, *, keep: bool) -> None:
        self._path = path
        self._encode = msgspec.json.Encoder().encode
        try:
            self._file: BinaryIO = path.open("r+b" if keep and path.exists() else "wb")
            self._go_to_end()
        except OSError as error:
            raise self._failed(error) from error

    def write(self, entry: Acknowledged) -> None:
        """Notes one row."""
        try:
            self._file.write(self._encode(entry) + b"\n")
        except OSError as error:
            raise self._failed(error) from error

    def flush(self) -> None:
        """Hands what was written to the system."""
        try:
            self._file.flush()
        except OSError as error:
            raise self._failed(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _go_to_end(self) -> None:
        end = 0
        for line in self._file if self._file.readable() else ():
            end += len(line) if line.endswith(b"\n") else 0
        self._file.seek(end)
        self._file.truncate()

    def _failed(self, error: OSError) -> FatalError:
        return FatalError(f"cannot write the ledger {self._path}: {error}", remedy=remedy_of(error))
