"""`dallosh places`: how well places are found on labelled tweets."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, TypeVar

import click
import msgspec

from agents.cli.json_lines import write_json_lines
from agents.cli.scrub_input import lines_of, opened
from agents.cli.table import cell, print_table
from agents.printable import escaped
from streams.core.places.find import find_places
from streams.core.places.gazetteer import Gazetteer
from streams.core.places.scoring import Marked, score
from streams.errors import FatalError
from streams.gazetteer import gazetteer

_BETWEEN: Final = "; "
_A_LABEL: Final = 'A line is {"id": "7", "location": "Lyon; Nice"}; "text" may stand for "id"'
_A_TWEET: Final = 'A line is {"id": "7", "text": "panne à Lyon et à Nice"}'
_DEPARTMENTS: Final = 'The file is one object: {"Lyon": "69", "Nice": "06"}'

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
@click.option("--labels", required=True, help="JSON lines: location, and id or text.")
@click.option("--tweets", help="JSON lines: id, text; needed where the labels have no text.")
@click.option("--departments", help="JSON object: place as labelled -> its department's code.")
@click.option("--half", type=click.Choice(["tuned", "held-out"]), help="By the hash of the id; default: all rows.")
@click.option("--misses", type=click.Path(dir_okay=False, path_type=Path), help="Write every miss to this file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def eval_command(
    labels: str, tweets: str | None, departments: str | None, half: Half | None, misses: Path | None, as_json: bool
) -> None:
    """Print precision, recall and F1 of the places found, and the share of right departments of those found.

    A labelled place counts as found when one of ours overlaps it in the text or equals it but for case, accents and
    hyphens. The rules were tuned on the half that --half tuned takes; the other is unseen.
    """
    known = {} if departments is None else _departments(departments)
    found, missed = score(_rows(labels, tweets, half, gazetteer()), known)
    if misses is not None:
        write_json_lines(misses, missed)
    if as_json:
        click.echo(escaped(msgspec.json.encode(found)))
        return
    print_table(("figure", "value"), [(name, cell(value)) for name, value in msgspec.structs.asdict(found).items()])


def half_of(key: str) -> Half:
    """Returns the half that a tweet's id, or its text where it has none, falls into: the same for ever."""
    return "held-out" if hashlib.sha256(b"places:" + key.encode()).digest()[0] % 2 else "tuned"


def _rows(labels: str, tweets: str | None, half: Half | None, known: Gazetteer) -> Iterator[Marked]:
    texts = {} if tweets is None else {row.id: row.text for _, row in _lines(tweets, TweetRow, _A_TWEET)}
    for line, row in _lines(labels, LabelRow, _A_LABEL):
        text = row.text if row.text is not None else texts.get(row.id or "")
        if text is None:
            raise FatalError(
                f"{labels}, line {line}: there is neither a text nor the id of a known tweet",
                remedy="Give with --tweets the file that has this tweet",
            )
        if half is None or half == half_of(row.id or text):
            marked = tuple(place for place in (row.location or "").split(_BETWEEN) if place)
            yield Marked(line, text, marked, find_places(text, known))


def _lines(file: str, type_: type[T], remedy: str) -> Iterator[tuple[int, T]]:
    """Yields what stands on the lines that are not blank, with their numbers from 1."""
    decoder = msgspec.json.Decoder(type_)
    with opened(file) as stream:
        for line in lines_of(stream):
            try:
                yield line.number, decoder.decode(line.raw)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise FatalError(f"{file}, line {line.number}: {error}", remedy=remedy) from None


def _departments(file: str) -> dict[str, str]:
    with opened(file) as stream:
        try:
            return msgspec.json.decode(stream.read(), type=dict[str, str])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise FatalError(f"{file}: {error}", remedy=_DEPARTMENTS) from None
