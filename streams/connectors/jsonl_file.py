"""JSON lines: one object a line, with the fields of a tweet or others by a column map."""

import json
from typing import Any

import msgspec

from streams.connectors.columns import FIELDS, ColumnMap, TweetMaker
from streams.connectors.csv_file import BOM
from streams.connectors.lines import Line, LineSplitter
from streams.connectors.source import AnyRow, RefusedRow, Row
from streams.errors import DalloshError, RejectedError

_DECODER = msgspec.json.Decoder(dict[str, Any])


def object_of(raw: bytes) -> dict[str, Any]:
    """Reads one line. Half of an emoji, which JSON can write and UTF-8 cannot, becomes a replacement character.

    Raises:
        RejectedError: it is no JSON object in UTF-8.
    """
    if b"\0" in raw:
        raise RejectedError("the line holds a NUL byte")
    try:
        raw.decode()
        return _DECODER.decode(raw)
    except UnicodeDecodeError as error:
        raise RejectedError(f"the line is not UTF-8 at byte {error.start}") from None
    except msgspec.ValidationError:
        raise RejectedError("the line is not a JSON object") from None
    except RecursionError:
        raise RejectedError("the line is nested too deeply") from None
    except msgspec.DecodeError:
        return _lenient(raw)


def _lenient(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise RejectedError("the line is not JSON") from None
    if not isinstance(found, dict):
        raise RejectedError("the line is not a JSON object")
    return {key: _whole(value) for key, value in found.items()}


def _whole(value: Any) -> Any:
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(value, str) else value


class JsonlParser:
    """Turns the bytes of a JSON-lines file, in chunks of any size, into rows.

    Args:
        name: of the source, for messages.
        columns: field -> key of the object.
        maker: makes tweets of the values.
    """

    def __init__(self, name: str, columns: ColumnMap, maker: TweetMaker) -> None:
        self._columns = columns
        self._keys = [columns.columns[field] for field in FIELDS]
        self._make = maker.make
        self._lines = LineSplitter()

    def feed(self, chunk: bytes) -> list[AnyRow]:
        """Returns the rows that the chunk ends."""
        row_of = self._row_of
        return [row for line in self._lines.feed(chunk) if (row := row_of(line))]

    def finish(self) -> list[AnyRow]:
        """Returns the row that the end of the file ends."""
        return [row for line in self._lines.finish() if (row := self._row_of(line))]

    def jump(self, head: bytes, position: int, line: int) -> None:
        """Goes on at a position where a line begins."""
        self._lines = LineSplitter(position, line)

    def _row_of(self, line: Line) -> AnyRow | None:
        raw, number, end, n_cut = line
        raw = raw.removesuffix(b"\r")
        if number == 1:
            raw = raw.removeprefix(BOM)
        if not n_cut and not raw.strip():
            return None
        try:
            if n_cut:
                raise RejectedError(f"the line is {len(raw) + n_cut} bytes long; the first {len(raw)} are kept")
            found = object_of(raw)
            if missing := self._columns.missing_from(tuple(found)):
                raise RejectedError(f"the object lacks {', '.join(missing)}")
            return Row(number, end, number, raw, self._make([found.get(key) for key in self._keys]))
        except DalloshError as error:
            return RefusedRow(number, end, number, raw, error)
