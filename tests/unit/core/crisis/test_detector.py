"""The detector as a whole on invented streams: what it tells, when, once, whatever order the tweets come in."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Final

import pytest
from msgspec.structs import replace

from schemas.alert import Alert
from schemas.classification import ClassifiedTweet
from schemas.taxonomy import Level, Topic
from streams.core.crisis.calendar import minute_of
from streams.core.crisis.detector import CrisisDetector
from streams.core.crisis.tuning import Tuning
from tests.unit.core.crisis.crowd import FRANCE, MONDAY, chatter, latest, place, tweet, watch, wave

DAYS: Final = 4
NOON: Final = MONDAY + timedelta(days=DAYS, hours=11)
AFTER: Final = wave(NOON + timedelta(hours=4), 2, 120)


@pytest.fixture(scope="module")
def usual() -> list[ClassifiedTweet]:
    """Sixty complaints a day, for some days."""
    return list(chatter(MONDAY, DAYS, 60, Random(3)))


def confirmed(records: Iterable[Alert]) -> list[Alert]:
    return [one for one in latest(records).values() if one.confirmed_at is not None]


def test_an_ordinary_week_is_no_crisis(usual: list[ClassifiedTweet]) -> None:
    assert confirmed(watch(usual)) == []


def test_a_wave_is_confirmed_within_minutes_and_ends(usual: list[ClassifiedTweet]) -> None:
    outage = wave(NOON, 20, 20)
    records = watch([*usual, *outage, *AFTER])
    (alert,) = confirmed(records)
    assert alert.confirmed_at is not None
    assert alert.confirmed_at - NOON <= timedelta(minutes=8)
    assert alert.first_seen_at == NOON
    assert (alert.topic, alert.scope, alert.state, alert.parent) == ("network", "unknown", "closed", None)
    assert alert.closed_at is not None
    opened = next(one for one in records if one.state == "open")
    assert opened.e_value is not None
    assert opened.e_value >= Tuning().burst.e_value
    assert opened.n_authors >= 5
    assert opened.observed > 5 * opened.expected
    assert set(opened.example_ids) <= {one.id for one in outage}
    assert opened.example_ids


def test_every_record_of_an_alert_has_the_next_number(usual: list[ClassifiedTweet]) -> None:
    records = watch([*usual, *wave(NOON, 40, 20, "67", "75", "13", "33"), *AFTER])
    for alert_id in latest(records):
        own = [one for one in records if one.id == alert_id]
        assert [one.seq for one in own] == list(range(own[0].seq, own[0].seq + len(own)))
        assert [(step.state, step.scope) for step in own[-1].history][-1] == (own[-1].state, own[-1].scope)


def test_many_places_are_the_country(usual: list[ClassifiedTweet]) -> None:
    (alert,) = confirmed(watch([*usual, *wave(NOON, 30, 20, "67", "75", "13", "33", "69", "59"), *AFTER]))
    assert (alert.scope, alert.area_kind, alert.area_code) == ("national", "country", "FR")
    assert alert.national_at is not None


def test_one_department_is_local(usual: list[ClassifiedTweet]) -> None:
    (alert,) = confirmed(watch([*usual, *wave(NOON, 6, 30, "67"), *AFTER]))
    assert (alert.scope, alert.area_kind, alert.area_code) == ("local", "department", "67")
    assert {one.department for one in alert.places} == {"67"}
    assert alert.n_located >= 3


def test_a_local_wave_inside_a_national_one_is_its_child(usual: list[ClassifiedTweet]) -> None:
    national = wave(NOON + timedelta(minutes=20), 60, 30, "75", "13", "33", "69", "59", "93")
    records = latest(watch([*usual, *wave(NOON, 12, 20, "67"), *national, *AFTER]))
    (top,) = [one for one in records.values() if one.parent is None and one.confirmed_at]
    children = [one for one in records.values() if one.parent == top.id]
    assert top.scope == "national"
    assert "67" in {one.area_code for one in children}


@pytest.mark.parametrize(
    "fields",
    [{"author": "one"}, {"in_reply_to": "root"}, {"text": "@streamer rends-nous la connexion"},
     {"text": "la fibre est coupée dans tout le quartier depuis ce matin @free"}],
)  # fmt: skip
def test_a_flood_from_one_source_is_no_wave(usual: list[ClassifiedTweet], fields: dict[str, str]) -> None:
    flood = wave(NOON, 300, 60, **fields)
    assert confirmed(watch([*usual, *flood, *AFTER])) == []


def test_a_wave_over_all_topics_is_told_as_all(usual: list[ClassifiedTweet]) -> None:
    topics = (Topic.BILLING, Topic.SUBSCRIPTION, Topic.CUSTOMER_SERVICE, Topic.OTHER)
    mixed = [tweet(NOON + timedelta(seconds=90 * k), main_topic=topics[k % 4], author=f"m{k}") for k in range(24)]
    found = confirmed(watch([*usual, *mixed, *AFTER]))
    assert [one.topic for one in found].count("all") <= 1
    assert found


def test_another_topic_than_the_network_needs_a_complaint_or_two_more(usual: list[ClassifiedTweet]) -> None:
    def is_told(topic: Topic, n: int) -> bool:
        """Tells whether so many complaints of ten minutes are confirmed, where all tweets are about one topic."""
        before = [replace(one, main_topic=topic) for one in usual]
        return bool(confirmed(watch([*before, *wave(NOON, n, 10, main_topic=topic)])))

    assert [is_told(Topic.NETWORK, n) for n in (6, 7)] == [False, True]
    assert [is_told(Topic.BILLING, n) for n in (7, 9)] == [False, True]


def test_order_within_the_watermark_changes_nothing(usual: list[ClassifiedTweet]) -> None:
    tweets = sorted([*usual, *wave(NOON, 20, 20, "67", "75"), *AFTER], key=lambda one: one.created_at)
    rng = Random(7)
    jumbled = sorted(tweets, key=lambda one: one.created_at + timedelta(seconds=rng.uniform(0, 59)))

    def played(order: list[ClassifiedTweet]) -> list[Alert]:
        detector = CrisisDetector(FRANCE)
        records: list[Alert] = []
        for one in order:
            detector.observe(one)
            detector.cover(one.created_at - timedelta(minutes=2))
            records += detector.advance()
        records += detector.finish()
        assert detector.tally.n_late == 0
        return records

    def told(records: list[Alert]) -> list[tuple[str, int, str]]:
        return [(one.id, one.seq, one.state) for one in records]

    assert told(played(jumbled)) == told(played(tweets)) != []


def test_what_comes_too_late_is_counted(usual: list[ClassifiedTweet]) -> None:
    detector = CrisisDetector(FRANCE)
    for at in (MONDAY, MONDAY + timedelta(minutes=10), MONDAY + timedelta(minutes=3)):
        detector.observe(tweet(at))
        list(detector.advance())
    assert (detector.tally.n_tweets, detector.tally.n_late) == (3, 1)


def test_the_first_tweets_may_come_from_several_partitions() -> None:
    detector = CrisisDetector(FRANCE)
    for hours in (12, 3, 20, 0):
        detector.observe(tweet(MONDAY + timedelta(hours=hours)))
        list(detector.advance(limit=minute_of(MONDAY)))
    list(detector.finish())
    assert (detector.tally.n_tweets, detector.tally.n_late) == (4, 0)


def test_a_tweet_of_long_ago_costs_no_more_than_one_of_today() -> None:
    detector, long_ago = CrisisDetector(FRANCE), MONDAY - timedelta(days=365 * 1_000)
    for at in (long_ago, MONDAY):
        detector.observe(tweet(at))
    assert list(detector.finish()) == []
    n_minutes = minute_of(MONDAY) - minute_of(long_ago)
    assert detector.tally.n_missing_minutes == n_minutes - detector.tuning.gap_minutes - 1


def played_without(gap: timedelta, *, covered: bool) -> CrisisDetector:
    detector = CrisisDetector(FRANCE)
    for at in (MONDAY, MONDAY + gap):
        detector.observe(tweet(at))
        if covered:
            detector.cover(at)
        list(detector.advance())
    list(detector.finish())
    return detector


def test_a_gap_that_no_source_covers_is_missing() -> None:
    gap = timedelta(hours=5)
    assert played_without(gap, covered=True).tally.n_missing_minutes == 0
    assert played_without(gap, covered=False).tally.n_missing_minutes == 300 - 1 - 30
    assert played_without(timedelta(minutes=30), covered=False).tally.n_missing_minutes == 0


def test_coverage_moves_time_where_no_tweet_comes(usual: list[ClassifiedTweet]) -> None:
    detector = CrisisDetector(FRANCE)
    records: list[Alert] = []
    for one in sorted([*usual, *wave(NOON, 20, 20)], key=lambda one: one.created_at):
        detector.observe(one)
        detector.cover(one.created_at)
        records += detector.advance()
    assert "closed" not in {one.state for one in records}
    detector.cover(NOON + timedelta(hours=3))
    records += detector.advance()
    assert records[-1].state == "closed"
    assert records[-1].covered_until == NOON + timedelta(hours=3)


def test_repairs_and_moved_copies_do_not_count_twice() -> None:
    detector = CrisisDetector(FRANCE)
    detector.observe(tweet(MONDAY))
    detector.observe(tweet(MONDAY, revision=2))
    detector.observe(tweet(MONDAY, moved_to="service.billing"))
    assert detector.tally.n_tweets == 1


def test_a_clock_that_is_fast_makes_no_other_tweet_late() -> None:
    detector = CrisisDetector(FRANCE)
    noon = minute_of(MONDAY)
    detector.observe(tweet(MONDAY), noon)
    detector.observe(tweet(MONDAY + timedelta(minutes=5)), noon)
    list(detector.advance())
    detector.observe(tweet(MONDAY), noon)
    assert (detector.newest, detector.tally.n_late) == (noon, 0)
    detector.observe(tweet(MONDAY + timedelta(minutes=9)), noon + 9)
    list(detector.advance())
    assert detector.tally.n_counted == 3, "the early one counts in its own minute"


def test_degraded_labels_are_told(usual: list[ClassifiedTweet]) -> None:
    degraded = wave(NOON, 20, 20, level=Level.BERT, degraded=True)
    (alert,) = confirmed(watch([*usual, *degraded, *AFTER]))
    assert alert.degraded_share > 0.9


def test_an_unsure_place_counts_nowhere(usual: list[ClassifiedTweet]) -> None:
    unsure = (replace(place("67"), confidence=0.3),)
    guessed = [tweet(NOON + timedelta(minutes=k), places=unsure) for k in range(8)]
    assert "67" not in {one.area_code for one in latest(watch([*usual, *guessed, *AFTER])).values()}


@pytest.mark.parametrize("start", [MONDAY, MONDAY + timedelta(hours=9)])
def test_a_cold_start_in_the_midst_of_much_traffic_is_no_crisis(start: datetime) -> None:
    assert confirmed(watch(chatter(start, 1.2, 2_000, Random(5)))) == []


def test_an_outage_soon_after_a_sparse_start_is_found() -> None:
    start = chatter(MONDAY, 0.75, 20, Random(2))
    outage = wave(MONDAY + timedelta(hours=18), 15, 15)
    assert confirmed(watch([*start, *outage, *wave(MONDAY + timedelta(hours=22), 2, 60)]))
