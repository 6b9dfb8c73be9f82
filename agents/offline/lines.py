"""One line of output for each row: its labels, its places, and which level gave them; as JSON or CSV."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

import msgspec

from agents.printable import escaped
from schemas.classification import Confidence, Labels
from schemas.taxonomy import Level, Priority, Sentiment, Topic
from schemas.tweet import Place, ScrubbedTweet


class LabelledLine(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one row; no text but that of its places, whose offsets are in characters of the text."""

    id: str
    sentiment: Sentiment
    priority: Priority
    main_topic: Topic
    confidence_sentiment: Confidence
    confidence_priority: Confidence
    confidence_main_topic: Confidence
    places: Sequence[Place] = ()
    level: Level


COLUMNS: Final = LabelledLine.__struct_fields__


class Writer(Protocol):
    """How lines are written; `head` begins a file."""

    head: bytes

    def line(self, line: LabelledLine) -> bytes:
        """Returns a line with its end."""


class JsonWriter:
    """One JSON object a line. What could move a terminal's cursor is written as an escape that means the same."""

    head = b""

    def line(self, line: LabelledLine) -> bytes:
        """Returns the object and a line feed."""
        return escaped(msgspec.json.encode(line)).encode() + b"\n"


class CsvWriter:
    """A header, then one row a line: texts in quotes, numbers without; places as the JSON that the other form has."""

    def __init__(self) -> None:
        self.head = _row(COLUMNS)

    def line(self, line: LabelledLine) -> bytes:
        """Returns the row and a line feed."""
        values = {name: getattr(line, name) for name in COLUMNS}
        values |= {"places": escaped(msgspec.json.encode(line.places))}
        return _row(list(values.values()))


def labelled(tweet: ScrubbedTweet, labels: Labels, level: Level) -> LabelledLine:
    """Joins a tweet with its labels."""
    fields = {name: getattr(labels, name) for name in Labels.__struct_fields__}
    return LabelledLine(id=tweet.id, places=tweet.places, level=level, **fields)


def is_labelled(names: Sequence[str]) -> bool:
    """Whether columns, or the keys of an object, are those of a file of labelled lines."""
    return set(Labels.__struct_fields__) <= set(names) and "id" in names


def read_csv(rows: Iterator[list[str]]) -> Iterator[LabelledLine]:
    """Reads rows back, the header first.

    Raises:
        msgspec.ValidationError: a value is of a wrong form.
    """
    header = next(rows)
    for row in rows:
        values: dict[str, object] = dict(zip(header, row, strict=False))
        values["places"] = msgspec.json.decode(row[header.index("places")]) if "places" in values else ()
        yield msgspec.convert(values, LabelledLine, strict=False)


def _row(values: Sequence[object]) -> bytes:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n").writerow(map(_plain, values))
    return text.getvalue().encode()


def _plain(value: object) -> object:
    return str(value) if isinstance(value, str) else value
