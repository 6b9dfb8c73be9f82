"""CSV with a header, in the business's export form or another by a column map.

The export: UTF-8 with or without BOM, comma, texts with their line breaks written as backslash-n, "null" for none.
"""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, Final

from streams.connectors.columns import FIELDS, ColumnMap, TweetMaker
from streams.connectors.csv_records import Record, RecordFramer, fields_of
from streams.connectors.lines import LineSplitter
from streams.connectors.source import AnyRow, RefusedRow, Row
from streams.errors import DalloshError, FatalError, RejectedError

BOM: Final = b"\xef\xbb\xbf"
_TEXT: Final = FIELDS.index("text")


class CsvParser:
    """Turns the bytes of a CSV file, in chunks of any size, into rows.

    Args:
        name: of the source, for messages.
        columns: field -> column.
        maker: makes tweets of the values.
    """

    def __init__(self, name: str, columns: ColumnMap, maker: TweetMaker) -> None:
        self._name = name
        self._columns = columns
        self._make = maker.make
        self._lines = LineSplitter()
        self._framer = RecordFramer(self._is_whole)
        self._n_columns = 0
        self._values: Callable[[Sequence[str | None]], tuple[Any, ...]] = tuple

    def feed(self, chunk: bytes) -> list[AnyRow]:
        """Returns the rows that the chunk ends.

        Raises:
            FatalError: the header lacks a column.
        """
        push, row_of = self._framer.push, self._row_of
        return [row for line in self._lines.feed(chunk) for record in push(line) if (row := row_of(record))]

    def finish(self) -> list[AnyRow]:
        """Returns the rows that the end of the file ends."""
        records = [record for line in self._lines.finish() for record in self._framer.push(line)]
        records += self._framer.finish()
        return [row for record in records if (row := self._row_of(record))]

    def jump(self, head: bytes, position: int, line: int) -> None:
        """Goes on at a position where a row begins; `head` is how the file begins, for its header."""
        for first in LineSplitter().feed(head):
            if self._n_columns:
                break
            for record in self._framer.push(first):
                self._read_header(record)
        self._lines = LineSplitter(position, line)

    def _row_of(self, record: Record) -> AnyRow | None:
        if not self._n_columns:
            if record.raw != BOM:
                self._read_header(record)
            return None
        raw, line, end, end_line, broken = record
        try:
            if broken:
                raise RejectedError(broken)
            fields: list[str | None] = [*fields_of(raw)]
            if len(fields) != self._n_columns:
                raise RejectedError(f"the row has {len(fields)} columns, the header {self._n_columns}")
            fields.append(None)  # what a field without a column points at
            values = self._values(fields)
            return Row(line, end, end_line, raw, self._make(self._plain(values)))
        except DalloshError as error:
            return RefusedRow(line, end, end_line, raw, error)

    @staticmethod
    def _plain(values: tuple[Any, ...]) -> tuple[Any, ...]:
        """Undoes the export's line breaks, and its "null" for no text."""
        text = values[_TEXT]
        if "\\n" in text:
            text = text.replace("\\n", "\n")
        elif text != "null":
            return values
        else:
            text = ""
        return (*values[:_TEXT], text, *values[_TEXT + 1 :])

    def _is_whole(self, raw: bytes) -> bool:
        """Whether a line is a row by itself; before the header nothing is."""
        if not self._n_columns:
            return False
        return isinstance(self._row_of(Record(raw, 0, 0, 0)), Row)

    def _read_header(self, record: Record) -> None:
        try:
            if record.broken:
                raise RejectedError(record.broken)
            header = [name.strip() for name in fields_of(record.raw.removeprefix(BOM))]
        except RejectedError as error:
            raise FatalError(
                f"{self._name} has no header that can be read: {error}",
                remedy="Line 1 holds the names of the columns, in UTF-8, with commas between them",
            ) from None
        if missing := self._columns.missing_from(header):
            raise FatalError(
                f"{self._name} has no column {', '.join(missing)}",
                remedy=f"Name its own by --map FIELD=COLUMN (fields: {', '.join(FIELDS)}){_hint(header)}",
            )
        places = {name: place for place, name in reversed(list(enumerate(header)))}
        self._n_columns = len(header)
        self._values = itemgetter(*(places.get(self._columns.columns[field], len(header)) for field in FIELDS))


def _hint(header: list[str]) -> str:
    """Says what a header of one column more likely is."""
    if len(header) == 1:
        for mark, name in ((";", "semicolons"), ("\t", "tabs")):
            if mark in header[0]:
                return f". It seems to use {name}; commas are needed"
    return ""
