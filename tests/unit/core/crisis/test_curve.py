"""The numbers of a picture."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.crisis.calendar import instant_of, minute_of
from streams.core.crisis.curve import DAY, Curve, band, width_of
from streams.core.crisis.detector import CrisisDetector
from streams.core.crisis.playback import play
from streams.core.crisis.tails import upper_tail
from tests.unit.core.crisis.crowd import FRANCE, MONDAY, chatter, latest, tweet, watch, wave

TWEETS = sorted(
    [
        *chatter(MONDAY, 3, 40, Random(1)),
        *wave(MONDAY + timedelta(days=2, hours=9, minutes=3), 12, 9),
        tweet(MONDAY + timedelta(days=2, hours=23, minutes=40)),  # of Thursday, in France
    ],
    key=lambda one: one.created_at,
)
FIRST, END = minute_of(TWEETS[0].created_at), minute_of(TWEETS[-1].created_at) + 1


def curve_of(start: int, end: int, width: int) -> tuple[Curve, CrisisDetector]:
    curve, detector = Curve("network", start, end, width), CrisisDetector(FRANCE)
    list(play(TWEETS, detector, lambda: curve.take(detector.watch.series)))
    return curve, detector


def test_playing_by_hours_gives_the_records_of_playing_minute_by_minute() -> None:
    by_hours = list(play(TWEETS, CrisisDetector(FRANCE)))
    assert {id_: one.confirmed_at for id_, one in latest(by_hours).items() if one.confirmed_at} != {}
    detector = CrisisDetector(FRANCE)
    assert [(one.id, one.seq, one.state) for one in by_hours] == [(one.id, one.seq, one.state) for one in watch(TWEETS)]
    list(play(TWEETS, detector))
    assert detector.tally.n_late == detector.tally.n_missing_minutes == 0


@pytest.mark.parametrize("width", [10, 60, DAY])
def test_every_complaint_stands_in_the_span_in_which_it_came(width: int) -> None:
    curve, detector = curve_of(FIRST, END, width)
    points = curve.points()
    assert sum(point.n for point in points) == detector.tally.n_counted
    assert [point.start for point in points] == sorted({point.start for point in points})
    for point in points:
        begin = minute_of(point.start)
        within = [one for one in TWEETS if begin <= minute_of(one.created_at) < begin + width]
        assert point.n <= len(within)
        assert point.low <= point.expected <= point.high + 1


def test_what_is_expected_is_the_same_in_short_and_long_spans() -> None:
    short, long = (curve_of(FIRST, END, width)[0].points() for width in (10, 60))
    assert sum(one.expected for one in short) == pytest.approx(sum(one.expected for one in long))
    assert all(one.expected > 0 for one in short)


def test_only_the_asked_stretch_is_taken() -> None:
    start = minute_of(MONDAY) + 2 * DAY + 9 * 60
    points = curve_of(start, start + 25, 10)[0].points()
    assert [point.start for point in points] == [instant_of(start + k) for k in (0, 10, 20)]
    within = [one for one in TWEETS if start <= minute_of(one.created_at) < start + 25]
    assert 12 <= sum(point.n for point in points) <= len(within)


def test_a_day_is_a_french_one() -> None:
    points = curve_of(FIRST, END, DAY)[0].points()
    assert {(point.start.hour, point.start.minute) for point in points} == {(0, 0)}
    assert len(points) == 4, "of UTC there are three"


@pytest.mark.parametrize(("hours", "width"), [(24, 10), (96, 10), (97, 60), (60 * 24, 60), (61 * 24, DAY)])
def test_a_picture_of_more_days_has_longer_spans(hours: int, width: int) -> None:
    assert width_of(hours * 60) == width


@given(st.floats(0.01, 5_000), st.floats(2, 100))
@settings(max_examples=50, deadline=None)
def test_of_usual_counts_the_band_holds_its_share_and_no_narrower_one_does(expected: float, dispersion: float) -> None:
    low, high = band(expected, dispersion, 0.98)
    assert low <= high
    if high > expected:
        assert upper_tail(high + 1, expected, dispersion) <= 0.01 + 1e-9
    if high - 1 > expected:
        assert upper_tail(high, expected, dispersion) > 0.01 - 1e-9


def test_nothing_is_expected_of_nothing() -> None:
    assert band(0.0, 12) == (0, 0)
    assert band(0.5, 12) == (0, 3)
    assert band(1e5, 100)[0] < 1e5 < band(1e5, 100)[1]
