"""Names of persons on the marked tweets of tests/data: the measured figures, which may not fall."""

from typing import Final

import pytest

from streams.core.pii import persons
from streams.core.pii.marked import PLACE, Evaluation, Marked
from streams.person_names import person_names
from tests.marked_rows import marked_rows

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


def evaluated(file: str, *, with_places: bool) -> Evaluation:
    """Evaluates names alone; `with_places` tells the recogniser which words are places."""
    names, evaluation = person_names(), Evaluation()
    for row in marked_rows(file):
        places = [(span.start, span.end) for span in row.marks if span.type == PLACE] if with_places else []
        evaluation.add_finds(row, [(one.start, one.end) for one in persons.find(masked(row), names, places)])
    return evaluation


@pytest.mark.parametrize("with_places", [False, True])
@pytest.mark.parametrize(
    ("file", "recall"), [("pii.jsonl", 0.98), ("pii_persons.jsonl", 0.98), ("pii_persons_held.jsonl", 0.97)]
)
def test_names_are_found_and_the_rest_stays(file: str, recall: float, with_places: bool) -> None:
    one = evaluated(file, with_places=with_places)
    assert one.n_found["PER"] / one.n_marked["PER"] >= recall
    assert one.n_places_whole / one.n_places >= (1.0 if with_places else ALONE.get(file, 1.0))
    assert one.n_decoys_whole / one.n_decoys >= 0.995
