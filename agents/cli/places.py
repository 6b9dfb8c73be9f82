"""`dallosh places`: how well places are found on labelled tweets."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import click
import msgspec

from agents.cli.printable import escaped
from agents.cli.table import cell, print_table
from streams.core.places.find import find_places
from streams.core.places.gazetteer import Gazetteer
from streams.core.places.scoring import Marked, score
from streams.errors import FatalError
from streams.gazetteer import gazetteer

_READABLE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_BETWEEN: Final = "; "

T = TypeVar("T")
Half = Literal["tuned", "held-out"]


class LabelRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the labels: the places as written, joined by "; ", and the text itself or the id of its tweet."""

    location: str | None
    id: str | None = None
    text: str | None = None


class TweetRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the tweets: what is read of it."""

    id: str
    text: str


@click.group()
def places() -> None:
    """Measure the gazetteer on labelled tweets."""


@places.command("eval")
@click.option("--labels", required=True, type=_READABLE, help="JSON lines: location, and id or text.")
@click.option("--tweets", type=_READABLE, help="JSON lines: id, text; needed where the labels have no text.")
@click.option("--departments", type=_READABLE, help="JSON object: place as labelled -> its department's code.")
@click.option("--half", type=click.Choice(["tuned", "held-out"]), help="By the hash of the id; default: all rows.")
@click.option("--misses", type=click.Path(dir_okay=False, path_type=Path), help="Write every miss to this file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def eval_command(
    labels: Path, tweets: Path | None, departments: Path | None, half: Half | None, misses: Path | None, as_json: bool
) -> None:
    """Print precision, recall and F1 of the places found, and the share of right departments of those found.

    A labelled place counts as found when one of ours overlaps it in the text or equals it but for case, accents and
    hyphens. The rules were tuned on the half that --half tuned takes; the other is unseen.
    """
    known: dict[str, str] = {} if departments is None else _read(departments, dict[str, str])
    found, missed = score(_rows(labels, tweets, half, gazetteer()), known)
    if misses is not None:
        misses.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in missed))
    if as_json:
        click.echo(escaped(msgspec.json.encode(found)))
        return
    print_table(("figure", "value"), [(name, cell(value)) for name, value in msgspec.structs.asdict(found).items()])


def _rows(labels: Path, tweets: Path | None, half: Half | None, known: Gazetteer) -> Iterator[Marked]:
    texts = {} if tweets is None else {row.id: row.text for row in _lines(tweets, TweetRow)}
    for row in _lines(labels, LabelRow):
        text = row.text if row.text is not None else texts.get(row.id or "")
        if text is None:
            raise FatalError(f"{labels}: a row has neither text nor the id of a tweet", remedy="Give --tweets FILE")
        if half is None or half == half_of(row.id or text):
            marked = tuple(place for place in (row.location or "").split(_BETWEEN) if place)
            yield Marked(text, marked, find_places(text, known))


def half_of(key: str) -> Half:
    """Returns the half that a tweet's id, or its text where it has none, falls into: the same for ever."""
    return "held-out" if hashlib.sha256(b"places:" + key.encode()).digest()[0] % 2 else "tuned"


def _lines(path: Path, type_: type[T]) -> Iterator[T]:
    decoder = msgspec.json.Decoder(type_)
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            yield decoder.decode(line)
        except msgspec.DecodeError as error:
            raise FatalError(f"{path}, line {number}: {error}") from error


def _read(path: Path, type_: Any) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes(), type=type_)
    except msgspec.DecodeError as error:
        raise FatalError(f"{path}: {error}") from error
