"""One text in; its personal data out, its places found: what the scrubber knows of a text."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

from schemas.taxonomy import KEPT_HANDLES, PlaceKind
from schemas.tweet import Place
from streams.core.pii import persons
from streams.core.pii.names import Names
from streams.core.pii.pseudonyms import Pseudonyms
from streams.core.pii.scrub import scrub
from streams.core.pii.spans import Found, Scrubbed
from streams.core.places.cut_off import cut_off
from streams.core.places.find import find_places
from streams.core.places.gazetteer import Gazetteer

SURE: Final = 0.8
"""Confidence from which a place speaks against a name: a small town's name may be a first name ("Noé", "Alban")."""


@dataclass(frozen=True, slots=True)
class Tables:
    """What is known by heart: names of persons, and the gazetteer."""

    names: Names
    gazetteer: Gazetteer


class Redacted(NamedTuple):
    """A text without its personal data, and the places that it names; offsets are of the text as written."""

    scrubbed: Scrubbed
    places: tuple[Place, ...]


def redact(
    text: str,
    tables: Tables,
    kept_handles: frozenset[str] = KEPT_HANDLES,
    pseudonyms: Pseudonyms | None = None,
) -> Redacted:
    """Replaces what is personal by placeholders and finds the places that stay.

    A place speaks against a name of a person ("Tours"), and what is personal is no place ("M. Tours", a street).

    Args:
        text: as written; no string makes it raise.
        tables: names and places.
        kept_handles: public handles, lower case; every other one is private.
        pseudonyms: the placeholders given so far, shared between a tweet and the one that it answers.
    """
    places = find_places(text, tables.gazetteer)
    others = (partial(_persons, text=text, tables=tables, places=places),)
    scrubbed = scrub(text, kept_handles, pseudonyms, others)
    return Redacted(scrubbed, tuple([place for place in places if _stays(place, scrubbed)]))


def _persons(rest: str, text: str, tables: Tables, places: tuple[Place, ...]) -> Iterable[Found]:
    """Finds persons in what other recognisers left: its offsets may be others than those of `text`."""
    if len(rest) != len(text) or any(
        rest[place.start : place.end] != text[place.start : place.end] for place in places
    ):
        places = find_places(rest, tables.gazetteer)
    spans = [(place.start, place.end) for place in places if _is_sure(place, places, len(rest.rstrip(" .!")))]
    return persons.find(rest, tables.names, [*spans, *cut_off(rest, tables.gazetteer)])


def _is_sure(place: Place, places: tuple[Place, ...], end: int) -> bool:
    """Tells whether a place speaks against a name: "Luc" does beside "Var", unless both sign the text at its `end`."""
    return place.confidence >= SURE or any(
        other is not place
        and other.kind in _PROVING
        and other.department == place.department
        and (place.start == 0 or other.end != end)
        for other in places
    )


_PROVING: Final = frozenset({PlaceKind.DEPARTMENT, PlaceKind.POSTCODE})


def _stays(place: Place, scrubbed: Scrubbed) -> bool:
    return all(place.end <= span.start or span.end <= place.start for span in scrubbed.spans)
