"""The count of the chaos rig finds what it looks for."""

from dataclasses import dataclass

import msgspec
import pytest

from schemas.headers import ERROR_OFFSET, ERROR_PARTITION, ERROR_TOPIC, ORIGIN, Header
from schemas.taxonomy import Service
from schemas.topics import CLASSIFIED, DEAD_LETTER, NOISE, OFFICIAL, RAW, RAW_DEAD_LETTER, SCRUBBED, service_topic
from tests.chaos.expected import Sort
from tests.chaos.oracle import Counted, availability, count
from tests.chaos.source import Ledger, Sent

BILLING, TECHNICAL = service_topic(Service.BILLING), service_topic(Service.TECHNICAL)
WRONG = ("lost", "split", "misplaced", "unserved", "repeated", "swapped", "strange", "altered")


@dataclass(frozen=True)
class Record:
    topic: str
    offset: int
    value: bytes | None = b"{}"
    headers: tuple[Header, ...] = ()
    partition: int = 0
    key: bytes | None = b"k"


def raw(n: int) -> list[Record]:
    return [Record(f"x.{RAW}", offset, b'{"n":%d}' % offset) for offset in range(n)]


def routed(origin: str, topic: str = BILLING, *, tweet_id: str = "", level: str = "api") -> Record:
    value = msgspec.json.encode({"id": tweet_id or origin, "level": level})
    return Record(f"x.{topic}", 0, value, ((ORIGIN, origin.encode()),))


def at(topic: str, origin: str) -> Record:
    return Record(f"x.{topic}", 0, headers=((ORIGIN, origin.encode()),))


def letter(origin: str, value: bytes, *, topic: str = RAW_DEAD_LETTER, of: str = RAW, offset: int = 0) -> Record:
    named = ((ERROR_TOPIC, f"x.{of}".encode()), (ERROR_PARTITION, b"0"), (ERROR_OFFSET, str(offset).encode()))
    return Record(f"x.{topic}", 0, value, ((ORIGIN, origin.encode()), *named))


def ledger(**sorts: Sort) -> Ledger:
    """Of each record by its offset, such as `_0=Sort.CUSTOMER`; its tweet has its origin for an id."""
    origins = {f"0:{name[1:]}": sort for name, sort in sorts.items()}
    return Ledger(sent={origin: Sent(sort, origin, 100.0) for origin, sort in origins.items()})


def wrong(found: Counted) -> dict[str, list[str]]:
    return {name: list(getattr(found, name)) for name in WRONG if getattr(found, name)}


def test_each_origin_in_its_place_is_what_should_be() -> None:
    sent = ledger(_0=Sort.CUSTOMER, _1=Sort.NOISE, _2=Sort.GARBAGE, _3=Sort.OFFICIAL)
    records = [routed("0:0"), at(NOISE, "0:1"), letter("0:2", b'{"n":2}', offset=2), at(OFFICIAL, "0:3")]
    found = count([*raw(4), *records], sent, "x")
    assert wrong(found) == {}
    assert found.places == {NOISE: 1, OFFICIAL: 1, RAW_DEAD_LETTER: 1, "service": 1}
    assert found.levels == {"api": 1}


def test_what_ended_nowhere_is_lost_even_when_the_topic_has_forgotten_it() -> None:
    found = count([*raw(2), routed("0:0")], ledger(_0=Sort.CUSTOMER, _1=Sort.CUSTOMER, _9=Sort.CUSTOMER), "x")
    assert wrong(found) == {"lost": ["0:1", "0:9"]}


def test_one_origin_in_two_places() -> None:
    assert count([*raw(1), routed("0:0"), at(NOISE, "0:0")], Ledger(), "x").split == ["0:0"]


@pytest.mark.parametrize(
    ("sort", "place"), [(Sort.OFFICIAL, NOISE), (Sort.NOISE, OFFICIAL), (Sort.CUSTOMER, DEAD_LETTER)]
)
def test_a_record_where_its_sort_may_not_be(sort: Sort, place: str) -> None:
    assert count([*raw(1), at(place, "0:0")], ledger(_0=sort), "x").misplaced == ["0:0"]


