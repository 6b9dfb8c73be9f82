"""What looks like a wave and is none: pile-ons in one conversation, brigades with a common mark.

A brigade's authors speak to one private account, answer one tweet, or paste one text. Many authors who complain of one
thing within minutes in words of their own are no benign event: that is what a wave is (incidents.py, `campaign`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from schemas.classification import ClassifiedTweet
from schemas.taxonomy import Topic
from tests.bench.crisis.records import tweet, wording
from tests.bench.crisis.traffic import DAYS_PER_YEAR

Mark = Literal["conversation", "account", "reply", "copy"]

_PILE_ONS_PER_YEAR: Final = 52
_BRIGADES_PER_YEAR: Final = 12
_PILE_ON_MINUTES: Final = 60
_PILE_ON_TWEETS: Final = (30, 80)
_BRIGADE_MINUTES: Final = 30
_BRIGADE_TWEETS: Final = (20, 60)
_BRIGADE_MARKS: Final[tuple[Mark, ...]] = ("account", "copy", "reply", "copy")
_THEMES: Final = (Topic.NETWORK, Topic.CUSTOMER_SERVICE, Topic.SUBSCRIPTION, Topic.BILLING)
_TOPICS: Final = tuple(Topic)
NESTED_SHARE: Final = 0.3
"""Of a conversation's tweets: those that answer another customer in it."""


@dataclass(frozen=True, slots=True)
class Event:
    """A pile-on or a brigade; `start` in minutes since 1970."""

    start: int
    n_minutes: int
    n_tweets: int
    mark: Mark
    topic: Topic

    @property
    def name(self) -> str:
        """What a report calls it."""
        return "pile-on" if self.mark == "conversation" else f"brigade ({self.mark})"


def events(first: int, n_days: int, rng: np.random.Generator) -> list[Event]:
    """Returns the events of a stream, at uniformly random minutes, every mark of a brigade equally often."""
    years = n_days / DAYS_PER_YEAR
    n_pile_ons, n_brigades = rng.poisson((_PILE_ONS_PER_YEAR * years, _BRIGADES_PER_YEAR * years)).tolist()
    marks = [_BRIGADE_MARKS[number % len(_BRIGADE_MARKS)] for number in range(n_brigades)]
    return [
        *(_event(first, n_days, _PILE_ON_MINUTES, _PILE_ON_TWEETS, "conversation", rng) for _ in range(n_pile_ons)),
        *(_event(first, n_days, _BRIGADE_MINUTES, _BRIGADE_TWEETS, mark, rng) for mark in marks),
    ]


def mixed(topic: Topic, number: int) -> Topic:
    """Returns what the `number`-th tweet of a conversation is about: every third is about something else."""
    return _TOPICS[number // 3 % len(_TOPICS)] if number % 3 == 0 else topic


def _event(
    first: int, n_days: int, n_minutes: int, sizes: tuple[int, int], mark: Mark, rng: np.random.Generator
) -> Event:
    start = first + int(rng.integers(n_days * 1440 - n_minutes))
    n_tweets = int(rng.integers(sizes[0], sizes[1] + 1))
    return Event(start, n_minutes, n_tweets, mark, _THEMES[int(rng.integers(len(_THEMES)))])


def tweets_of(event: Event, number: int, rng: np.random.Generator) -> Iterator[ClassifiedTweet]:
    """Yields an event's tweets in the order of time, each of another author.

    Args:
        event: the event.
        number: tells it from all others of its stream.
        rng: draws times and answers.
    """
    name = f"e{number}"
    times = np.sort(rng.uniform(event.start * 60, (event.start + event.n_minutes) * 60, event.n_tweets))
    for k, at_s in enumerate(times.tolist()):
        text, reply, topic = wording(10_000_000 + 1_000 * number + k), None, event.topic
        match event.mark:
            case "account":
                text = f"@client_{name} {text}"
            case "copy":
                text = f"@Free @ami_{name}_{k} nous voulons tous savoir pourquoi rien ne bouge, affaire {name}"
            case "conversation" | "reply":
                is_nested = k > 0 and rng.random() < NESTED_SHARE
                reply = f"{name}-{rng.integers(k)}" if is_nested else f"{name}-root"
                topic = mixed(topic, k) if event.mark == "conversation" else topic
        yield tweet(
            id=f"{name}-{k}", at_s=at_s, author=f"{name}-{k}", text=text, topic=topic, in_reply_to=reply
        )  # fmt: skip
