"""A repair's plan: the newest classification decides, each tweet is sent once, and what it was comes back unchanged."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.classification import ClassifiedTweet
from schemas.codec import decode, encode
from schemas.headers import (
    FALLBACK_REASON,
    MAX_REVISION,
    ORIGIN,
    REPAIR,
    REPAIRED_FROM,
    REVISION,
    TRACEPARENT,
    Header,
    revision_of,
    value_of,
)
from schemas.taxonomy import Level, PlaceKind, Sentiment, Service, Topic
from schemas.topics import SCRUBBED
from schemas.tweet import Context, Place, ScrubbedTweet
from streams.core.repair_plan import Kind, RepairPlan, Wanted, expected_cost, repair_output
from streams.core.seen import fingerprint
from streams.errors import FatalError

AT = datetime(2026, 1, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Record:
    """A record of `tweets.classified` as a reader gives it."""

    value: bytes | None
    key: bytes | None
    headers: tuple[Header, ...] = ((ORIGIN, b"0:1"),)
    topic: str = "tweets.classified"
    partition: int = 1
    offset: int = 7
    timestamp: int = 0


def made(tweet_id: str = "1", level: Level = Level.BERT, revision: int = 1, **changes: object) -> Record:
    tweet = ClassifiedTweet(
        id=tweet_id, created_at=AT, text="facture", author="a", scrubbed="facture", sentiment=Sentiment.NEGATIVE,
        priority=1, main_topic=Topic.BILLING, confidence_sentiment=0.9, confidence_priority=0.9,
        confidence_main_topic=0.9, level=level, model="m", classified_at=AT, revision=revision,
    )  # fmt: skip
    return Record(encode(replace(tweet, **changes)), tweet_id.encode())


def plan_of(*records: Record, wanted: Wanted | None = None, on_their_way: tuple[int, ...] = ()) -> RepairPlan:
    plan = RepairPlan(wanted or Wanted(), on_their_way)
    for record in records:
        plan.note(record)
    return plan


BERT, GPU, API = made(), made(level=Level.GPU), made(level=Level.API)
REPAIRED, AGAIN = made(level=Level.API, revision=2), made(level=Level.BERT, revision=2)


@pytest.mark.parametrize(
    ("records", "sent"),
    [
        ([BERT], [BERT]),
        ([GPU], [GPU]),
        ([API], []),
        ([BERT, BERT], [BERT]),  # at least once: a repeat is not sent twice
        ([BERT, API], [BERT]),  # of equal revisions the first was routed
        ([API, BERT], []),
        ([BERT, REPAIRED], []),
        ([BERT, REPAIRED, BERT], []),
        ([BERT, AGAIN], [AGAIN]),
    ],
)
def test_the_newest_classification_decides(records: list[Record], sent: list[Record]) -> None:
    plan = plan_of(*records)
    assert plan.histogram().total == len(sent)
    assert [record for record in records if plan.pick(record) is not None] == sent


@pytest.mark.parametrize(
    ("wanted", "total"),
    [
        (Wanted(), 3),
        (Wanted(levels=frozenset({Level.GPU})), 1),
        (Wanted(priorities=frozenset({2})), 1),
        (Wanted(priorities=frozenset({0, 2})), 1),
        (Wanted(until=AT), 2),
        (Wanted(unsure=True), 1),
        (Wanted(unsure=True, levels=frozenset({Level.GPU})), 0),
        (Wanted(until=AT - timedelta(seconds=1)), 0),
    ],
)
def test_only_what_was_asked_for_is_sent(wanted: Wanted, total: int) -> None:
    late = made("3", classified_at=AT + timedelta(hours=1), unsure=True)
    plan = plan_of(made("1"), made("2", Level.GPU, priority=2), late, wanted=wanted)
    assert plan.histogram().total == total


def test_a_newer_label_outside_the_filter_still_stands_for_its_tweet() -> None:
    """What was asked for was repaired since: the old record must not be sent again."""
    plan = plan_of(
        made(priority=2), made(level=Level.BERT, revision=2, priority=0), wanted=Wanted(priorities=frozenset({2}))
    )
    assert plan.histogram().total == 0
    assert plan.pick(made(priority=2)) is None


def test_what_is_on_its_way_is_left_and_told() -> None:
    plan = plan_of(made("1"), made("2"), on_their_way=(fingerprint(b"2"),))
    assert (plan.histogram().total, plan.histogram().n_waiting) == (1, 1)
    assert plan.pick(made("2")) is None


def test_the_last_revision_is_not_raised() -> None:
    assert plan_of(made(revision=MAX_REVISION)).histogram().total == 0


def test_what_cannot_be_read_is_counted() -> None:
    plan = plan_of(Record(b"\xff", b"1"), Record(None, b"1"), Record(BERT.value, None))
    assert (plan.n_unreadable, len(plan)) == (3, 0)


def test_the_memory_is_bounded() -> None:
    plan = RepairPlan(Wanted(), max_tweets=2)
    for record in (made("1"), made("2"), made("1", revision=2)):
        plan.note(record)
    with pytest.raises(FatalError, match="later --since"):
        plan.note(made("3"))


def test_the_histogram_names_level_service_and_priority() -> None:
    gpu = made("3", Level.GPU, main_topic=Topic.NETWORK, priority=2)
    histogram = plan_of(made("1"), made("2", unsure=True), made("4"), gpu).histogram()
    assert histogram.rows() == [
        {"level": "bert", "service": "billing", "priority": 1, "n": 3, "unsure": 1},
        {"level": "gpu", "service": "technical", "priority": 2, "n": 1, "unsure": 0},
    ]
    assert (histogram.total, histogram.n_unsure) == (4, 1)


def test_the_mark_of_the_newest_label_counts() -> None:
    """A tweet of which a later answer was sure is not sent for the sake of its first."""
    plan = plan_of(made(unsure=True), made(level=Level.BERT, revision=2), wanted=Wanted(unsure=True))
    assert plan.histogram().total == 0
    assert plan.pick(made(unsure=True)) is None


def test_a_repair_does_not_carry_the_mark_on() -> None:
    record = made(unsure=True)
    kind = plan_of(record).pick(record)
    assert kind is not None
    assert b"unsure" not in (repair_output(record, kind, command_id="c").value or b"")


KIND = Kind(revision=3, level=Level.BERT, service=Service.BILLING, priority=1, asked_for=True)


def test_a_repair_is_the_scrubbed_tweet_with_its_next_revision() -> None:
    place, context = Place(text="Lyon", start=0, end=4, kind=PlaceKind.COMMUNE), Context(scrubbed="c", text="c")
    before = made(vip=True, places=(place,), context_id="9", context=context, likes=4, revision=3)
    headers = ((ORIGIN, b"0:1"), (TRACEPARENT, b"t"), (FALLBACK_REASON, b"api: all_open"), (REVISION, b"3"))
    record = Record(before.value, b"1", headers)
    output = repair_output(record, KIND, command_id="c1")
    assert (output.topic, output.key) == (SCRUBBED, b"1")
    assert sorted(output.headers) == sorted(
        [(ORIGIN, b"0:1"), (REVISION, b"4"), (REPAIR, b"c1"), (REPAIRED_FROM, b"billing"), (TRACEPARENT, b"t")]
    )
    assert output.value == encode(
        ScrubbedTweet(
            id="1",
            created_at=AT,
            text="facture",
            author="a",
            scrubbed="facture",
            vip=True,
            places=(place,),
            context_id="9",
            context=context,
            likes=4,
        )
    )


def test_what_it_costs() -> None:
    assert expected_cost(2_500, Decimal("0.012")) == Decimal("0.03")
    assert expected_cost(2_500, None) is None


STEPS = st.lists(
    st.tuples(st.integers(1, 5), st.sampled_from(list(Level)), st.integers(1, 3), st.sampled_from(list(Topic))),
    max_size=40,
)


@given(steps=STEPS)
def test_each_degraded_tweet_is_sent_once_and_none_that_was_repaired(
    steps: list[tuple[int, Level, int, Topic]],
) -> None:
    records = [made(str(i), level, revision, main_topic=topic) for i, level, revision, topic in steps]
    plan = plan_of(*records)
    total = plan.histogram().total
    picked = [(record, kind) for record in records if (kind := plan.pick(record)) is not None]
    assert len(picked) == len({record.key for record, _ in picked}) == total
    latest: dict[bytes | None, ClassifiedTweet] = {}
    for record in records:
        tweet = decode(record.value, ClassifiedTweet)
        if record.key not in latest or tweet.revision > latest[record.key].revision:
            latest[record.key] = tweet
    assert {record.key for record, _ in picked} == {key for key, one in latest.items() if one.level is not Level.API}
    for record, kind in picked:
        output = repair_output(record, kind, command_id="c")
        assert revision_of(output.headers) == latest[record.key].revision + 1
        assert value_of(output.headers, REPAIRED_FROM) == kind.service.value.encode()
