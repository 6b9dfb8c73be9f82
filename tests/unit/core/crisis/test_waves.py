"""The life of an alert, minute by minute."""

from collections.abc import Iterable

import pytest

from streams.core.crisis.scope import Finding
from streams.core.crisis.tuning import Life
from streams.core.crisis.waves import Wave, begin, goes_on

LIFE = Life()


def opened() -> Wave:
    wave = begin("network", "country", "FR", 29_000_000, 29_000_000 * 60.0)
    wave.peak = 8
    wave.enter("open", 29_000_000)
    return wave


def lived(wave: Wave, counts: Iterable[tuple[int, int]], *, expected_30: float = 1.0) -> list[tuple[int, str]]:
    """Returns the changes of state, by the number of the minute from 1 on."""
    return [
        (k, wave.state)
        for k, (n_10, n_30) in enumerate(counts, start=1)
        if wave.follow(29_000_000 + k, n_10, n_30, expected_30, LIFE)
    ]


def test_the_id_tells_topic_place_and_beginning() -> None:
    assert begin("network", "department", "67", 29_000_000, 0.0).id == "network-67-20250219T2120Z"


def test_it_escalates_at_twice_its_last_peak_and_five_more() -> None:
    wave = opened()
    assert lived(wave, [(12, 12), (15, 15), (16, 20), (30, 40), (32, 60)]) == [(3, "escalated"), (5, "escalated")]
    small = begin("network", "country", "FR", 29_000_000, 0.0)
    small.peak = 3
    small.enter("open", 29_000_000)
    assert lived(small, [(7, 9), (8, 10)]) == [(2, "escalated")]


def test_it_eases_then_closes_and_each_is_told_once() -> None:
    wave = opened()
    changes = lived(wave, [(20, 40)] + [(1, 10)] * 20 + [(0, 0)] * 40)
    assert changes == [(1, "escalated"), (16, "easing"), (51, "closed")]
    assert [state for _, state, _ in wave.history] == ["open", "escalated", "easing", "closed"]
    assert wave.seq == 4


def test_what_flickers_does_not_close() -> None:
    wave = opened()
    assert "closed" not in {state for _, state in lived(wave, ([(1, 2)] * 29 + [(3, 3)]) * 5)}


def test_quiet_is_measured_against_what_is_expected() -> None:
    busy = opened()
    assert lived(busy, [(8, 149)] * 30, expected_30=100.0)[-1] == (30, "closed")
    assert "closed" not in {state for _, state in lived(opened(), [(8, 151)] * 60, expected_30=100.0)}


def test_a_suspicion_neither_escalates_nor_eases() -> None:
    wave = begin("network", "country", "FR", 29_000_000, 0.0)
    wave.enter("suspected", 29_000_000)
    assert lived(wave, [(10, 10), (50, 60)] + [(0, 0)] * 30) == [(32, "closed")]


@pytest.mark.parametrize(("minutes", "same"), [(0, True), (60, True), (61, False)])
def test_within_the_hour_it_is_the_same_alert(minutes: int, same: bool) -> None:
    wave = opened()
    wave.enter("closed", 29_000_100)
    assert goes_on(wave, 29_000_100 + minutes, LIFE) is same


def test_a_scope_widens_and_never_narrows() -> None:
    wave = opened()
    assert wave.widen(Finding("local", "67", 3), 29_000_001)
    assert (wave.scope, wave.area_kind, wave.area_code) == ("local", "department", "67")
    assert not wave.widen(Finding("unknown", None, 1), 29_000_002)
    assert wave.widen(Finding("national", None, 9), 29_000_003)
    assert wave.national_at == 29_000_003
    assert not wave.widen(Finding("regional", "44", 9), 29_000_004)
    assert (wave.scope, wave.area_code) == ("national", "FR")


def test_reopened_it_keeps_its_first_times() -> None:
    wave = opened()
    wave.enter("closed", 29_000_100)
    wave.enter("open", 29_000_130)
    assert (wave.confirmed_at, wave.closed_at, wave.seq) == (29_000_000, None, 3)
