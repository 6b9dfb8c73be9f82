"""A kept answer answers its own question alone, comes back as it was, and holds nothing of the tweet."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.classification import Labels
from schemas.taxonomy import Sentiment, Topic
from schemas.tweet import Context, ScrubbedTweet
from streams.core import kept as module
from streams.core.cascade import Answer
from streams.core.kept import STAMP_BYTES, Question, UnreadableError, question_of, read, written

AT = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
TWEET = ScrubbedTweet(
    id="17", created_at=AT, author="a", text="appelez le 06 11", scrubbed="appelez le [PHONE_1]",
    context=Context(scrubbed="bonjour", text="bonjour"),
)  # fmt: skip
LABELS = Labels(
    sentiment=Sentiment.NEGATIVE, priority=2, main_topic=Topic.CUSTOMER_SERVICE, confidence_sentiment=0.95,
    confidence_priority=0.85, confidence_main_topic=0.75,
)  # fmt: skip
ANSWER = Answer(LABELS, "mistral-small-2603", AT)
STAMP = b"s" * STAMP_BYTES
CONFIDENCES = [name for name in Labels.__struct_fields__ if name.startswith("confidence")]


def test_the_same_record_asks_the_same_question() -> None:
    assert question_of(TWEET, 1) == question_of(replace(TWEET, likes=3, vip=True), 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "18"},
        {"text": "appelez le 06 12"},
        {"scrubbed": "appelez"},
        {"context": None},
        {"context": Context(scrubbed="bonsoir", text="bonjour")},
        {"context": Context(scrubbed="bonjour", text="bonsoir")},
    ],
)
def test_another_text_or_context_asks_another(changes: dict[str, Any]) -> None:
    assert question_of(replace(TWEET, **changes), 1) != question_of(TWEET, 1)


def test_a_repair_and_another_prompt_ask_another(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = question_of(TWEET, 1)
    assert question_of(TWEET, 2).stamp != asked.stamp
    monkeypatch.setattr(module, "PROMPT_VERSION", "other")
    assert question_of(TWEET, 1).stamp != asked.stamp


def test_no_part_of_a_text_passes_for_another() -> None:
    """What stands before the text and what stands behind it are told apart, whatever stands in it."""
    one, other = replace(TWEET, scrubbed="a\0b", context=None), replace(TWEET, scrubbed="a", context=None)
    assert question_of(one, 1).stamp != question_of(other, 1).stamp
    assert isinstance(question_of(replace(TWEET, text="\ud800"), 1), Question)


@given(
    st.builds(
        Answer,
        st.builds(Labels, **dict.fromkeys(CONFIDENCES, st.floats(0, 1))),
        st.text(max_size=40),
        st.datetimes(timezones=st.just(UTC)),
        st.booleans(),
    )
)
def test_an_answer_comes_back_as_it_was(answer: Answer) -> None:
    assert read(written(STAMP, answer), STAMP) == answer


def test_an_answer_to_another_question_is_none() -> None:
    assert read(written(b"o" * STAMP_BYTES, ANSWER), STAMP) is None


def test_an_answer_is_small_and_holds_no_text() -> None:
    value = written(question_of(TWEET, 1).stamp, ANSWER)
    assert len(value) < 110
    for word in (b"06 11", b"appelez", b"PHONE", b"bonjour"):
        assert word not in value


def _changed(**changes: object) -> bytes:
    kept = module._DECODER.decode(written(STAMP, ANSWER))
    return module._ENCODER.encode([changes.get(name, getattr(kept, name)) for name in kept.__struct_fields__])


@pytest.mark.parametrize(
    "value",
    [
        b"", b"\xff\xfe nonsense", b"\x90", written(STAMP, ANSWER)[:-5], _changed(sentiment="sad"),
        _changed(priority=3), _changed(confidence_priority=1.5), _changed(at_us=10**18), _changed(model=b"\xff"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_said_to_be_none(value: bytes) -> None:
    with pytest.raises(UnreadableError):
        read(value, STAMP)
