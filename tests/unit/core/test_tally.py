"""Where each origin ended, counted once."""

import itertools
from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import headers as names
from schemas.codec import UndecodableError, encode
from schemas.headers import Header
from schemas.taxonomy import Level, Service
from schemas.topics import DEAD_LETTER, NOISE, OFFICIAL, RAW_DEAD_LETTER, service_topic
from schemas.tweet import NoiseRecord
from streams.core.tally import Ending, OriginSet, Tally

BILLING = service_topic(Service.BILLING)


@dataclass(frozen=True)
class Record:
    """A record as a reader gives it."""

    value: bytes | None
    headers: tuple[Header, ...] = ()
    topic: str = "any"
    partition: int = 1
    offset: int = 7
    timestamp: int = 0
    key: bytes | None = None


def routed(
    origin: str, *, priority: int = 1, level: Level = Level.BERT, moved_to: str | None = None, revision: int = 1
) -> Record:
    value = {
        "id": f"t{origin}", "priority": priority, "level": level, "text": "x", "moved_to": moved_to,
        "revision": revision,
    }  # fmt: skip
    return Record(msgspec.json.encode(value), ((names.ORIGIN, origin.encode()),))


def noise(origin: str, reason: str) -> Record:
    return Record(encode(NoiseRecord(id="n", origin=origin, reason=reason)), ((names.ORIGIN, origin.encode()),))


def test_the_law_holds_over_every_kind_of_end() -> None:
    tally = Tally()
    tally.add(routed("0:1", priority=2, level=Level.API), BILLING)
    tally.add(routed("0:2"), service_topic(Service.TECHNICAL))
    tally.add(noise("0:3", "retweet"), NOISE)
    tally.add(Record(b'{"id":"o"}', ((names.ORIGIN, b"1:0"),)), OFFICIAL)
    tally.add(Record(b"\xff", ((names.ORIGIN, b"line:9"), (names.ERROR_STAGE, b"ingest"))), RAW_DEAD_LETTER)
    tally.add(Record(None, ((names.ORIGIN, b"1:1"), (names.ERROR_STAGE, b"bert"))), DEAD_LETTER)
    said = tally.summary(n_ingested=7, seconds=1.23456, first_routed_seconds=None)
    assert said.noise == {"retweet": 1, "duplicate": 0, "near_duplicate": 0, "empty": 0}
    assert (said.routed["billing"], said.routed["technical"], sum(said.routed.values())) == (1, 1, 2)
    assert said.levels == {"api": 1, "gpu": 0, "bert": 1}
    assert (said.official, said.dead_letters, said.lost, said.repeated, said.seconds) == (1, 2, 1, 0, 1.235)
    assert tally.dead_letters == {"ingest": 1, "bert": 1}


def test_an_ending_says_why() -> None:
    tally = Tally()
    headers = ((names.ORIGIN, b"line:9"), (names.ERROR_STAGE, b"ingest"), (names.ERROR_MESSAGE, b"a NUL byte"))
    dead = tally.add(Record(b"\xff", headers), RAW_DEAD_LETTER)
    aside = tally.add(noise("0:3", "retweet"), NOISE)
    assert dead is not None
    assert aside is not None
    assert (dead.reason, aside.reason) == ("ingest: a NUL byte", "retweet")


def test_an_origin_met_again_is_a_repeat_wherever_it_stands() -> None:
    tally = Tally()
    first = tally.add(routed("0:1"), BILLING)
    assert first == Ending(
        origin="0:1", id="t0:1", place=BILLING, partition=1, offset=7, service="billing", level="bert"
    )
    assert tally.add(routed("0:1"), BILLING) is None
    assert tally.add(noise("0:1", "duplicate"), NOISE) is None
    said = tally.summary(n_ingested=1, seconds=0, first_routed_seconds=0)
    assert (said.repeated, said.lost, said.routed["billing"], said.noise["duplicate"]) == (2, 0, 1, 0)


def test_the_copy_that_moved_on_is_no_place() -> None:
    tally = Tally()
    assert tally.add(routed("0:1", moved_to="technical"), BILLING) is None
    assert tally.add(routed("0:1"), service_topic(Service.TECHNICAL)) is not None
    assert (tally.n_ended, tally.n_repeated) == (1, 0)


FIRST = (routed("0:1"), BILLING)
COPY = (routed("0:1", moved_to="technical", revision=2), BILLING)
BETTER = (routed("0:1", revision=2, level=Level.API), service_topic(Service.TECHNICAL))


@pytest.mark.parametrize("records", list(itertools.permutations([FIRST, COPY, BETTER])))
def test_a_repair_is_neither_a_repeat_nor_another_end(records: tuple[tuple[Record, str], ...]) -> None:
    tally = Tally()
    endings = [tally.add(*record) for record in records]
    said = tally.summary(n_ingested=1, seconds=0, first_routed_seconds=0)
    assert (said.lost, said.repeated, sum(said.routed.values()), tally.n_revised) == (0, 0, 1, 1)
    assert sum(ending is not None for ending in endings) == 1


@pytest.mark.parametrize("again", [FIRST, BETTER])
@pytest.mark.parametrize("records", list(itertools.permutations([FIRST, BETTER])))
def test_the_same_revision_twice_is_a_repeat(
    records: tuple[tuple[Record, str], ...], again: tuple[Record, str]
) -> None:
    tally = Tally()
    for record in (*records, again):
        tally.add(*record)
    assert (tally.n_ended, tally.n_repeated, tally.n_revised) == (1, 1, 1)


def test_the_dead_letter_of_a_repair_is_no_end_of_its_tweet() -> None:
    tally = Tally()
    tally.add(*FIRST)
    headers = ((names.ORIGIN, b"0:1"), (names.REPAIR, b"c"), (names.REVISION, b"2"), (names.ERROR_STAGE, b"router"))
    assert tally.add(Record(b"x", headers), DEAD_LETTER) is None
    assert (tally.n_ended, tally.n_repeated) == (1, 0)


def test_a_service_record_that_no_router_writes_is_not_counted_as_well() -> None:
    with pytest.raises(UndecodableError):
        Tally().add(Record(b"{}"), BILLING)


@given(st.lists(st.tuples(st.sampled_from(["0", "3", "line", "x", ""]), st.integers(0, 100_000)), max_size=200))
def test_the_bitmap_is_a_set(pairs: list[tuple[str, int]]) -> None:
    origins, plain = OriginSet(), set[str]()
    for group, number in pairs:
        origin = f"{group}:{number}"
        assert (origin in origins) == (origin in plain)
        assert origins.add(origin) == (origin not in plain)
        plain.add(origin)
    assert len(origins) == len(plain)


@pytest.mark.parametrize("origin", ["", "0", "0:", "0:x", "0:-1", "0:99999999999999999999", "é:1", "0:²"])
def test_headers_that_lie_are_kept_apart_and_take_no_memory(origin: str) -> None:
    origins = OriginSet()
    assert origins.add(origin)
    assert not origins.add(origin)
    assert origins.add("0:1")


def test_a_run_of_nothing_loses_nothing() -> None:
    said = Tally().summary(n_ingested=0, seconds=2, first_routed_seconds=0.12345)
    assert (said.lost, said.first_routed_seconds) == (0, 0.123)