def test_a_customer_whose_every_record_was_taken_for_a_duplicate() -> None:
    sent = Ledger(sent={origin: Sent(Sort.CUSTOMER, "7", 0.0) for origin in ("0:0", "0:1")})
    assert wrong(count([*raw(2), at(NOISE, "0:0"), at(NOISE, "0:1")], sent, "x")) == {"unserved": ["7"]}
    assert wrong(count([*raw(2), at(NOISE, "0:0"), routed("0:1", tweet_id="7")], sent, "x")) == {}


def test_the_same_tweet_twice_at_the_services_under_whatever_revision() -> None:
    same = (routed("0:0", tweet_id="7"), routed("0:1", TECHNICAL, tweet_id="7"))
    assert count([*raw(2), *same], Ledger(), "x").repeated == ["7"]


def test_labels_that_went_to_another_tweet() -> None:
    sent = ledger(_0=Sort.CUSTOMER, _1=Sort.CUSTOMER)
    found = count([*raw(2), routed("0:0", tweet_id="0:1"), routed("0:1", tweet_id="0:0")], sent, "x")
    assert wrong(found) == {"swapped": ["0:0", "0:1"]}


def test_a_terminal_record_without_an_origin_hides_no_loss() -> None:
    bare = Record(f"x.{BILLING}", 0, b'{"id":"1","level":"api"}')
    found = count([*raw(1), bare, at(NOISE, "odd:1")], Ledger(), "x")
    assert (found.lost, found.strange) == (["0:0"], [f"{BILLING}:0:0", "odd:1"])


def test_a_dead_letter_that_is_not_the_record_that_it_names() -> None:
    scrubbed = Record(f"x.{SCRUBBED}", 5, b"as it was")
    right = letter("0:0", b"as it was", topic=DEAD_LETTER, of=SCRUBBED, offset=5)
    assert count([*raw(1), scrubbed, right], Ledger(), "x").altered == []
    altered = letter("0:0", b"as it is", topic=DEAD_LETTER, of=SCRUBBED, offset=5)
    assert count([*raw(1), scrubbed, altered], Ledger(), "x").altered == ["0:0"]
    assert count([*raw(1), at(DEAD_LETTER, "0:0")], Ledger(), "x").altered == ["0:0"]


def test_noise_that_was_written_twice_is_counted_and_no_fault() -> None:
    found = count([*raw(1), at(NOISE, "0:0"), at(NOISE, "0:0")], ledger(_0=Sort.NOISE), "x")
    assert (found.n_extra, wrong(found)) == (1, {})


def test_distinct_tweets_that_level_1_answered() -> None:
    twice = [routed("0:0", CLASSIFIED, tweet_id="7") for _ in range(2)]
    other = routed("0:0", CLASSIFIED, level="gpu", tweet_id="8")
    assert count([*raw(1), *twice, other], Ledger(), "x").answered_by_api == {"7"}


def test_availability_counts_customers_by_id_from_the_acknowledgement() -> None:
    sent = ledger(_0=Sort.CUSTOMER, _1=Sort.CUSTOMER, _2=Sort.NOISE, _3=Sort.GARBAGE, _4=Sort.CUSTOMER)
    sent.sent["0:5"] = Sent(Sort.CUSTOMER, "0:0", 100.0)  # the same tweet again, noise
    records = [routed("0:0"), routed("0:1"), at(NOISE, "0:2"), at(NOISE, "0:5"), at(RAW_DEAD_LETTER, "0:3")]
    found = count([*raw(6), *records], sent, "x")
    seen_at = {"0:0": 101.0, "0:1": 161.0, "0:2": 100.5, "0:3": 100.5, "0:5": 100.5}
    assert availability(sent, found, seen_at).share == pytest.approx(1 / 3)  # 0:1 came late, 0:4 never
    assert availability(Ledger(), found, seen_at).share == 0.0
