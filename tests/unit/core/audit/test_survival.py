"""Quantiles and Kaplan-Meier, against worked numbers and what must hold of any waits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.audit.survival import Step, Wait, at_times, kaplan_meier, median_of, quantile

WAITS = st.lists(st.builds(Wait, st.integers(0, 50).map(float), st.booleans(), st.integers(1, 4)), max_size=40)


def test_quantile_is_interpolated() -> None:
    assert quantile([1, 2, 3, 4], 0.5) == 2.5
    assert quantile([1, 2, 3, 4], 0.9) == pytest.approx(3.7)
    assert quantile([7], 0.9) == 7
    assert quantile([], 0.5) is None


def test_who_still_waits_counts_until_his_age() -> None:
    steps = kaplan_meier([Wait(1, True), Wait(3, True), Wait(2, False)])
    assert [step.seconds for step in steps] == [1, 3]
    assert [step.share for step in steps] == pytest.approx([2 / 3, 0])


def test_textbook_numbers() -> None:
    """The 6-MP group of Freireich (1963): 21 patients of whom 9 relapsed, median 23 weeks."""
    ended = {6: 3, 7: 1, 10: 1, 13: 1, 16: 1, 22: 1, 23: 1}
    left = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    waits = [*(Wait(at, True, n) for at, n in ended.items()), *(Wait(at, False) for at in left)]
    steps = kaplan_meier(waits)
    expected = [(6, 0.857), (7, 0.807), (10, 0.753), (13, 0.690), (16, 0.627), (22, 0.538), (23, 0.448)]
    assert [(step.seconds, round(step.share, 3)) for step in steps] == expected
    assert median_of(steps) == 23


def test_half_that_wait_for_ever_have_no_median() -> None:
    assert median_of(kaplan_meier([Wait(1, True), Wait(5, False), Wait(5, False)])) is None
    assert median_of(kaplan_meier([])) is None


@given(WAITS)
def test_the_curve_falls_and_a_weight_is_so_many_tweets(waits: list[Wait]) -> None:
    steps = kaplan_meier(waits)
    shares = [1.0, *(step.share for step in steps)]
    assert shares == sorted(shares, reverse=True)
    assert all(0 <= share <= 1 for share in shares)
    alone = [Wait(wait.seconds, wait.ended) for wait in waits for _ in range(wait.n)]
    assert kaplan_meier(alone) == steps


@given(st.lists(st.integers(0, 50).map(float), min_size=1, max_size=40))
def test_where_all_were_answered_it_is_their_share(seconds: list[float]) -> None:
    for step in kaplan_meier(Wait(one, True) for one in seconds):
        assert step.share == pytest.approx(sum(one > step.seconds for one in seconds) / len(seconds), abs=1e-9)


def test_shares_at_times() -> None:
    steps = [Step(2, 0.5), Step(4, 0.25)]
    assert at_times(steps, [0, 2, 3, 9]) == [Step(0, 1.0), Step(2, 0.5), Step(3, 0.5), Step(9, 0.25)]
