"""Places on the marked tweets of tests/data/pii.jsonl: the measured figures, which may not fall."""

import re
from pathlib import Path
from typing import Final

import msgspec

from streams.core.places.find import find_places
from streams.gazetteer import gazetteer

MARKED: Final = Path(__file__).resolve().parents[3] / "data" / "pii.jsonl"
TAG: Final = re.compile(r"</?([A-Z]+)>")
MEASURED: Final = (134, 139)
"""Marked places that one of ours overlaps, and all; four of the others are abroad."""
MOST_PERSONS: Final = 3
"""Persons called like a town beside that town."""


def test_marked_places_are_found_and_persons_are_none() -> None:
    n_found = n_marked = n_persons = 0
    for line in MARKED.read_bytes().splitlines():
        pieces = TAG.split(msgspec.json.decode(line)["marked"])
        places = find_places("".join(pieces[::2]), gazetteer())
        start = 0
        for index, piece in enumerate(pieces[::2]):
            end = start + len(piece)
            kind = pieces[2 * index - 1] if index % 2 else ""
            hit = any(place.start < end and start < place.end for place in places)
            n_marked += kind == "LOC"
            n_found += kind == "LOC" and hit
            n_persons += kind == "PER" and hit
            start = end
    assert (n_found, n_marked) == MEASURED
    assert n_persons <= MOST_PERSONS
