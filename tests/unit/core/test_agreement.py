"""Figures of labels against right ones, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.agreement import (
    Agreement,
    agreement,
    calibration_error,
    coverage,
    one_or_not,
    reliability,
)

#        right given  confidence
ANSWERS = [
    ("a", "a", 0.9),
    ("a", "a", 0.8),
    ("a", "b", 0.6),
    ("b", "b", 0.7),
    ("b", "a", 0.5),
    ("c", "c", 0.4),
]  # fmt: skip
LABELS = ("a", "b", "c", "d")


def figures(answers: list[tuple[str, str, float]], seed: int = 7) -> Agreement:
    truth, said, confidence = zip(*answers, strict=True)
    return agreement(truth, said, confidence, LABELS, seed=seed)


def test_accuracy_confusion_and_macro_f1() -> None:
    one = figures(ANSWERS)
    assert one.n == 6
    assert one.accuracy == pytest.approx(4 / 6)
    assert one.confusion == ((2, 1, 0, 0), (1, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 0))
    # F1: a 2*2/(3+3), b 2*1/(2+2), c 1; d is neither right nor given and does not count
    assert one.macro_f1 == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)


def test_a_label_that_is_given_and_never_right_counts() -> None:
    assert figures([("a", "a", 1.0), ("a", "d", 1.0)]).macro_f1 == pytest.approx((2 / 3 + 0) / 2)


def test_the_interval_is_that_of_the_bootstrap_and_its_seed() -> None:
    one = figures(ANSWERS * 10)
    assert one.macro_f1_low < one.macro_f1 < one.macro_f1_high
    assert figures(ANSWERS * 10) == one
    assert figures(ANSWERS * 10, seed=8).macro_f1_low != one.macro_f1_low
    perfect = figures([("a", "a", 1.0), ("b", "b", 1.0)] * 20)
    assert (perfect.macro_f1_low, perfect.macro_f1_high) == (1.0, 1.0)


def test_calibration_by_bins_of_equal_count() -> None:
    is_right = np.array([True, True, False, True, False, True])
    confidence = np.array([0.9, 0.8, 0.6, 0.7, 0.5, 0.4])
    bins = reliability(is_right, confidence, n_bins=3)
    assert [one.n for one in bins] == [2, 2, 2]
    assert [one.confidence for one in bins] == pytest.approx([0.45, 0.65, 0.85])
    assert [one.accuracy for one in bins] == [0.5, 0.5, 1.0]
    assert calibration_error(bins) == pytest.approx((0.05 + 0.15 + 0.15) / 3)


def test_the_surest_answers() -> None:
    is_right = np.array([True, True, False, True])
    confidence = np.array([0.9, 0.6, 0.7, 0.8])
    rows = coverage(is_right, confidence, (1.0, 0.75, 0.5, 0.01))
    assert [(one.coverage, one.n, one.confidence) for one in rows] == [
        (1.0, 4, 0.6), (0.75, 3, 0.7), (0.5, 2, 0.8), (0.01, 1, 0.9),
    ]  # fmt: skip
    assert [one.accuracy for one in rows] == pytest.approx([3 / 4, 2 / 3, 1.0, 1.0])


def test_one_label_or_not() -> None:
    one = one_or_not(["n", "p", "u", "n", "p"], ["n", "u", "n", "n", "p"], "n")
    assert one.accuracy == pytest.approx(4 / 5)
    assert one.f1_of_others == pytest.approx(2 * 2 / (3 + 2))
    assert one_or_not(["n"], ["n"], "n").f1_of_others == 0.0


@pytest.mark.parametrize(
    ("truth", "said", "confidence"), [([], [], []), (["a"], ["a", "b"], [1.0]), (["a"], ["x"], [1.0])]
)
def test_what_cannot_be_compared_is_refused(truth: list[str], said: list[str], confidence: list[float]) -> None:
    with pytest.raises(ValueError):
        agreement(truth, said, confidence, LABELS)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abcd"), st.floats(0, 1)), min_size=1, max_size=40))
def test_figures_are_shares_and_count_every_answer(answers: list[tuple[str, str, float]]) -> None:
    truth, said, confidence = zip(*answers, strict=True)
    is_right = np.array([a == b for a, b in zip(truth, said, strict=True)])
    bins = reliability(is_right, np.array(confidence))
    assert sum(one.n for one in bins) == len(answers)
    assert 0 <= calibration_error(bins) <= 1
    rows = coverage(is_right, np.array(confidence))
    assert rows[0].accuracy == pytest.approx(is_right.mean())
    assert [one.n for one in rows] == sorted((one.n for one in rows), reverse=True)
