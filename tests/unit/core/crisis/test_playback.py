"""Files that lack weeks or years between two tweets."""

from collections.abc import Iterable
from datetime import timedelta
from random import Random
from typing import Final

import pytest

from schemas.alert import Alert
from schemas.classification import ClassifiedTweet
from streams.core.crisis.calendar import instant_of, minute_of
from streams.core.crisis.curve import DAY, Curve
from streams.core.crisis.detector import CrisisDetector
from streams.core.crisis.playback import play
from tests.unit.core.crisis.crowd import FRANCE, MONDAY, chatter, latest, tweet, watch, wave

YEAR: Final = timedelta(days=365)
OUTAGE: Final = timedelta(days=4, hours=10)


def weeks(first: timedelta) -> list[ClassifiedTweet]:
    """Returns a week of complaints with an outage that the week ends with some hours later."""
    start = MONDAY + first
    calm = chatter(start, 4.6, 60, Random(1))
    return sorted([*calm, *wave(start + OUTAGE, 20, 20, "67", "75", "13")], key=lambda one: one.created_at)


def confirmed(records: Iterable[Alert]) -> dict[str, tuple[str, str]]:
    return {id_: (one.state, one.scope) for id_, one in latest(records).items() if one.confirmed_at is not None}


def test_a_year_that_the_file_lacks_is_passed_at_once_and_the_outages_are_found() -> None:
    tweets, n_hours = [*weeks(timedelta(0)), *weeks(YEAR)], []
    detector = CrisisDetector(FRANCE)
    found = confirmed(play(tweets, detector, lambda: n_hours.append(1)))
    assert len(n_hours) < 24 * 14
    assert [state for state, _ in found.values()] == ["closed", "closed"]
    assert list(found) == ["network-FR-20260306T1000Z", "network-FR-20270306T1000Z"]
    assert (detector.tally.n_late, detector.tally.n_tweets) == (0, len(tweets))


def test_passing_a_gap_tells_nothing_that_playing_it_minute_by_minute_does_not() -> None:
    tweets = [*weeks(timedelta(0)), *weeks(timedelta(days=56))]
    found, by_minutes = confirmed(play(tweets, CrisisDetector(FRANCE))), confirmed(watch(tweets))
    assert {"network-FR-20260306T1000Z", "network-FR-20260501T1000Z"} <= found.keys()
    assert found.items() <= by_minutes.items()


def test_nothing_is_learnt_from_what_the_file_lacks() -> None:
    with_gap, without = CrisisDetector(FRANCE), CrisisDetector(FRANCE)
    first = weeks(timedelta(0))
    list(play([*first, tweet(MONDAY + YEAR)], with_gap))
    list(play([*first, tweet(first[-1].created_at + timedelta(days=1, hours=2))], without))
    national, usual = (one.watch.series.national.usual for one in (with_gap, without))
    assert national.level == pytest.approx(usual.level, rel=0.02)


def test_a_silence_of_some_days_is_played() -> None:
    detector = CrisisDetector(FRANCE)
    list(play([tweet(MONDAY), tweet(MONDAY + timedelta(days=7))], detector))
    assert detector.tally.n_missing_minutes == 0


def test_a_row_of_long_ago_takes_no_longer_than_a_day() -> None:
    n_hours = 0

    def count() -> None:
        nonlocal n_hours
        n_hours += 1

    list(play([tweet(MONDAY - 20 * YEAR), *weeks(timedelta(0))], CrisisDetector(FRANCE), count))
    assert n_hours < 24 * 8


@pytest.mark.parametrize("width", [10, 60, DAY])
def test_a_picture_has_every_complaint_on_both_sides_of_a_gap(width: int) -> None:
    tweets = [*weeks(timedelta(0)), *weeks(YEAR)]
    first, end = minute_of(tweets[0].created_at), minute_of(tweets[-1].created_at) + 1
    curve, detector = Curve("network", first, end, width), CrisisDetector(FRANCE)
    list(play(tweets, detector, lambda: curve.take(detector.watch.series)))
    points = curve.points()
    assert sum(one.n for one in points) == detector.tally.n_counted
    assert all(one.n >= 0 and one.expected >= 0 for one in points)
    assert len(points) < 14 * DAY // width
    assert instant_of(first) - timedelta(days=1) <= points[0].start
