"""Physical lines to CSV records: where a record ends, and where reading starts again after a broken one.

- A line with an even number of quotes is a record by itself.
- One with an odd number is open, and takes the lines after it until the quotes are even: a text may hold line breaks.
- A broken row whose quote never closes must not swallow the rest of the file. The open lines are given up, as one row,
  where a line follows that is a whole record by itself (`is_whole`). Where instead the lines together are no CSV, or
  there are more than `MAX_LINES` or `MAX_BYTES` of them, or the file ends, the first line alone is given up and
  reading starts again at the second.

An empty line is no record.
"""

import csv
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from streams.connectors.lines import BREAK, Line
from streams.errors import RejectedError

MAX_LINES: Final = 1_000
MAX_BYTES: Final = 1 << 20
_QUOTE: Final = b'"'

# The module's own limit of 131,072 characters is below the size of a message. The setting is global to the process.
csv.field_size_limit(1 << 24)


class Record(NamedTuple):
    """The bytes of one record, with their place; `broken` says why it cannot be one."""

    raw: bytes
    line: int
    end: int
    end_line: int
    broken: str = ""


def fields_of(raw: bytes) -> list[str]:
    """Splits one record into its fields.

    Raises:
        RejectedError: it is not UTF-8, holds a NUL byte, or breaks the rules of CSV.
    """
    if b"\0" in raw:
        raise RejectedError("the row holds a NUL byte")
    try:
        return next(csv.reader((raw.decode(),), strict=True), [])
    except UnicodeDecodeError as error:
        raise RejectedError(f"the row is not UTF-8 at byte {error.start}") from None
    except csv.Error as error:
        raise RejectedError(f"the row is not CSV: {error}") from None


class RecordFramer:
    """Turns lines into records.

    Args:
        is_whole: whether a line is a whole, good record by itself. A text that spans lines would have to hold a line
            with the right number of columns, an id and a date to be cut there.
    """

    def __init__(self, is_whole: Callable[[bytes], bool]) -> None:
        self._is_whole = is_whole
        self._open: list[Line] = []
        self._n_bytes = 0

    def push(self, line: Line) -> Iterator[Record]:
        """Takes the next line and yields the records that it ends."""
        raw = line.raw
        if not self._open:
            if line.n_cut:
                yield _record([line], f"the row is {len(raw) + line.n_cut} bytes long; the first {len(raw)} are kept")
            elif raw.count(_QUOTE) & 1:
                self._keep(line)
            elif raw and raw != b"\r":
                yield Record(raw.removesuffix(b"\r"), line.number, line.end, line.number)
            return
        if not line.n_cut and not raw.count(_QUOTE) & 1 and self._is_whole(raw.removesuffix(b"\r")):
            yield _record(self._taken(), "a quote is never closed")
            yield Record(raw.removesuffix(b"\r"), line.number, line.end, line.number)
            return
        self._keep(line)
        if raw.count(_QUOTE) & 1 and not line.n_cut:
            record = _record(self._open)
            if _is_csv(record.raw):
                self._taken()
                yield record
            else:
                yield from self._give_up_first()
        elif len(self._open) > MAX_LINES or self._n_bytes > MAX_BYTES or line.n_cut:
            yield from self._give_up_first()

    def finish(self) -> Iterator[Record]:
        """Yields what the end of the file leaves open."""
        while self._open:
            yield from self._give_up_first()

    def _give_up_first(self) -> Iterator[Record]:
        first, *others = self._taken()
        yield _record([first], "a quote is never closed")
        for line in others:
            yield from self.push(line)

    def _keep(self, line: Line) -> None:
        self._open.append(line)
        self._n_bytes += len(line.raw)

    def _taken(self) -> list[Line]:
        lines, self._open, self._n_bytes = self._open, [], 0
        return lines


def _record(lines: list[Line], broken: str = "") -> Record:
    raw = BREAK.join(line.raw for line in lines).removesuffix(b"\r")
    return Record(raw, lines[0].number, lines[-1].end, lines[-1].number, broken)


def _is_csv(raw: bytes) -> bool:
    try:
        next(csv.reader((raw.decode("utf-8", "replace"),), strict=True), None)
    except csv.Error:
        return False
    return True
