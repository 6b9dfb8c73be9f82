"""Invented complaints for the crisis detector: who, when, of what, from where."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any, Final

from schemas.alert import Alert
from schemas.classification import ClassifiedTweet
from schemas.taxonomy import Level, PlaceKind, Sentiment, Topic
from schemas.tweet import Place
from streams.core.crisis.detector import CrisisDetector
from streams.core.crisis.evidence import France

MONDAY: Final = datetime(2026, 3, 2, tzinfo=UTC)
REGION_OF: Final = {"75": "11", "93": "11", "67": "44", "68": "44", "33": "75", "69": "84", "13": "93", "59": "32"}
FRANCE: Final = France(
    shares={"75": 0.25, "93": 0.15, "67": 0.08, "68": 0.07, "33": 0.12, "69": 0.13, "13": 0.12, "59": 0.08},
    region_of=REGION_OF,
)
_NUMBERS: Final = count(1)


def place(department: str) -> Place:
    """Returns a place of a department."""
    return Place(
        text="ici", start=0, end=3, kind=PlaceKind.COMMUNE, department=department, region=REGION_OF[department]
    )


def tweet(at: datetime, *departments: str, **fields: Any) -> ClassifiedTweet:
    """Returns a complaint of the network by an author of its own, in words of its own."""
    number = next(_NUMBERS)
    defaults: dict[str, Any] = {
        "id": f"t{number}", "text": f"plus rien ne marche {number}", "author": f"a{number}", "scrubbed": "",
        "places": tuple(map(place, departments)), "sentiment": Sentiment.NEGATIVE, "priority": 2,
        "main_topic": Topic.NETWORK, "confidence_sentiment": 1.0, "confidence_priority": 1.0,
        "confidence_main_topic": 1.0, "level": Level.API, "model": "m", "classified_at": at,
    }  # fmt: skip
    return ClassifiedTweet(created_at=at, **{**defaults, **fields})


def chatter(start: datetime, days: float, per_day: float, rng: Random, **fields: Any) -> Iterator[ClassifiedTweet]:
    """Yields complaints at a steady pace by chance, one in seven with a place."""
    at = start
    while (at := at + timedelta(days=rng.expovariate(per_day))) < start + timedelta(days=days):
        named = rng.choices(list(FRANCE.shares), list(FRANCE.shares.values())) if rng.random() < 1 / 7 else ()
        yield tweet(at, *named, **fields)


def wave(start: datetime, n: int, minutes: float, *departments: str, **fields: Any) -> list[ClassifiedTweet]:
    """Returns `n` complaints, evenly over some minutes; a department each in turn, where any is given."""
    return [
        tweet(
            start + timedelta(minutes=minutes * k / n),
            *((departments[k % len(departments)],) if departments else ()),
            **fields,
        )
        for k in range(n)
    ]


def watch(tweets: Iterable[ClassifiedTweet], detector: CrisisDetector | None = None) -> list[Alert]:
    """Plays tweets in the order of their time, every minute covered; returns all records."""
    detector = detector or CrisisDetector(FRANCE)
    records: list[Alert] = []
    for one in sorted(tweets, key=lambda one: one.created_at):
        detector.observe(one)
        detector.cover(one.created_at)
        records += detector.advance()
    return [*records, *detector.finish()]


def latest(records: Iterable[Alert]) -> dict[str, Alert]:
    """Returns the last record of each alert."""
    return {one.id: one for one in records}
