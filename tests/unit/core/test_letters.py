"""Which dead letters a filter takes, from headers and values that may say anything."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import headers as names
from schemas.taxonomy import Level, Service, Stage
from schemas.topics import DEAD_LETTER
from streams.core.letters import WHERE_NAMES, Content, Wanted, described, is_waiting
from streams.core.where import Where
from streams.core.where_parser import parse
from tests.unit.core.letter_records import NOW_MS, Record, buried

CLASSIFIED = b'{"id":"15","author":"xavier","main_topic":"network","text":"allo"}'


def where(text: str) -> Where:
    return parse(text, WHERE_NAMES)


def test_headers_tell_levels_stack_and_time() -> None:
    letter, _ = buried(levels=[Level.API, Level.GPU])
    assert letter.levels == ("api", "gpu")
    assert letter.stack_hash is not None
    assert len(letter.stack_hash) == 16
    assert letter.timestamp_ms == NOW_MS
    assert letter.key == f"{DEAD_LETTER}:2:7"


@pytest.mark.parametrize(
    ("wanted", "takes"),
    [
        (Wanted(), True),
        (Wanted(stage=Stage.CLASSIFIER, error="valueerror"), True),
        (Wanted(stage=Stage.BERT), False),
        (Wanted(error="KeyError"), False),
        (Wanted(level=Level.GPU), True),
        (Wanted(level=Level.BERT), False),
        (Wanted(origin="1:5"), True),
        (Wanted(origin="1:6"), False),
        (Wanted(since_ms=NOW_MS, until_ms=NOW_MS), True),
        (Wanted(since_ms=NOW_MS + 1), False),
        (Wanted(until_ms=NOW_MS - 1), False),
        (Wanted(min_attempts=2, max_attempts=2), True),
        (Wanted(min_attempts=3), False),
        (Wanted(max_attempts=1), False),
        (Wanted(min_replays=1, max_replays=1), True),
        (Wanted(min_replays=2), False),
        (Wanted(max_replays=0), False),
        (Wanted(service=Service.TECHNICAL), True),
        (Wanted(service=Service.BILLING), False),
        (Wanted(tweet_id="15"), True),
        (Wanted(tweet_id="k"), False),
        (Wanted(where=where('value.author startswith "x" and attempts == 2')), True),
        (Wanted(where=where('service == "technical" and tweet_id == "15" and "gpu" in levels')), True),
        (Wanted(where=where("value.likes != 1")), False),
        (Wanted(where=where("attempts == 2"), stage=Stage.BERT), False),
    ],
)  # fmt: skip
def test_filters(wanted: Wanted, takes: bool) -> None:
    headers = [(names.REPLAYS, b"1")]
    letter, record = buried(CLASSIFIED, headers=headers, attempts=2, levels=[Level.API, Level.GPU])
    assert wanted.matches(letter, record) is takes
    assert wanted.takes_all is (wanted == Wanted())


@pytest.mark.parametrize("value", [None, b"", b"{not json \xff", b"[1]", b"3", b'{"id":[1],"main_topic":["x"]}'])
def test_a_value_that_tells_nothing_matches_no_filter_that_asks_it(value: bytes | None) -> None:
    letter, record = buried(value, key=b"15")
    assert Wanted(tweet_id="15").matches(letter, record)  # the key of what the classifier reads
    assert not Wanted(service=Service.OTHER).matches(letter, record)
    assert not Wanted(where=where("value.author == None")).matches(letter, record)
    assert Wanted(where=where("not value.author")).matches(letter, record)


def test_the_key_is_the_id_only_where_the_stage_reads_by_tweet() -> None:
    letter, record = buried(b"{", stage=Stage.SCRUBBER, key=b"15")
    assert not Wanted(tweet_id="15").matches(letter, record)


def test_a_value_that_is_no_json_or_nested_too_deeply_is_none() -> None:
    for value in (b"{not json", b"[" * 100_000, b'"\xff"'):
        letter, record = buried(value)
        assert Content(letter, record).value is None
        assert Wanted(where=where("value == None")).matches(letter, record)


def test_a_repair_s_service_is_the_one_that_it_came_from() -> None:
    letter, record = buried(b"{", headers=[(names.REPAIRED_FROM, b"billing")])
    assert Wanted(service=Service.BILLING).matches(letter, record)


def test_the_value_is_read_only_when_it_is_asked_for() -> None:
    class Unread(Record):
        value: Any = property(lambda self: pytest.fail("the value was read"))

    letter, record = buried(b"{}")
    unread = Unread(*record)
    assert Wanted(stage=Stage.CLASSIFIER, where=where("attempts == 1")).matches(letter, unread)
    assert not Wanted(stage=Stage.BERT, tweet_id="15").matches(letter, unread)


_BYTES = st.binary(max_size=12)


@given(
    st.lists(st.tuples(st.sampled_from([
        names.ORIGIN, names.ERROR_STAGE, names.ERROR_EXCEPTION, names.ERROR_MESSAGE, names.ERROR_ATTEMPTS,
        names.REPLAYS, names.LEVELS_TRIED, names.FIRST_FAILED_AT, names.REPAIRED_FROM, names.STACK_HASH, "x",
    ]), _BYTES), max_size=12), st.none() | _BYTES, st.none() | _BYTES,
)  # fmt: skip
def test_whatever_headers_say_a_filter_answers(headers: list[Any], key: bytes | None, value: bytes | None) -> None:
    record = Record(DEAD_LETTER, 0, 1, 1, key, value, tuple(headers))
    letter = described(record, DEAD_LETTER)
    wanted = Wanted(
        service=Service.BILLING,
        where=where('stage == "x" or first_failed_at > "2" or value.a in levels or attempts > 1'),
    )
    assert wanted.matches(letter, record) in (True, False)
    assert letter.attempts >= 0
    assert letter.replays >= 0


def test_every_filter_that_is_set_is_in_the_arguments() -> None:
    wanted = Wanted(
        stage=Stage.BERT, error="E", service=Service.BILLING, level=Level.API, since_ms=1, until_ms=2, tweet_id="15",
        origin="1:5", min_attempts=1, max_attempts=2, min_replays=0, max_replays=3,
        where=where('value.author == "xavier" and error == "E"'),
    )  # fmt: skip
    said = wanted.arguments()
    assert set(said) == set(Wanted.__dataclass_fields__)
    assert said["where"] == 'value.author == ? and error == "E"'
    assert Wanted().arguments() == {}


def test_what_a_replay_had_to_leave_still_waits() -> None:
    assert [is_waiting(verdict) for verdict in (None, "skipped", "replayed", "parked", "discarded")] == [
        True, True, False, False, False,
    ]  # fmt: skip
