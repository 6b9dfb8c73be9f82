"""Accuracy and macro-F1, against worked numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.scores import Pair, accuracy, macro_f1


@pytest.mark.parametrize(
    ("pairs", "share", "f1"),
    [
        ([], 0.0, 0.0),
        ([("a", "a"), ("b", "b")], 1.0, 1.0),
        ([("a", "a"), ("a", "b"), ("b", "b")], 2 / 3, 2 / 3),
        ([("a", None), ("b", "b")], 0.5, 0.5),
        ([("a", "c"), ("b", "c")], 0.0, 0.0),
        ([("a", "a"), ("a", "c")], 0.5, 1 / 3),
    ],
)
def test_worked_numbers(pairs: list[Pair], share: float, f1: float) -> None:
    assert accuracy(pairs) == pytest.approx(share)
    assert macro_f1(pairs) == pytest.approx(f1)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["a", "b", "c", None]))))
def test_both_are_shares_and_agree_on_perfection(pairs: list[Pair]) -> None:
    assert 0 <= accuracy(pairs) <= 1
    assert 0 <= macro_f1(pairs) <= 1
    assert not pairs or (accuracy(pairs) == 1) == (macro_f1(pairs) == pytest.approx(1))
