"""An answer that was paid for, kept beside Kafka until its record is committed: what it answers, and its form.

Where a worker dies between the two, the next owner of the partition asks the same question and finds the answer.
"""

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Final, NamedTuple

import msgspec

from schemas.classification import Confidence, Labels
from schemas.taxonomy import DataPolicy, Priority, Sentiment, Topic
from schemas.tweet import ScrubbedTweet
from streams.core.cascade import Answer
from streams.core.policy import visible
from streams.core.prompt import PROMPT_VERSION, line_of

STAMP_BYTES: Final = 16

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_FORMS: Final = (DataPolicy.PUBLIC, DataPolicy.LOCAL)
"""Between them they show both forms of a tweet."""


class Question(NamedTuple):
    """Which tweet is asked about, and a digest of all that is asked: only an answer with an equal stamp answers it."""

    tweet_id: str
    stamp: bytes


class UnreadableError(ValueError):
    """A kept answer is none: something else wrote it, or a release whose labels were others."""


class _Kept(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An answer as stored; nothing of the tweet but its stamp. `at_us` is microseconds since 1970."""

    stamp: bytes
    at_us: int
    model: str
    sentiment: Sentiment
    priority: Priority
    main_topic: Topic
    confidence_sentiment: Confidence
    confidence_priority: Confidence
    confidence_main_topic: Confidence
    unsure: bool = False


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(_Kept)


def question_of(tweet: ScrubbedTweet, revision: int) -> Question:
    """Returns what is asked about a tweet: an edit, another context, a repair and another prompt ask something else.

    The stamp is `STAMP_BYTES` of BLAKE2b over the version of the prompt, the revision and both forms of the line that a
    target is sent, so that it is known before a target is chosen. Which model is asked is no part of the question.
    """
    lines = (line_of(visible(tweet, policy)) for policy in _FORMS)
    said = "\0".join((PROMPT_VERSION, str(revision), *lines))  # no line holds a NUL
    return Question(tweet.id, blake2b(said.encode(), digest_size=STAMP_BYTES).digest())


def written(stamp: bytes, answer: Answer) -> bytes:
    """Returns an answer as stored: about 100 bytes, none of them of the tweet's text."""
    labels = answer.labels
    return _ENCODER.encode(
        _Kept(
            stamp,
            (answer.at - _EPOCH) // _MICROSECOND,
            answer.model,
            labels.sentiment,
            labels.priority,
            labels.main_topic,
            labels.confidence_sentiment,
            labels.confidence_priority,
            labels.confidence_main_topic,
            answer.unsure,
        )
    )


def read(value: bytes, stamp: bytes) -> Answer | None:
    """Returns the answer that `written` stored; None where it answers another question.

    Raises:
        UnreadableError: it is no answer.
    """
    try:
        kept = _DECODER.decode(value)
        at = _EPOCH + kept.at_us * _MICROSECOND
    except (msgspec.MsgspecError, UnicodeDecodeError, OverflowError):
        raise UnreadableError from None
    if kept.stamp != stamp:
        return None
    labels = Labels(**{name: getattr(kept, name) for name in Labels.__struct_fields__})
    return Answer(labels, kept.model, at, kept.unsure)
