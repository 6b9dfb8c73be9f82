"""The count of the chaos rig finds what it looks for."""

from dataclasses import dataclass

import msgspec
import pytest

from schemas.headers import ORIGIN, Header
from schemas.taxonomy import Service
from schemas.topics import CLASSIFIED, NOISE, RAW, RAW_DEAD_LETTER, service_topic
from tests.chaos.oracle import Counted, availability, count
from tests.chaos.source import Ledger

BILLING, TECHNICAL = service_topic(Service.BILLING), service_topic(Service.TECHNICAL)


@dataclass(frozen=True)
class Record:
    topic: str
    offset: int
    value: bytes | None = b"{}"
    headers: tuple[Header, ...] = ()
    partition: int = 0


def raw(n: int) -> list[Record]:
    return [Record(f"x.{RAW}", offset, b'{"n":%d}' % offset) for offset in range(n)]


def routed(origin: str, topic: str = BILLING, *, offset: int = 0, tweet_id: str = "", level: str = "api") -> Record:
    value = msgspec.json.encode({"id": tweet_id or origin, "level": level})
    return Record(f"x.{topic}", offset, value, ((ORIGIN, origin.encode()),))


def at(topic: str, origin: str, value: bytes | None = b"{}") -> Record:
    return Record(f"x.{topic}", 0, value, ((ORIGIN, origin.encode()),))


def counted(*records: Record, acked: tuple[str, ...] = ()) -> Counted:
    return count(records, Ledger(acked_at=dict.fromkeys(acked, 0.0)), "x")


def test_each_origin_in_one_place_is_what_should_be() -> None:
    found = counted(*raw(3), routed("0:0"), at(NOISE, "0:1"), at(RAW_DEAD_LETTER, "0:2", b'{"n":2}'))
    assert (found.lost, found.split, found.repeated, found.altered) == ([], [], [], [])
    assert found.places == {NOISE: 1, RAW_DEAD_LETTER: 1, "service": 1}
    assert found.levels == {"api": 1}


def test_what_ended_nowhere_is_lost_even_when_the_topic_has_forgotten_it() -> None:
    assert counted(*raw(2), routed("0:0"), acked=("0:0", "0:9")).lost == ["0:1", "0:9"]


def test_one_origin_in_two_places() -> None:
    assert counted(*raw(1), routed("0:0"), at(NOISE, "0:0")).split == ["0:0"]


def test_the_same_tweet_and_revision_twice_at_the_services() -> None:
    same = (routed("0:0", tweet_id="7"), routed("0:1", TECHNICAL, tweet_id="7"))
    assert counted(*raw(2), *same).repeated == ["7/1"]


def test_a_dead_letter_that_is_not_its_record() -> None:
    assert counted(*raw(1), at(RAW_DEAD_LETTER, "0:0", b'{"n":1}')).altered == ["0:0"]


def test_noise_that_was_written_twice_is_counted_and_no_fault() -> None:
    found = counted(*raw(1), at(NOISE, "0:0"), at(NOISE, "0:0"))
    assert (found.n_elsewhere, found.split, found.repeated) == (1, [], [])


def test_distinct_tweets_that_level_1_answered() -> None:
    twice = [routed("0:0", CLASSIFIED, offset=n, tweet_id="7") for n in range(2)]
    assert counted(*raw(1), *twice, routed("0:0", CLASSIFIED, level="gpu", tweet_id="8")).n_answered_by_api == 1


def test_availability_counts_sound_tweets_from_their_acknowledgement() -> None:
    origins = [f"0:{n}" for n in range(5)]
    found = counted(
        *raw(5), routed("0:0"), routed("0:1"), at(NOISE, "0:2"), at(RAW_DEAD_LETTER, "0:3"), acked=tuple(origins)
    )
    ledger = Ledger(acked_at=dict.fromkeys(origins, 100.0), sound={*origins} - {"0:3"})
    available = availability(found, ledger, {"0:0": 101.0, "0:1": 161.0, "0:2": 100.5, "0:3": 100.5})
    assert available.share == pytest.approx(1 / 3)  # 0:1 came late, 0:4 is lost; noise and garbage are not asked for
