"""Dead letters: byte for byte, the first failure kept, the last one replaced, whatever the headers say."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import headers as names
from schemas.headers import Header, number_of, text_of, value_of
from schemas.taxonomy import WORKER_STAGES, Level, Stage
from schemas.topics import CLASSIFIED, DEAD_LETTER, INPUT_OF, NOISE, RAW_DEAD_LETTER, TOPICS
from streams.core.dead_letters import dead_letter, fitting, refused_row
from streams.core.output import FRAME_BYTES, Output
from streams.errors import RejectedError

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Record:
    """A record as a reader gives it."""

    headers: tuple[Header, ...] = ()
    value: bytes | None = b"\x00\xff"
    key: bytes | None = b"k\xfe"
    topic: str = "run.tweets.raw"
    partition: int = 3
    offset: int = 41
    timestamp: int = 1_700_000_000_000


def fail(
    record: Record, *, stage: Stage = Stage.SCRUBBER, now: datetime = NOW, **options: object
) -> tuple[Header, ...]:
    output = dead_letter(record, stage=stage, error=RejectedError("no such field"), now=now, **options)  # type: ignore[arg-type]
    assert (output.key, output.value) == (record.key, record.value)
    return output.headers


@pytest.mark.parametrize("stage", WORKER_STAGES)
def test_every_stage_has_a_place_for_what_it_cannot_handle(stage: Stage) -> None:
    output = dead_letter(Record(), stage=stage, error=ValueError("x"), now=NOW)
    assert output.topic == (RAW_DEAD_LETTER if stage is Stage.SCRUBBER else DEAD_LETTER)


def test_headers_say_where_why_and_how_often() -> None:
    headers = fail(Record((("mine", b"\xff"), ("mine", b"2"))), attempts=2, levels=(Level.API, Level.GPU))
    assert headers[:2] == (("mine", b"\xff"), ("mine", b"2"))
    said = {name: text_of(headers, name) for name, _ in headers[2:]}
    assert said == {
        names.ORIGIN: "3:41",
        names.ERROR_TOPIC: "run.tweets.raw",
        names.ERROR_PARTITION: "3",
        names.ERROR_OFFSET: "41",
        names.ERROR_TIMESTAMP_MS: "1700000000000",
        names.ERROR_ATTEMPTS: "2",
        names.ERROR_STAGE: "scrubber",
        names.ERROR_EXCEPTION: "RejectedError",
        names.ERROR_MESSAGE: "no such field",
        names.STACK_HASH: text_of(headers, names.STACK_HASH),
        names.LAST_FAILED_AT: NOW.isoformat(),
        names.LEVELS_TRIED: "api,gpu",
        **{first: text_of(headers, last) for last, first in names.FIRST_OF.items()},
    }
    assert text_of(headers, names.FIRST_FAILED_AT) == NOW.isoformat()


def test_a_second_failure_keeps_the_first_and_grows_nothing() -> None:
    first = fail(Record((("mine", b"1"),)))
    later = NOW + timedelta(hours=1)
    second = fail(Record(first, topic="run.tweets.classified", partition=0, offset=7), stage=Stage.ROUTER, now=later)
    assert len(second) == len(first)
    assert text_of(second, names.ORIGIN) == "3:41"
    assert firsts(second) == firsts(first)
    assert text_of(second, names.FIRST_OF[names.ERROR_TOPIC]) == "run.tweets.raw"
    assert text_of(second, names.ERROR_TOPIC) == "run.tweets.classified"
    assert text_of(second, names.LAST_FAILED_AT) == later.isoformat()
    assert text_of(second, names.ERROR_STAGE) == "router"
    assert text_of(second, names.ERROR_ATTEMPTS) == "2"


def firsts(headers: tuple[Header, ...]) -> list[Header]:
    return [pair for pair in headers if pair[0] in names.FIRST_OF.values()]


def test_a_letter_of_before_has_its_first_failure_from_the_one_before_this() -> None:
    first = fail(Record())
    without = tuple(pair for pair in first if pair[0] not in names.FIRST_OF.values())
    old = (*without, (names.FIRST_FAILED_AT, b"2025-12-31T00:00:00+00:00"))
    second = fail(Record(old, topic="run.tweets.classified"), stage=Stage.ROUTER)
    assert text_of(second, names.FIRST_FAILED_AT) == "2025-12-31T00:00:00+00:00"
    assert text_of(second, names.FIRST_OF[names.ERROR_TOPIC]) == "run.tweets.raw"
    assert text_of(second, names.FIRST_OF[names.ERROR_STAGE]) == "scrubber"


def test_a_first_failure_without_words_stays_without() -> None:
    wordless = dead_letter(Record(), stage=Stage.SCRUBBER, error=ValueError(), now=NOW).headers
    assert value_of(fail(Record(wordless)), names.FIRST_OF[names.ERROR_MESSAGE]) == b""


def test_a_refused_rows_first_failure_has_no_place_in_a_topic() -> None:
    headers = refused_row(b"x", line=7, source="x.csv", error=RejectedError("3 columns"), now=NOW).headers
    assert text_of(headers, names.FIRST_OF[names.ERROR_TOPIC]) == "x.csv"
    assert value_of(headers, names.FIRST_OF[names.ERROR_OFFSET]) is None


def test_what_names_a_replay_and_a_trace_stays_through_any_number_of_failures() -> None:
    came = (("traceparent", b"00-\xff"), ("mine", b"1"), (names.REPLAYS, b"2"), (names.REPLAY_ID, b"c1"))
    headers: tuple[Header, ...] = came
    for n in range(5):
        headers = fail(Record(headers, offset=n), levels=(Level.API,))
    assert headers[:4] == came
    assert len(headers) == len(dict(headers))
    assert text_of(headers, names.ERROR_ATTEMPTS) == "5"


@given(
    st.lists(
        st.tuples(st.sampled_from([names.ERROR_ATTEMPTS, names.ORIGIN, names.REPLAYS, "x"]), st.binary(max_size=30))
    )
)
def test_no_header_can_stop_a_dead_letter(pairs: list[Header]) -> None:
    headers = fail(Record(tuple(pairs)))
    assert number_of(headers, names.ERROR_ATTEMPTS) >= 1
    assert value_of(headers, names.ERROR_STAGE) == b"scrubber"


@pytest.mark.parametrize("text", ["many", "1.0", "-1", "", "²", "9" * 5000, "٣"])
def test_a_count_that_is_none_is_zero(text: str) -> None:
    assert number_of((("n", text.encode()),), "n") == 0


def test_long_messages_are_cut_and_equal_failures_hash_alike() -> None:
    def hashed(text: str) -> tuple[str | None, int]:
        try:
            raise RejectedError(text)
        except RejectedError as error:
            headers = dead_letter(Record(), stage=Stage.ROUTER, error=error, now=NOW).headers
        return text_of(headers, names.STACK_HASH), len(value_of(headers, names.ERROR_MESSAGE) or b"")

    (one, short), (two, cut) = hashed("x"), hashed("é" * 5000)
    assert one == two
    assert short == 1
    assert cut == 900


def test_a_refused_row_keeps_its_bytes_and_names_its_line() -> None:
    output = refused_row(b"a;b\xff", line=7, source="x.csv", error=RejectedError("3 columns"), now=NOW)
    assert (output.topic, output.key, output.value) == (RAW_DEAD_LETTER, None, b"a;b\xff")
    assert text_of(output.headers, names.ORIGIN) == "line:7"
    assert text_of(output.headers, names.LINE) == "7"
    assert text_of(output.headers, names.ERROR_STAGE) == "ingest"


@pytest.mark.parametrize("topic", [NOISE, CLASSIFIED])
def test_what_its_topic_would_refuse_becomes_the_dead_letter_of_its_record(topic: str) -> None:
    most = TOPICS[topic].max_message_bytes
    small = Output(topic, b"k", b"x" * (most - FRAME_BYTES - 1))
    assert fitting(small, Record(), stage=Stage.ROUTER, now=NOW) is small
    for large in (
        Output(topic, b"kk", b"x" * (most - FRAME_BYTES - 1)),
        Output(topic, b"k", b"", (("h", b"x" * most),)),
        Output(topic, b"k", None, (("h" * most, b""),)),
    ):
        dead = fitting(large, Record(), stage=Stage.ROUTER, now=NOW)
        assert (dead.topic, dead.key, dead.value) == (DEAD_LETTER, b"k\xfe", b"\x00\xff")
        assert "fit" in (text_of(dead.headers, names.ERROR_MESSAGE) or "")


def test_dead_letters_hold_whatever_a_stage_can_read() -> None:
    for stage in WORKER_STAGES:
        read = TOPICS[INPUT_OF[stage]]
        assert read.dead_letters is not None
        assert TOPICS[read.dead_letters].max_message_bytes >= 2 * read.max_message_bytes
