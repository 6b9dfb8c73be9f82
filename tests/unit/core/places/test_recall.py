"""Places on the marked tweets of tests/data/pii.jsonl: the measured figures, which may not fall."""

from collections import Counter
from typing import Final

from streams.core.pii.marked import PLACE
from streams.core.pii.spans import PiiType
from streams.core.places.find import find_places
from streams.gazetteer import gazetteer
from tests.marked_rows import marked_rows

MEASURED: Final = (134, 139)
"""Marked places that one of ours overlaps, and all; four of the others are abroad."""
MOST_PERSONS: Final = 3
"""Persons called like a town beside that town."""


def test_marked_places_are_found_and_persons_are_none() -> None:
    marks: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for row in marked_rows("pii.jsonl"):
        places = find_places(row.text, gazetteer())
        for mark in row.marks:
            marks[mark.type] += 1
            found[mark.type] += any(place.start < mark.end and mark.start < place.end for place in places)
    assert (found[PLACE], marks[PLACE]) == MEASURED
    assert found[PiiType.PER] <= MOST_PERSONS
