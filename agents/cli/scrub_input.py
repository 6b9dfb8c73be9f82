"""What `dallosh scrub` reads: JSON lines, CSV, or plain lines, from a file or standard input."""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Final, Literal

import msgspec

from agents.cli.scrub_csv import CsvRows, is_header
from agents.cli.scrub_rows import BadRow, Entry
from streams.connectors.columns import identifier
from streams.connectors.csv_file import BOM
from streams.connectors.jsonl_file import object_of
from streams.connectors.lines import Line, LineSplitter
from streams.errors import DalloshError, FatalError, RejectedError

Form = Literal["csv", "jsonl", "lines"]

_SUFFIXES: Final[dict[str, Form]] = {
    ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".txt": "lines",
}  # fmt: skip
_CHUNK_BYTES: Final = 1 << 16
_ARRAY_OF_OBJECTS: Final = re.compile(rb'\[\s*\{\s*"')
"""How an array begins that is longer than the first chunk."""


def name_of(file: str) -> str:
    """Returns how messages call a file of the command line."""
    return "standard input" if file == "-" else file


@contextmanager
def opened(file: str) -> Iterator[BufferedReader]:
    """Opens a file, or standard input for `-`.

    Raises:
        FatalError: it cannot be read.
    """
    if file == "-":
        yield sys.stdin.buffer  # type: ignore[misc]
        return
    try:
        stream = Path(file).open("rb")  # noqa: SIM115 - closed below: what the caller raises is not about this file
    except OSError as error:
        raise FatalError(
            f"cannot read {file}: {error.strerror}", remedy="Check the name; - reads standard input"
        ) from None
    with stream:
        yield stream


def rows_of(stream: BufferedReader, file: str, form: Form | None = None) -> Iterator[Entry | BadRow]:
    """Yields every row in order, as they come. The form is told by the file's name, else by the first characters.

    Raises:
        FatalError: a CSV file's header lacks a column; nobody said what the file is, and it is one JSON array.
    """
    first = stream.read1(_CHUNK_BYTES)
    match form or _SUFFIXES.get(Path(file).suffix.lower()) or _told(first, name_of(file)):
        case "csv":
            return CsvRows(name_of(file)).read(stream, first, _CHUNK_BYTES)
        case "jsonl":
            return _line_rows(stream, first, is_json=True)
        case "lines":
            return _line_rows(stream, first, is_json=False)


def lines_of(stream: BufferedReader) -> Iterator[Line]:
    """Yields the lines that are not blank, without their ends and the mark of the byte order."""
    return _lines(stream, stream.read1(_CHUNK_BYTES))


def _told(first: bytes, name: str) -> Form:
    head = first.removeprefix(BOM).lstrip()
    if head[:1] == b"{":
        return "jsonl"
    if _is_array(head):
        raise FatalError(
            f"{name} is one JSON array", remedy="Write one object a line, or say with --format that it holds lines"
        )
    return "csv" if is_header(head.partition(b"\n")[0]) else "lines"


def _is_array(head: bytes) -> bool:
    """Tells an array from a plain line that begins with a bracket, such as `[info] bonjour`."""
    if head[:1] != b"[":
        return False
    try:
        msgspec.json.decode(head, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _ARRAY_OF_OBJECTS.match(head) is not None
    return True


def _lines(stream: BufferedReader, first: bytes) -> Iterator[Line]:
    splitter = LineSplitter()
    chunk = first
    while chunk:
        yield from _whole(splitter.feed(chunk))
        chunk = stream.read1(_CHUNK_BYTES)
    yield from _whole(splitter.finish())


def _whole(lines: Sequence[Line]) -> Iterator[Line]:
    for line in lines:
        raw = line.raw.removesuffix(b"\r")
        if line.number == 1:
            raw = raw.removeprefix(BOM)
        if raw.strip():
            yield line._replace(raw=raw)


def _line_rows(stream: BufferedReader, first: bytes, *, is_json: bool) -> Iterator[Entry | BadRow]:
    for line in _lines(stream, first):
        try:
            if line.n_cut:
                raise RejectedError(f"the line is longer than {len(line.raw)} bytes")
            yield _json_entry(line) if is_json else _plain_entry(line)
        except DalloshError as error:
            yield BadRow(line.number, str(error))


def _json_entry(line: Line) -> Entry:
    found = object_of(line.raw)
    text, id_ = found.get("text"), identifier(found.get("id"), "id")
    if id_ is None:
        raise RejectedError("the object has no id")
    if not isinstance(text, str):
        raise RejectedError("the object has no text")
    return Entry(line.number, id_, text)


def _plain_entry(line: Line) -> Entry:
    try:
        return Entry(line.number, str(line.number), line.raw.decode())
    except UnicodeDecodeError as error:
        raise RejectedError(f"the line is not UTF-8 at byte {error.start}") from None
