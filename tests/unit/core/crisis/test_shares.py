"""The daily screen: who counts in which day, and what is told of it, once."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

import pytest

from schemas.classification import ClassifiedTweet
from schemas.shares import DayShares
from schemas.taxonomy import Sentiment, Topic
from streams.core.crisis.calendar import ZONE, first_minute, minute_of
from streams.core.crisis.days import SUBJECTS, TOPICS, Day, Days, end_of
from streams.core.crisis.intake import key_of
from streams.core.crisis.shares import DayScreen
from streams.core.crisis.tuning import Screen
from tests.unit.core.crisis.crowd import tweet

TODAY: Final = date(2026, 3, 2)
NOON: Final = datetime(2026, 3, 2, 12, tzinfo=ZONE)
USUAL: Final = {Topic.NETWORK: 600, Topic.BILLING: 100, Topic.OTHER: 300}
BURNING: Final = {**USUAL, Topic.BILLING: 300}


def day(back: int, counts: Mapping[Topic, int] = USUAL) -> Day:
    """Returns a day so many before today."""
    whole = {topic: counts.get(topic, 0) for topic in TOPICS}
    return Day(TODAY - timedelta(days=back), {"tweets": whole, "complaints": dict(whole)})


def past(*backs: int) -> Days:
    """Returns a screen's days before today."""
    days = Days(Screen())
    days.past.extend(day(back) for back in sorted(backs, reverse=True))
    return days


def unusual(told: DayShares) -> set[tuple[str, str, int]]:
    return {(one.topic, one.counted, one.n_days) for one in told.topics if one.is_unusual}


def take(screen: DayScreen, one: ClassifiedTweet) -> None:
    screen.take(one, key_of(one.author), minute_of(one.created_at))


def taken(tweets: Iterable[ClassifiedTweet]) -> DayShares:
    """Returns what is told of a day of tweets, from its first minute on."""
    screen = DayScreen()
    screen.miss(first_minute(TODAY), 1)
    for one in tweets:
        take(screen, one)
    (told,) = screen.told(end_of(TODAY))
    return told


def said(**fields: Any) -> ClassifiedTweet:
    return tweet(NOON, **fields)


def test_a_topic_that_trebles_is_told_and_others_are_not() -> None:
    told = past(*range(1, 29)).end(day(0, BURNING), 0)
    assert unusual(told) == {("billing", basis, n) for basis in ("tweets", "complaints") for n in (1, 3)}
    assert len(told.topics) == len(SUBJECTS) * 2 * 2
    one = next(one for one in told.topics if one.topic == "billing" and one.n_days == 1)
    assert (one.n, one.share, one.expected_share, one.ratio) == (300, 0.25, 0.1, 2.5)
    (both,) = (one for one in told.topics if (one.topic, one.counted, one.n_days) == ("network+equipment", "tweets", 3))
    assert (both.n, both.p_value) == (1800, 1.0)


@pytest.mark.parametrize(("n_days", "is_learning"), [(0, True), (13, True), (14, False)])
def test_nothing_is_told_before_two_weeks_were_seen(n_days: int, is_learning: bool) -> None:
    told = past(*range(1, n_days + 1)).end(day(0, BURNING), 0)
    assert told.is_learning is is_learning
    assert bool(unusual(told)) is not is_learning
    assert bool(told.topics) is not is_learning


def test_what_lies_more_than_four_weeks_back_is_not_usual() -> None:
    assert past(*range(20, 48)).end(day(0), 0).is_learning
    days = past(*range(1, 31))
    days.end(day(0), 0)
    assert len(days.past) == 31


def test_days_that_were_missed_are_missing_and_not_zero() -> None:
    told = past(*range(1, 29, 2)).end(day(0, BURNING), 0)
    assert ("billing", "tweets", 1) in unusual(told)
    share = next(one for one in told.topics if one.topic == "billing" and one.n_days == 1)
    assert share.expected_share == 0.1


def test_a_day_that_was_hardly_read_is_neither_judged_nor_usual() -> None:
    days = past(*range(2, 30))
    told = days.end(day(1, BURNING), Screen().missing_minutes + 1)
    assert (told.topics, told.is_learning, told.n_missing_minutes) == ((), False, 361)
    assert [one.day for one in days.past][-1] == TODAY - timedelta(days=2)
    assert unusual(days.end(day(0, BURNING), Screen().missing_minutes))


