"""Counts against what is expected: learnt, missing, forgotten, saved."""

from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.crisis.baseline import Ints, generic_week
from streams.core.crisis.calendar import minute_of
from streams.core.crisis.national import National
from streams.core.crisis.tuning import Baseline, Burst
from tests.unit.core.crisis.crowd import MONDAY

START: Final = minute_of(MONDAY)
DAY: Final = 1440


def national(n_series: int = 1) -> National:
    return National(n_series, Baseline(), Burst())


def play(one: National, start: int, counts: Ints) -> None:
    """Steps minute after minute; `counts` has shape (n_minutes, n_series)."""
    for k, row in enumerate(counts):
        one.step(start + k, row)


def as_usual(n_minutes: int, per_minute: float, *, seed: int = 1) -> Ints:
    """Returns counts that follow the generic week from a Monday on, an hour behind Greenwich."""
    hours = (np.arange(n_minutes) // 60 + 1) % 168
    return np.random.default_rng(seed).poisson(per_minute * generic_week()[hours])[:, None]


def steady(n_minutes: int, per_minute: float, *, seed: int = 1, n_series: int = 1) -> Ints:
    return np.random.default_rng(seed).poisson(per_minute, (n_minutes, n_series))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 180)), min_size=1, max_size=12))
def test_idle_is_step_without_a_complaint(turns: list[tuple[int, int]]) -> None:
    stepped, idled = national(2), national(2)
    minute = START
    for n, n_idle in turns:
        for one in (stepped, idled):
            one.step(minute, np.array([n, n // 2]))
        end = minute + 1 + n_idle
        for k in range(minute + 1, end):
            stepped.step(k, np.zeros(2, dtype=np.int64))
        k = minute + 1
        while k < end:
            n_minutes = min(end, (k // 60 + 1) * 60) - k
            idled.idle(k, n_minutes)
            k += n_minutes
        minute = end
        assert (stepped.minute, stepped.n_covered) == (idled.minute, idled.n_covered)
        np.testing.assert_allclose(stepped.e_values, idled.e_values, rtol=1e-9)
        for n_minutes in (5, 30, 60):
            np.testing.assert_array_equal(stepped.count(n_minutes), idled.count(n_minutes))
            np.testing.assert_allclose(stepped.expected(n_minutes), idled.expected(n_minutes), rtol=1e-9)


def test_a_stream_is_expected_as_it_is() -> None:
    one = national()
    play(one, START, as_usual(3 * DAY, 2.0))
    assert one.usual.level[0] == pytest.approx(2.0, rel=0.05)
    assert one.expected(180)[0] == pytest.approx(one.count(180)[0], rel=0.15)


def test_the_hours_of_the_week_are_learnt() -> None:
    one = national()
    busy_at_night = np.where(np.arange(9 * DAY) // 60 % 24 < 6, 4.0, 1.0)
    play(one, START, np.random.default_rng(2).poisson(busy_at_night)[:, None])
    at_midnight = one.expected(60)[0]
    play(one, START + 9 * DAY, steady(3 * 60, 4.0))
    generic = generic_week()
    assert one.expected(60)[0] / at_midnight > 2 * generic[3] / generic[0]


def test_a_missing_minute_is_not_zero() -> None:
    seen, gapped = national(), national()
    play(seen, START, steady(2 * DAY, 1.0))
    play(gapped, START, steady(2 * DAY, 1.0))
    one_more = np.ones((1, 1), dtype=np.int64)
    play(seen, START + 2 * DAY, one_more)
    play(gapped, START + 2 * DAY + 6 * 60, one_more)
    assert gapped.usual.level == pytest.approx(seen.usual.level)
    assert gapped.n_covered == seen.n_covered
    assert gapped.count(60)[0] == 1
    assert gapped.expected(60)[0] < 10


def test_what_is_normal_gives_no_evidence_and_a_wave_does() -> None:
    one = national()
    counts = as_usual(4 * DAY, 1.0, seed=3)
    most = 0.0
    for k, row in enumerate(counts):
        one.step(START + k, row)
        if not one.is_cold:
            most = max(most, float(one.e_values[0]))
    assert most < Burst().e_value / 100
    play(one, START + 4 * DAY, steady(10, 12.0))
    assert one.e_values[0] > Burst().e_value


def test_an_outbreak_is_not_learnt_while_it_is_frozen_but_a_new_level_is_in_the_end() -> None:
    one = national()
    play(one, START, steady(3 * DAY, 1.0))
    before = float(one.usual.level[0])
    one.frozen[:] = True
    play(one, START + 3 * DAY, steady(6 * 60, 30.0))
    assert one.usual.level[0] == pytest.approx(before, rel=0.02)
    play(one, START + 3 * DAY + 6 * 60, steady(2 * DAY, 30.0))
    assert one.usual.level[0] > 2 * before


def test_the_evidence_never_overflows() -> None:
    one = national()
    play(one, START, np.full((60, 1), 100_000))
    assert np.isfinite(one.e_values).all()


def test_it_goes_on_from_what_it_dumped() -> None:
    first, second = national(3), national(3)
    play(first, START, steady(DAY + 777, 0.5, n_series=3))
    second.load(first.dump())
    more = steady(333, 0.7, seed=9, n_series=3)
    for one in (first, second):
        play(one, START + DAY + 777, more)
    assert first.dump() == second.dump()


def test_the_generic_week_has_its_floor_and_peak() -> None:
    week = generic_week().reshape(7, 24)
    assert week.mean() == pytest.approx(1.0)
    assert {int(hour) for hour in week.argmin(axis=1)} <= {3, 4, 5}
    assert {int(hour) for hour in week.argmax(axis=1)} <= {17, 18, 19, 20, 21}
    assert week[5:].mean() / week[1].mean() == pytest.approx(0.5, abs=0.1)
