"""Names of persons on the marked tweets of tests/data: the measured figures, which may not fall."""

import re
from pathlib import Path
from typing import Final

import pytest

from streams.core.pii import persons
from streams.core.pii.marked import PLACE, Marked
from streams.person_names import person_names
from tests.bench.pii.marks import marked_rows

DATA: Final = Path(__file__).resolve().parents[3] / "data"
OTHERS_MASKED: Final = "]"

ALONE: Final = {"pii_persons_held.jsonl": 0.875}
"""Share of places that stay when nobody says which words are places: "Luc, Var" reads like "Marine, Brest"."""


def masked(row: Marked) -> str:
    """Returns the text as the recogniser gets it: other personal data is out."""
    signs = list(row.text)
    for span in row.marks:
        if span.type not in ("PER", PLACE):
            signs[span.start : span.end] = OTHERS_MASKED * (span.end - span.start)
    return "".join(signs)


def figures(file: str, *, with_places: bool) -> tuple[float, float, float]:
    """Returns recall of names, places untouched, words outside the marks untouched."""
    names, counts = person_names(), {"PER": [0, 0], PLACE: [0, 0], "word": [0, 0]}
    for row in marked_rows(DATA / file):
        places = [(span.start, span.end) for span in row.marks if span.type == PLACE] if with_places else []
        found = persons.find(masked(row), names, places)
        covered = {place for one in found for place in range(one.start, one.end)}
        within = {place for span in row.marks if span.type == "PER" for place in range(span.start, span.end)}
        for span in row.marks:
            letters = {place for place in range(span.start, span.end) if row.text[place].isalnum()}
            if span.type in counts:
                right = letters <= covered if span.type == "PER" else not letters & covered
                counts[span.type][0] += right
                counts[span.type][1] += 1
        for word in re.finditer(r"\w+", row.text):
            if word.start() not in within:
                counts["word"][0] += covered.isdisjoint(range(*word.span()))
                counts["word"][1] += 1
    recall, kept, words = (right / max(all_, 1) for right, all_ in counts.values())
    return recall, kept, words


@pytest.mark.parametrize("with_places", [False, True])
@pytest.mark.parametrize(
    ("file", "recall"), [("pii.jsonl", 0.98), ("pii_persons.jsonl", 0.98), ("pii_persons_held.jsonl", 0.97)]
)
def test_names_are_found_and_the_rest_stays(file: str, recall: float, with_places: bool) -> None:
    found, kept, words = figures(file, with_places=with_places)
    assert found >= recall
    assert kept >= (1.0 if with_places else ALONE.get(file, 1.0))
    assert words >= 0.995
