"""Classified tweets of invented customers, as the detector receives them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Final

from schemas.classification import ClassifiedTweet
from schemas.taxonomy import Level, PlaceKind, Priority, Sentiment, Topic
from schemas.tweet import Place
from streams.gazetteer import gazetteer

_AT: Final = datetime(2030, 1, 1, tzinfo=UTC)


def wording(number: int) -> str:
    """Returns the words of a tweet, other ones for every number; they tell of no day and name no private account.

    Short, because the detector reads all of them, and what else they say does not count.
    """
    return f"plus rien du tout ici d{number}"


def long_wording(number: int) -> str:
    """Returns such words of 160 characters, the mean of customers' tweets."""
    return (
        "Bonjour @Free plus rien ne marche chez moi, tout redémarrer n'y change rien et personne ne décroche quand "
        f"j'appelle, merci de me dire ce que je dois faire, {spelled(number)}"
    )


def spelled(number: int) -> str:
    """Returns a word of letters for a number, another one for each."""
    return "cas" + "".join(chr(ord("a") + int(digit)) for digit in str(number))


@cache
def _regions() -> Mapping[str, str]:
    return gazetteer().departments


@cache
def _places(department: str) -> tuple[Place, ...]:
    return (
        Place(
            text="ici", start=0, end=3, kind=PlaceKind.COMMUNE, department=department, region=_regions()[department],
            confidence=0.9,
        ),
    )  # fmt: skip


def tweet(
    *,
    id: str,  # noqa: A002 - the record's own word
    at_s: float,
    author: str,
    text: str,
    topic: Topic = Topic.NETWORK,
    is_complaint: bool = True,
    in_reply_to: str | None = None,
    department: str | None = None,
) -> ClassifiedTweet:
    """Returns the record of a tweet; `at_s` in seconds since 1970."""
    priority: Priority = 1 if is_complaint else 0
    return ClassifiedTweet(
        id=id, created_at=datetime.fromtimestamp(at_s, UTC), text=text, author=author, in_reply_to=in_reply_to,
        scrubbed="", places=_places(department) if department else (),
        sentiment=Sentiment.NEGATIVE if is_complaint else Sentiment.NEUTRAL, priority=priority, main_topic=topic,
        confidence_sentiment=0.9, confidence_priority=0.9, confidence_main_topic=0.9, level=Level.API,
        model="invented", classified_at=_AT,
    )  # fmt: skip
