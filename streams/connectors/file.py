"""A file, or standard input, as a source."""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final, Literal, Protocol

from streams.connectors.chunks import Chunks, open_chunks
from streams.connectors.columns import CSV_COLUMNS, JSONL_COLUMNS, TweetMaker, mapped
from streams.connectors.csv_file import BOM, CsvParser
from streams.connectors.jsonl_file import JsonlParser
from streams.connectors.source import AnyRow, Cursor
from streams.errors import FatalError

Format = Literal["csv", "jsonl"]

_HEAD_BYTES: Final = 1 << 16
_TAIL_BYTES: Final = 1 << 12
_SUFFIXES: Final[dict[str, Format]] = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}


class Parser(Protocol):
    """Turns bytes, in chunks of any size, into rows."""

    def feed(self, chunk: bytes) -> list[AnyRow]:
        """Returns the rows that the chunk ends."""

    def finish(self) -> list[AnyRow]:
        """Returns the rows that the end of the file ends."""

    def jump(self, head: bytes, position: int, line: int) -> None:
        """Goes on at a position where a row begins; `head` is how the file begins."""


class FileSource:
    """Reads tweets from a file, or from standard input where `path` is None.

    Args:
        path: the file.
        official_handles: the operator's accounts, lower case.
        form: format of the rows; None goes by the name's ending, and else by the first character.
        changes: field -> column, where the file's own names differ from the format's.

    Raises:
        FatalError: there is no such file, or a change names no field of a tweet.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        official_handles: frozenset[str],
        form: Format | None = None,
        changes: Mapping[str, str] | None = None,
    ) -> None:
        self._path = path
        self._form = form or (_SUFFIXES.get(path.suffix.lower()) if path else None)
        self._changes = dict(changes or {})
        self._maker = TweetMaker(official_handles)
        mapped(CSV_COLUMNS, self._changes)
        if path is not None:
            _look_for(path)

    @property
    def name(self) -> str:
        """The file's name without its folder, or `stdin`; what is not UTF-8 in it as replacement characters."""
        return os.fsencode(self._path.name).decode("utf-8", "replace") if self._path else "stdin"

    @property
    def path(self) -> Path | None:
        """The file; None is standard input."""
        return self._path

    @property
    def size(self) -> int | None:
        """The file's size in bytes, or None for standard input and pipes."""
        return self._path.stat().st_size if self._path and self._path.is_file() else None

    async def batches(self, after: Cursor | None = None) -> AsyncIterator[Sequence[AnyRow]]:
        """Yields every row after the cursor, or every row; waits for the disk or the pipe without blocking the loop."""
        async with open_chunks(self._path) as chunks:
            chunk = await _first_bytes(chunks)
            parser = self._parser(chunk)
            if after is not None:
                if not self.knows(after):
                    raise FatalError(f"{self.name} is not the file that the cursor was written for", remedy=_ANEW)
                parser.jump(chunk, after.position, after.line)
                chunks.seek(after.position)
                chunk = await chunks.read()
            while chunk:
                if rows := parser.feed(chunk):
                    yield rows
                chunk = await chunks.read()
            if rows := parser.finish():
                yield rows

    def cursor_after(self, row: AnyRow) -> Cursor:
        """Returns the place just after a row."""
        return Cursor(position=row.end, line=row.end_line, fingerprint=self._fingerprint(row.end))

    def knows(self, cursor: Cursor) -> bool:
        """Whether the bytes before the cursor are still those that were read."""
        return cursor.fingerprint == self._fingerprint(cursor.position)

    def _fingerprint(self, position: int) -> str:
        """Digests the first 64 KiB and the last 4 KiB before a position; empty where the file is shorter."""
        if self.size is None or self._path is None or position > self.size:
            return ""
        with self._path.open("rb") as file:
            digest = blake2b(file.read(min(position, _HEAD_BYTES)), digest_size=16)
            file.seek(max(0, position - _TAIL_BYTES))
            digest.update(file.read(min(position, _TAIL_BYTES)))
        return digest.hexdigest()

    def _parser(self, chunk: bytes) -> Parser:
        if (self._form or _sniffed(chunk)) == "csv":
            return CsvParser(self.name, mapped(CSV_COLUMNS, self._changes), self._maker)
        return JsonlParser(self.name, mapped(JSONL_COLUMNS, self._changes), self._maker)


_ANEW: Final = "--restart reads it from the start"


def _look_for(path: Path) -> None:
    if not path.exists():
        raise FatalError(f"there is no file {path}", remedy="Check the name; `-` reads standard input")
    if path.is_dir():
        raise FatalError(f"{path} is a folder", remedy="Name a CSV or JSONL file in it")


async def _first_bytes(chunks: Chunks) -> bytes:
    """Reads until there is something to tell the format by."""
    found = b""
    while not found.removeprefix(BOM).strip() and (chunk := await chunks.read()):
        found += chunk
    return found


def _sniffed(chunk: bytes) -> Format:
    return "jsonl" if chunk.removeprefix(BOM).lstrip()[:1] in (b"{", b"[") else "csv"
