"""The labels of a tweet and the record that the services receive."""

from datetime import datetime
from typing import Annotated

import msgspec

from schemas.instant import Instant
from schemas.taxonomy import Level, Priority, Sentiment, Topic
from schemas.tweet import ScrubbedTweet

Confidence = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Labels(msgspec.Struct, frozen=True, kw_only=True):
    """What a classifier says of one tweet; each confidence is in [0, 1]."""

    sentiment: Sentiment
    priority: Priority
    main_topic: Topic
    confidence_sentiment: Confidence
    confidence_priority: Confidence
    confidence_main_topic: Confidence


def least_confidence(labels: Labels) -> float:
    """Returns the lowest of the three confidences: a tweet is as well understood as its weakest label."""
    return min(labels.confidence_sentiment, labels.confidence_priority, labels.confidence_main_topic)


class ClassifiedTweet(ScrubbedTweet, frozen=True, kw_only=True, omit_defaults=True):
    """A classified tweet; the value of `tweets.classified` and of every service topic.

    `revision` counts the classifications of one tweet (a repair raises it). `moved_to` names the service that owns the
    tweet now, on the copy left in the old service's topic. `degraded` says that a lower level than the API answered,
    `unsure` that it was not confident of a label either: a repair can begin with those.
    """

    sentiment: Sentiment
    priority: Priority
    main_topic: Topic
    confidence_sentiment: Confidence
    confidence_priority: Confidence
    confidence_main_topic: Confidence
    level: Level
    model: str
    classified_at: Instant
    degraded: bool = False
    unsure: bool = False
    revision: int = 1
    moved_to: str | None = None


def classified(
    tweet: ScrubbedTweet,
    labels: Labels,
    *,
    level: Level,
    model: str,
    now: datetime,
    revision: int = 1,
    unsure: bool = False,
) -> ClassifiedTweet:
    """Joins a tweet with its labels.

    Args:
        tweet: the tweet as the classifier received it.
        labels: the answer of the model.
        level: the tier that answered; anything but `api` marks the record as degraded.
        model: the model's id, e.g. "bert-v1".
        now: aware instant of the classification.
        revision: 1 for the first classification of this tweet.
        unsure: whether the model was less confident than its level asks for.
    """
    fields = {name: getattr(tweet, name) for name in ScrubbedTweet.__struct_fields__}
    fields |= {name: getattr(labels, name) for name in Labels.__struct_fields__}
    return ClassifiedTweet(
        **fields, level=level, model=model, classified_at=now, degraded=level is not Level.API, unsure=unsure,
        revision=revision,
    )  # fmt: skip
