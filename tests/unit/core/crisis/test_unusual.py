"""Shares of a day against those of the days before, by tables of counts."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.crisis.tuning import Screen
from streams.core.crisis.unusual import Count, judge, usual_of

SCREEN: Final = Screen()
STEADY: Final = [Count(100, 1000)] * 28
RESTLESS: Final = [Count(40, 1000), Count(160, 1000)] * 14
LIVELY: Final = [Count(80, 1000), Count(120, 1000)] * 14
SPARSE: Final = [Count(1, 10)] * 28


@pytest.mark.parametrize(
    ("window", "days", "is_unusual"),
    [
        ([Count(210, 1000)], STEADY, True),
        ([Count(110, 1000)], STEADY, False),
        ([Count(50, 1000)], STEADY, False),  # less is no burn
        ([Count(210, 1000)], RESTLESS, False),  # such a topic varies by itself
        ([Count(450, 1000)], RESTLESS, True),
        ([Count(160, 1000)], LIVELY, False),  # one day of it,
        ([Count(160, 1000)] * 3, LIVELY, True),  # and three
        ([Count(200, 1000), Count(200, 1000), Count(95, 1000)], LIVELY, False),  # it is over
        ([Count(2, 10)] * 3, SPARSE, False),
        ([Count(10, 12)], SPARSE, True),
        ([Count(4, 4)], SPARSE, False),  # too few to be told of
        ([Count(700, 1000)], [Count(600, 1000)] * 28, False),  # surer than chance, but hardly more
        ([Count(5, 1000)], [Count(0, 1000)] * 28, True),
    ],
)
def test_what_is_unusual(window: Sequence[Count], days: Sequence[Count], is_unusual: bool) -> None:
    assert judge(window, days, SCREEN).is_unusual is is_unusual


def test_the_share_is_that_of_the_days_before() -> None:
    found = judge([Count(210, 1000), Count(90, 500)], STEADY, SCREEN)
    assert (found.n, found.share) == (300, 0.2)
    assert found.expected_share == pytest.approx(0.1)


def test_a_day_with_few_tweets_tells_little() -> None:
    usual = usual_of([*STEADY, *[Count(1, 1)] * 3], SCREEN)
    assert usual.share == pytest.approx(0.1, abs=0.01)
    assert usual_of([Count(100, 1000)], SCREEN).doubt > 20 * usual_of(STEADY, SCREEN).doubt


def test_days_that_differ_are_told_from_days_that_do_not() -> None:
    steady, restless = usual_of(STEADY, SCREEN), usual_of(RESTLESS, SCREEN)
    assert restless.share == pytest.approx(steady.share, abs=0.01)
    spread = (0.06 / 0.1) ** 2 * 0.1 / 0.9  # correlation with which a share of 0.1 has a deviation of 0.06
    assert restless.correlation == pytest.approx(spread, rel=0.2)
    assert steady.correlation < spread / 10


def test_neighbours_that_resemble_each_other_are_weaker_evidence_together() -> None:
    alone, alike = (judge([Count(150, 1000)] * 3, STEADY, replace(SCREEN, persistence=one)) for one in (0.0, 0.9))
    assert alone.p_value < alike.p_value / 5


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 60)), min_size=15, max_size=31),
    st.integers(0, 59),
    st.integers(1, 60),
)
def test_any_counts_have_an_answer(days: list[tuple[int, int]], n: int, n_all: int) -> None:
    past = [Count(min(one), one[1]) for one in days]
    n = min(n, n_all - 1)
    found, more = (judge([Count(count, n_all)], past, SCREEN) for count in (n, n + 1))
    assert 0 < found.expected_share < 1
    assert 0 < more.p_value <= found.p_value <= 1