def test_a_burn_is_not_usual_for_a_week() -> None:
    days = past(*range(9, 37))
    flags = [("billing", "tweets", 1) in unusual(days.end(day(back, BURNING), 0)) for back in range(8, 0, -1)]
    assert flags[:7] == [True] * 7
    share = next(one for one in days.end(day(0, BURNING), 0).topics if one.topic == "billing")
    assert 0.1 < share.expected_share < 0.2  # by and by it is


def test_an_author_counts_once_for_each_topic_and_a_conversation_five_times() -> None:
    loud = [said(author="a") for _ in range(30)]
    other = [said(author="a", main_topic=Topic.BILLING)]
    crowd = [said(in_reply_to="advert", main_topic=Topic.OTHER) for _ in range(30)]
    told = taken([*loud, *other, *crowd])
    assert (told.n_tweets, told.n_complaints) == (1 + 1 + 5, 1 + 1 + 5)


def test_authors_count_again_on_the_next_day() -> None:
    screen, told = DayScreen(), []
    for k in range(3):
        at = NOON + timedelta(days=k)
        take(screen, tweet(at, author="a", in_reply_to="x"))
        told += screen.told(minute_of(at) + 1)
    told += screen.told(end_of(TODAY + timedelta(days=2)))
    assert [(one.day.day, one.n_tweets) for one in told] == [(2, 1), (3, 1), (4, 1)]


def test_complaints_are_counted_apart_and_what_lasts_counts() -> None:
    told = taken(
        [
            said(text="en panne depuis trois semaines"),
            said(sentiment=Sentiment.POSITIVE, priority=0),
            said(sentiment=Sentiment.NEUTRAL, priority=1),
        ]
    )
    assert (told.n_tweets, told.n_complaints) == (3, 2)


def test_a_day_begins_and_ends_at_midnight_in_france() -> None:
    begin = datetime(2026, 3, 29, tzinfo=ZONE)  # of 23 hours
    screen, told = DayScreen(), []
    for minutes in (-1, 0, 23 * 60 - 1, 23 * 60):
        minute = minute_of(begin) + minutes
        screen.take(tweet(NOON), key_of(f"author {minutes}"), minute)
        told += screen.told(minute)
    told += screen.told(minute_of(begin) + 23 * 60 + 1)
    assert [(str(one.day), one.n_tweets) for one in told] == [("2026-03-28", 1), ("2026-03-29", 2)]
    assert told[1].ended_at.isoformat() == "2026-03-29T22:00:00+00:00"


def test_minutes_before_the_very_first_tweet_are_missing_and_quiet_ones_later_are_not() -> None:
    screen = DayScreen()
    take(screen, said())
    (first,) = screen.told(end_of(TODAY))
    later = NOON + timedelta(days=2)
    take(screen, tweet(later))
    screen.miss(minute_of(later) + 1, 1)
    (third,) = screen.told(end_of(later.date()))
    assert (first.n_missing_minutes, third.n_missing_minutes) == (720, 1)


def test_a_day_is_told_once_and_one_without_a_tweet_never() -> None:
    screen = DayScreen()
    assert screen.told(None) == []
    take(screen, said())
    assert screen.told(end_of(TODAY) - 1) == []
    assert len(screen.told(end_of(TODAY))) == 1
    for minute in range(end_of(TODAY), end_of(TODAY) + 1440):
        screen.miss(minute, 1)
    assert screen.told(end_of(TODAY) + 1440) == []


def test_the_last_day_of_a_file_is_told_at_its_end() -> None:
    screen = DayScreen()
    take(screen, said())
    (told,) = screen.finish(minute_of(NOON) + 1)
    assert told.n_missing_minutes == 1439
    assert screen.finish(minute_of(NOON) + 1) == DayScreen().finish(None) == []


def test_days_of_which_nothing_was_read_are_none_and_the_day_after_them_lacks_its_beginning() -> None:
    screen, begin = DayScreen(), first_minute(TODAY)
    screen.miss(begin, 60)
    take(screen, said())
    back = begin + 10 * 1440 + 90
    screen.miss(minute_of(NOON) + 1, back - minute_of(NOON) - 1)
    screen.take(said(), key_of("a"), back)
    (first, last) = screen.finish(back + 1)
    assert (first.day, first.n_missing_minutes) == (TODAY, 60 + 719)
    assert (last.day, last.n_missing_minutes) == (TODAY + timedelta(days=10), 90 + 1440 - 91)
