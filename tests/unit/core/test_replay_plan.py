"""What a replay decides from a dead letter's headers."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from schemas import headers as names
from schemas.codec import encode
from schemas.headers import Header, text_of, value_of
from schemas.taxonomy import Stage
from schemas.topics import (
    ALSO_TO,
    CLASSIFIED,
    DEAD_LETTER,
    FALLBACK_BERT,
    FALLBACK_GPU,
    INPUT_OF,
    PARKED,
    RAW,
    RAW_DEAD_LETTER,
    SCRUBBED,
    TOPICS,
)
from schemas.tweet import Tweet
from streams.core.dead_letters import dead_letter, refused_row
from streams.core.letters import described
from streams.core.output import Output
from streams.core.replay_plan import Action, Histogram, Step, disposition_of, output_of, planned, step_of
from tests.unit.core.letter_records import Record

NOW = datetime(2026, 1, 2, tzinfo=UTC)
LATER = datetime(2026, 1, 3, tzinfo=UTC)


def stored(output: Output, offset: int = 7) -> Record:
    return Record(output.topic, 2, offset, 1, output.key, output.value, output.headers)


def failed(stage: Stage = Stage.CLASSIFIER, headers: Sequence[Header] = (), value: bytes = b"{") -> Record:
    source = Record(INPUT_OF[stage], 1, 5, 1, b"k", value, tuple(headers))
    return stored(dead_letter(source, stage=stage, error=ValueError("field id"), now=NOW))


def written(step: Step, record: Record, *, replay_id: str) -> Output:
    output = output_of(step, record, replay_id=replay_id)
    assert output is not None
    return output


def test_headers_tell_the_story() -> None:
    letter = described(failed(headers=[("traceparent", b"t")]), DEAD_LETTER)
    assert letter.key == f"{DEAD_LETTER}:2:7"
    assert (letter.origin, letter.stage, letter.error, letter.message) == (
        "1:5",
        "classifier",
        "ValueError",
        "field id",
    )
    assert (letter.attempts, letter.replays, letter.first_failed_at) == (1, 0, NOW.isoformat())


@pytest.mark.parametrize("stage", [Stage.SCRUBBER, Stage.CLASSIFIER, Stage.GPU, Stage.BERT, Stage.ROUTER])
def test_a_letter_goes_back_to_the_input_of_its_stage_byte_for_byte(stage: Stage) -> None:
    record = failed(stage, [("traceparent", b"t"), ("traceparent", b"u")])
    step = planned(described(record, DEAD_LETTER), record, replay_max=3)
    assert (step.action, step.destination) == (Action.REPLAY, INPUT_OF[stage])
    output = written(step, record, replay_id="r1")
    assert (output.key, output.value) == (b"k", b"{")
    assert [pair for pair in output.headers if pair[0] == "traceparent"] == [
        ("traceparent", b"t"),
        ("traceparent", b"u"),
    ]
    assert text_of(output.headers, names.REPLAYS) == "1"
    assert text_of(output.headers, names.REPLAY_ID) == "r1"
    assert text_of(output.headers, names.ORIGIN) == "1:5"
    assert value_of(output.headers, names.FIRST_FAILED_AT) == NOW.isoformat().encode()


def test_the_first_failure_survives_a_second_one_and_replays_count_up() -> None:
    record = failed()
    for n_replays in range(1, 4):
        step = planned(described(record, DEAD_LETTER), record, replay_max=3)
        again = written(step, record, replay_id=f"r{n_replays}")
        back = Record(again.topic, 1, 50 + n_replays, 1, again.key, again.value, again.headers)
        record = stored(dead_letter(back, stage=Stage.CLASSIFIER, error=KeyError("x"), now=LATER), 8 + n_replays)
        letter = described(record, DEAD_LETTER)
        assert (letter.replays, letter.attempts, letter.origin) == (n_replays, n_replays + 1, "1:5")
        assert (letter.first_failed_at, letter.last_failed_at) == (NOW.isoformat(), LATER.isoformat())
    step = planned(described(record, DEAD_LETTER), record, replay_max=3)
    assert (step.action, step.destination) == (Action.PARK, PARKED)
    assert text_of(written(step, record, replay_id="r9").headers, names.REPLAYS) == "3"
    assert disposition_of(step, command_id="c", now=NOW).verdict == "parked"


def test_a_refused_row_is_left_unless_it_is_a_tweet() -> None:
    row = stored(refused_row(b"1,not a tweet", line=3, source="f.csv", error=ValueError("columns"), now=NOW))
    step = planned(described(row, RAW_DEAD_LETTER), row, replay_max=3)
    assert (step.action, step.destination) == (Action.LEAVE, None)
    assert "dallosh ingest" in step.why
    assert output_of(step, row, replay_id="r") is None
    left = disposition_of(step, command_id="c", now=NOW)
    assert (left.verdict, left.destination, left.reason) == ("skipped", None, step.why)
    tweet = Tweet(id="1", created_at=NOW, text="la box clignote", author="a9")
    good = stored(refused_row(encode(tweet), line=4, source="f.jsonl", error=ValueError("late"), now=NOW))
    step = planned(described(good, RAW_DEAD_LETTER), good, replay_max=3)
    output = written(step, good, replay_id="r")
    assert (output.topic, output.key) == (RAW, b"a9")
    assert text_of(output.headers, names.ORIGIN) is None  # its place in tweets.raw becomes its origin


@pytest.mark.parametrize("value", [b"{not json \xff", encode(Tweet(id="1", created_at=NOW, text="oui", author="a9"))])
def test_what_the_scrubber_refused_without_a_key_goes_back_without_one(value: bytes) -> None:
    source = Record(RAW, 1, 5, 1, None, value, ())
    record = stored(dead_letter(source, stage=Stage.SCRUBBER, error=ValueError("field id"), now=NOW))
    step = planned(described(record, RAW_DEAD_LETTER), record, replay_max=3)
    output = written(step, record, replay_id="r")
    assert (step.action, output.topic, output.key, output.value) == (Action.REPLAY, RAW, None, value)
    assert text_of(output.headers, names.ORIGIN) == "1:5"


@pytest.mark.parametrize(
    "record",
    [
        Record(DEAD_LETTER, 0, 1, 1, b"k", b"v", ()),
        Record(DEAD_LETTER, 0, 1, 1, None, None, ((names.ERROR_STAGE, b"bert"),)),
    ],
)
def test_what_cannot_be_sent_is_left(record: Record) -> None:
    assert planned(described(record, DEAD_LETTER), record, replay_max=3).action is Action.LEAVE


def test_a_letter_that_would_not_fit_is_left_and_does_not_hold_up_the_others() -> None:
    limit = TOPICS[RAW].max_message_bytes
    fits, large = failed(Stage.SCRUBBER, value=b"x" * (limit - 2_000)), failed(Stage.SCRUBBER, value=b"x" * limit)
    assert planned(described(fits, RAW_DEAD_LETTER), fits, replay_max=3).action is Action.REPLAY
    step = planned(described(large, RAW_DEAD_LETTER), large, replay_max=3)
    assert (step.action, step.why) == (Action.LEAVE, "too large for tweets.raw")


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("to", sorted({*INPUT_OF.values(), PARKED}))
def test_another_destination_is_taken_from_the_list_alone(stage: Stage, to: str) -> None:
    tweet = encode(Tweet(id="1", created_at=NOW, text="oui", author="a9"))
    record = failed(stage, value=tweet)
    step = planned(described(record, TOPICS[INPUT_OF[stage]].dead_letters or ""), record, to=to)
    if to == INPUT_OF[stage] or to in ALSO_TO.get(stage, ()):
        assert (step.action, step.destination) == (Action.REPLAY, to)
    else:
        assert (step.action, step.why) == (Action.LEAVE, f"what the {stage} gave up does not go to {to}")


@pytest.mark.parametrize(
    ("stage", "to", "goes"),
    [
        (Stage.CLASSIFIER, None, True),
        (Stage.CLASSIFIER, SCRUBBED, True),
        (Stage.CLASSIFIER, FALLBACK_BERT, False),
        (Stage.CLASSIFIER, FALLBACK_GPU, False),
        (Stage.ROUTER, CLASSIFIED, True),
    ],
)
def test_a_repair_goes_to_no_lower_level(stage: Stage, to: str | None, goes: bool) -> None:
    record = failed(stage, [(names.REVISION, b"2"), (names.REPAIR, b"c7")])
    step = planned(described(record, DEAD_LETTER), record, to=to)
    assert (step.action is Action.REPLAY) is goes


def test_each_verb_decides_as_it_is_named() -> None:
    record = failed(headers=[(names.REPLAYS, b"3")])
    letter = described(record, DEAD_LETTER)
    steps = {
        verb: step_of(verb, letter, record, replay_max=3)
        for verb in ("replay", "edit", "unpark", "park", "discard")
    }  # fmt: skip
    assert {verb: (step.action, step.destination) for verb, step in steps.items()} == {
        "replay": (Action.PARK, PARKED), "edit": (Action.REPLAY, SCRUBBED), "unpark": (Action.REPLAY, SCRUBBED),
        "park": (Action.PARK, PARKED), "discard": (Action.DISCARD, None),
    }  # fmt: skip
    assert output_of(steps["discard"], record, replay_id="r") is None
    assert disposition_of(steps["discard"], command_id="c", now=NOW).verdict == "discarded"
    assert text_of(written(steps["park"], record, replay_id="r").headers, names.REPLAYS) == "3"


def test_what_is_parked_leaves_only_by_a_human_s_verb() -> None:
    source = failed(headers=[(names.REPLAYS, b"3")])
    parking = written(
        step_of("park", described(source, DEAD_LETTER), source, replay_max=3), source, replay_id="r"
    )  # fmt: skip
    record = stored(parking)
    letter = described(record, PARKED)
    assert (letter.stage, letter.origin, letter.replays) == ("classifier", "1:5", 3)
    assert step_of("park", letter, record, replay_max=3).action is Action.LEAVE
    assert step_of("replay", letter, record, replay_max=3).action is Action.LEAVE
    back = written(step_of("unpark", letter, record, replay_max=3), record, replay_id="r2")
    assert (back.topic, back.key, back.value) == (SCRUBBED, source.key, source.value)
    assert text_of(back.headers, names.REPLAYS) == "4"


def test_the_histogram_counts_by_reason_and_destination() -> None:
    histogram = Histogram()
    for stage in (Stage.BERT, Stage.BERT, Stage.ROUTER):
        record = failed(stage)
        histogram.add(planned(described(record, DEAD_LETTER), record, replay_max=3))
    assert histogram.rows()[0] == {
        "action": "replay", "stage": "bert", "reason": "ValueError", "destination": "tweets.fallback.bert", "n": 2,
    }  # fmt: skip
    assert (histogram.total, histogram.count(Action.REPLAY), histogram.count(Action.LEAVE)) == (3, 3, 0)
