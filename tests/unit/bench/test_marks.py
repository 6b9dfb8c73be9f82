"""Marked tweets of the personal-data benchmark: recall by letters covered, places by letters left."""

from streams.core.pii.marked import parsed
from tests.bench.pii.marks import recall


def test_a_mark_counts_when_every_letter_is_covered_and_a_place_when_none_is() -> None:
    row = parsed("<PER>M. Roy</PER> à <LOC>Apt</LOC> et <PER>Lou</PER>")
    assert recall([row], [[(0, 2), (3, 6)]]) == {"LOC": 1.0, "PER": 0.5}
    assert recall([row], [[(3, 6), (9, 10)]]) == {"LOC": 0.0, "PER": 0.0}
