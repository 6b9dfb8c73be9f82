"""The CSV that `dallosh scrub` reads: any with the columns id and text, or the business's export with its full_text."""

from collections.abc import Iterator, Sequence
from io import BufferedReader
from typing import Final, NamedTuple

from agents.cli.scrub_rows import BadRow, Entry
from streams.connectors.columns import identifier
from streams.connectors.csv_file import BOM
from streams.connectors.csv_records import Record, RecordFramer, fields_of
from streams.connectors.lines import LineSplitter
from streams.errors import FatalError, RejectedError

ID: Final = "id"
TEXTS: Final = ("full_text", "text")
"""The first of them that is there holds the text: an export that has both cuts the other."""

_REMEDY: Final = "Name the columns id and text (or full_text) in line 1, in UTF-8, with commas between them"


class Columns(NamedTuple):
    """Where id and text stand in a row of so many columns."""

    n: int
    id: int
    text: int


def columns_of(header: Sequence[str]) -> Columns | None:
    """Finds the two columns in a header; None where one is missing."""
    names = [name.strip() for name in header]
    text = next((name for name in TEXTS if name in names), None)
    return None if text is None or ID not in names else Columns(len(names), names.index(ID), names.index(text))


def is_header(line: bytes) -> bool:
    """Tells whether a file's first line is the header of a CSV that can be read here."""
    try:
        return columns_of(fields_of(line.removeprefix(BOM).rstrip(b"\r"))) is not None
    except RejectedError:
        return False


class CsvRows:
    """Turns the bytes of a CSV file, in chunks of any size, into entries; needs no column but the two.

    Args:
        name: of the file, for messages.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lines = LineSplitter()
        self._framer = RecordFramer(self._is_whole)
        self._columns: Columns | None = None

    def read(self, stream: BufferedReader, first: bytes, chunk_bytes: int) -> Iterator[Entry | BadRow]:
        """Yields every row in order, as they come; `first` is what was read already.

        Raises:
            FatalError: the header lacks a column, or cannot be read.
        """
        chunk = first
        while chunk:
            for line in self._lines.feed(chunk):
                yield from self._rows(self._framer.push(line))
            chunk = stream.read1(chunk_bytes)
        for line in self._lines.finish():
            yield from self._rows(self._framer.push(line))
        yield from self._rows(self._framer.finish())

    def _rows(self, records: Iterator[Record]) -> Iterator[Entry | BadRow]:
        for record in records:
            if self._columns is not None:
                yield _row(record, self._columns)
            elif record.raw != BOM:
                self._columns = self._header(record)

    def _header(self, record: Record) -> Columns:
        try:
            if record.broken:
                raise RejectedError(record.broken)
            names = fields_of(record.raw.removeprefix(BOM))
        except RejectedError as error:
            raise FatalError(f"{self._name} has no header that can be read: {error}", remedy=_REMEDY) from None
        found = columns_of(names)
        if found is None:
            missing = "id" if any(name.strip() in TEXTS for name in names) else "text (nor full_text)"
            raise FatalError(f"{self._name} has no column {missing}", remedy=_REMEDY)
        return found

    def _is_whole(self, raw: bytes) -> bool:
        """Whether a line is a row by itself; before the header nothing is."""
        return self._columns is not None and isinstance(_row(Record(raw, 0, 0, 0), self._columns), Entry)


def _row(record: Record, columns: Columns) -> Entry | BadRow:
    try:
        if record.broken:
            raise RejectedError(record.broken)
        fields = fields_of(record.raw)
        if len(fields) != columns.n:
            raise RejectedError(f"the row has {len(fields)} columns, the header {columns.n}")
        id_ = identifier(fields[columns.id], ID)
        if id_ is None:
            raise RejectedError("the id is missing")
        text = fields[columns.text]
        return Entry(record.line, id_, "" if text == "null" else text.replace("\\n", "\n"))
    except RejectedError as error:
        return BadRow(record.line, str(error))
