"""Routing decisions and the bounded memory behind them."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.classification import ClassifiedTweet
from schemas.codec import decode, encode
from schemas.headers import ORIGIN
from schemas.taxonomy import Level, Origin, Sentiment, Service, Topic
from schemas.topics import NOISE, SERVICE_TOPICS, TOPICS
from schemas.tweet import NoiseRecord
from streams.core.output import Output
from streams.core.routing import DUPLICATE, REPEAT, Decision, Moved, Routed, check_size, decide, outputs_of, route
from streams.core.seen import Mark, SeenIds, fingerprint
from streams.errors import RejectedError

A, B, C = Origin("0:1"), Origin("0:2"), Origin("line:3")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def made(tweet_id: str = "1", topic: Topic = Topic.BILLING, revision: int = 1) -> ClassifiedTweet:
    return ClassifiedTweet(
        id=tweet_id, created_at=NOW, text="facture en double", author="a1", scrubbed="facture en double",
        sentiment=Sentiment.NEGATIVE, priority=1, main_topic=topic, confidence_sentiment=0.9, confidence_priority=0.9,
        confidence_main_topic=0.9, level=Level.API, model="m", classified_at=NOW, revision=revision,
    )  # fmt: skip


def mark(revision: int, origin: Origin, service: Service) -> Mark:
    return Mark(revision, fingerprint(origin.encode()), service)


@pytest.mark.parametrize(
    ("topic", "service"),
    [
        (Topic.NETWORK, Service.TECHNICAL), (Topic.EQUIPMENT, Service.TECHNICAL), (Topic.BILLING, Service.BILLING),
        (Topic.SUBSCRIPTION, Service.SUBSCRIPTION), (Topic.CUSTOMER_SERVICE, Service.CUSTOMER_CARE),
        (Topic.OTHER, Service.OTHER),
    ],
)  # fmt: skip
def test_a_new_tweet_goes_to_the_service_of_its_topic(topic: Topic, service: Service) -> None:
    assert route(made(topic=topic), A, None) == Routed(service)


@pytest.mark.parametrize(
    ("revision", "topic", "origin", "seen", "expected"),
    [
        (1, Topic.BILLING, A, mark(1, A, Service.BILLING), REPEAT),
        (1, Topic.NETWORK, A, mark(1, A, Service.BILLING), REPEAT),  # the first answer stands
        (1, Topic.BILLING, B, mark(1, A, Service.BILLING), DUPLICATE),
        (1, Topic.BILLING, A, mark(2, A, Service.BILLING), REPEAT),
        (1, Topic.BILLING, B, mark(2, A, Service.BILLING), DUPLICATE),
        (2, Topic.BILLING, A, mark(1, A, Service.BILLING), Routed(Service.BILLING)),
        (2, Topic.NETWORK, A, mark(1, A, Service.BILLING), Moved(Service.TECHNICAL, Service.BILLING)),
        (3, Topic.OTHER, B, mark(1, A, Service.BILLING), Moved(Service.OTHER, Service.BILLING)),
    ],
)
def test_what_was_routed_before_decides(
    revision: int, topic: Topic, origin: Origin, seen: Mark, expected: Decision
) -> None:
    assert route(made(topic=topic, revision=revision), origin, seen) == expected


@pytest.mark.parametrize(
    ("revision", "topic", "seen", "before", "expected"),
    [
        (2, Topic.NETWORK, None, Service.BILLING, Moved(Service.TECHNICAL, Service.BILLING)),
        (2, Topic.BILLING, None, Service.BILLING, Routed(Service.BILLING)),
        (2, Topic.BILLING, None, None, Routed(Service.BILLING)),
        (1, Topic.NETWORK, None, Service.BILLING, Routed(Service.TECHNICAL)),  # no first classification moves
        (2, Topic.NETWORK, mark(1, A, Service.OTHER), Service.BILLING, Moved(Service.TECHNICAL, Service.OTHER)),
        (2, Topic.NETWORK, mark(2, A, Service.TECHNICAL), Service.BILLING, REPEAT),
    ],
)
def test_a_repair_tells_where_a_tweet_was_that_nobody_remembers(
    revision: int, topic: Topic, seen: Mark | None, before: Service | None, expected: Decision
) -> None:
    assert route(made(topic=topic, revision=revision), A, seen, before) == expected


def feed(seen: SeenIds, *steps: tuple[ClassifiedTweet, Origin]) -> list[Decision]:
    decisions = [decide(tweet, origin, seen) for tweet, origin in steps]
    seen.commit()
    return decisions


def test_a_repeat_inside_one_block_is_seen() -> None:
    assert feed(SeenIds(10), (made(), A), (made(), A)) == [Routed(Service.BILLING), REPEAT]


def test_a_duplicate_becomes_noise_once() -> None:
    assert feed(SeenIds(10), (made(), A), (made(), B), (made(), B), (made(), C)) == [
        Routed(Service.BILLING), DUPLICATE, REPEAT, DUPLICATE,
    ]  # fmt: skip


def test_the_origin_of_an_older_revision_stays_known() -> None:
    assert feed(SeenIds(10), (made(), A), (made(revision=2), B), (made(), A)) == [
        Routed(Service.BILLING), Routed(Service.BILLING), REPEAT,
    ]  # fmt: skip


def test_an_aborted_block_leaves_no_trace() -> None:
    seen = SeenIds(10)
    decide(made(), A, seen)
    seen.rollback()
    assert decide(made(), A, seen) == Routed(Service.BILLING)


def written(decision: Decision, tweet: ClassifiedTweet) -> Sequence[Output]:
    return outputs_of(tweet, A, decision, value=b"as it came", headers=((ORIGIN, b"0:1"), ("traceparent", b"x")))


def test_a_routed_record_keeps_its_bytes_and_headers() -> None:
    headers = ((ORIGIN, b"0:1"), ("traceparent", b"x"))
    assert written(Routed(Service.CUSTOMER_CARE), made()) == [
        Output("service.customer-care", b"1", b"as it came", headers)
    ]


def test_a_move_leaves_a_copy_that_names_the_new_owner() -> None:
    tweet = made(topic=Topic.NETWORK, revision=2)
    new, old = written(Moved(Service.TECHNICAL, Service.BILLING), tweet)
    assert (new.topic, new.value) == ("service.technical", b"as it came")
    assert (old.topic, old.key) == ("service.billing", new.key)
    assert decode(old.value, ClassifiedTweet) == replace(tweet, moved_to="technical")


def test_a_duplicate_is_written_without_text() -> None:
    (noise,) = written(DUPLICATE, made())
    assert noise.topic == NOISE
    assert decode(noise.value, NoiseRecord) == NoiseRecord(id="1", origin="0:1", reason="duplicate")
    assert written(REPEAT, made()) == []
    assert b"facture" in encode(made())
    assert b"facture" not in (noise.value or b"")


@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from([A, B, C]), st.sampled_from(list(Topic)), st.integers(1, 3)))
)
def test_each_tweet_and_revision_has_one_owner_and_each_origin_an_end(
    steps: list[tuple[int, Origin, Topic, int]],
) -> None:
    """Whatever comes, in any order: no (id, revision) is routed twice, and every (id, origin) ends somewhere."""
    seen = SeenIds(1_000)
    places: list[tuple[int, int]] = []
    ended: set[tuple[int, Origin]] = set()
    for number, origin, topic, revision in steps:
        decision = decide(made(str(number), topic, revision), origin, seen)
        seen.commit()
        if isinstance(decision, Routed | Moved):
            places.append((number, revision))
        if decision != REPEAT:
            ended.add((number, origin))
        else:
            assert (number, origin) in ended
    assert len(places) == len(set(places))


def test_what_a_service_topic_would_refuse_is_found_before_it_is_decided() -> None:
    most = TOPICS[SERVICE_TOPICS[0]].max_message_bytes
    one = made()
    check_size(one, b"x" * (most - 1_000), ())
    with pytest.raises(RejectedError, match=f"{most} fit"):
        check_size(one, b"x" * most, ())
    with pytest.raises(RejectedError):
        check_size(one, b"x", (("h", b"x" * most),))
