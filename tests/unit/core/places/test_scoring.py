"""Scoring: what counts as found, and shares that a person can check by hand."""

import pytest

from schemas.taxonomy import PlaceKind
from schemas.tweet import Place
from streams.core.places.scoring import Marked, PlaceMiss, score


def place(text: str, start: int, department: str | None = None) -> Place:
    return Place(text=text, start=start, end=start + len(text), kind=PlaceKind.COMMUNE, department=department)


@pytest.mark.parametrize(
    ("text", "marked", "found"),
    [
        ("à Saint-Étienne", "Saint-Étienne", place("Saint-Étienne", 2)),
        ("à Saint-Étienne", "saint etienne", place("Saint-Étienne", 2)),
        ("au Havre", "Le Havre", place("Le Havre", 0)),
        ("Paris 17e coupé", "Paris", place("Paris 17e", 0)),
        ("à L’Haÿ", "L'Haÿ", place("Haÿ", 4)),
    ],
)
def test_a_marked_place_is_found_by_overlap_or_by_the_same_words(text: str, marked: str, found: Place) -> None:
    result, misses = score([Marked(1, text, (marked,), (found,))], {})
    assert (result.precision, result.recall, result.f1, misses) == (1.0, 1.0, 1.0, [])


def test_a_word_within_another_is_no_place_found() -> None:
    result, misses = score([Marked(1, "Parisien à Lyon", ("Paris",), (place("Parisien", 0),))], {})
    assert (result.n_recalled, result.n_right) == (0, 0)
    assert [(one.kind, one.place) for one in misses] == [("missed", "Paris"), ("extra", "Parisien")]


def test_shares_count_places_and_departments_apart() -> None:
    rows = [
        Marked(3, "Lyon et Nice", ("Lyon", "Nice"), (place("Lyon", 0, "69"), place("Nice", 8, "69"))),
        Marked(5, "12 rue des Lilas, Gap", ("12 rue des Lilas", "Gap"), (place("Gap", 18, "05"),)),
        Marked(8, "rien", (), (place("rien", 0),)),
    ]
    result, misses = score(rows, {"Lyon": "69", "Nice": "06"})
    assert (result.n_texts, result.n_marked, result.n_recalled, result.n_found, result.n_right) == (3, 4, 3, 4, 3)
    assert (result.precision, result.recall, result.f1) == (0.75, 0.75, 0.75)
    assert (result.n_streets, result.recall_but_streets) == (1, 1.0)
    assert (result.n_departments, result.n_departments_right, result.department_share) == (2, 1, 0.5)
    assert PlaceMiss(line=8, kind="extra", place="rien") in misses


def test_nothing_counted_has_no_share() -> None:
    result, _ = score([Marked(1, "rien", (), ())], {})
    assert (result.precision, result.recall, result.f1, result.department_share) == (None, None, None, None)
