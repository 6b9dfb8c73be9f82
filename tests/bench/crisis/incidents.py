"""What is injected into a stream: outages in the whole country and in a department, floods, campaigns."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from schemas.classification import ClassifiedTweet
from schemas.taxonomy import Topic
from tests.bench.crisis.benign import NESTED_SHARE, mixed
from tests.bench.crisis.geography import Geography, draw_department
from tests.bench.crisis.records import tweet, wording
from tests.bench.crisis.stream import Stream
from tests.bench.crisis.traffic import Floats

RAMP_MINUTES: Final = 3
OUTAGE_MINUTES: Final = 60
LOCAL_MINUTES: Final = 20
_CAMPAIGN_MINUTES: Final = 30
_CAMPAIGN_TWEETS: Final = (20, 60)
_FLOOD_MINUTES: Final = 30
_FLOOD_TWEETS: Final = (60, 200)
_FIRST: Final = 20_000_000
"""Number of the wording of an incident's first tweet."""


@dataclass(slots=True)
class Incident:
    """Tweets by minute since 1970; `department` of a local one; `located_at_s` of those that name a place."""

    start: int
    tweets: defaultdict[int, list[ClassifiedTweet]] = field(default_factory=lambda: defaultdict(list))
    department: str | None = None
    located_at_s: list[float] = field(default_factory=list)
    n_tweets: int = 0

    def add(self, one: ClassifiedTweet) -> None:
        """Takes a tweet in."""
        at_s = one.created_at.timestamp()
        self.tweets[int(at_s) // 60].append(one)
        self.n_tweets += 1
        if one.places:
            self.located_at_s.append(at_s)


def ramp(n_minutes: int) -> Floats:
    """Returns the mean height of each minute of an outage that rises in a straight line for three minutes."""
    return np.minimum((np.arange(n_minutes) + 0.5) / RAMP_MINUTES, 1.0)


def outage(
    stream: Stream, start: int, factor: float, rng: np.random.Generator, *, n_minutes: int = OUTAGE_MINUTES
) -> Incident:
    """Returns an outage that multiplies the expected network complaints of its minutes by a factor.

    Args:
        stream: into which it falls.
        start: minute since 1970.
        factor: on top of the ramp.
        rng: draws all of it.
        n_minutes: how much of it is made; it lasts an hour.
    """
    incident, geography = Incident(start), Geography(stream.seed)
    rates = np.array([stream.network_rate(start + k) for k in range(n_minutes)])
    counts = rng.poisson(rates * (factor - 1) * ramp(n_minutes)).tolist()
    departments = geography.draw(start, sum(counts), rng)
    for k, n in enumerate(counts):
        for second in np.sort(rng.random(n)).tolist():
            _add(incident, (start + k + second) * 60, departments.pop())
    return incident


def local_outage(start: int, n_tweets: int, located_share: float, rng: np.random.Generator) -> Incident:
    """Returns `n_tweets` more within 20 minutes, of which a share names the one department."""
    incident = Incident(start, department=draw_department(rng))
    for at_s in np.sort(rng.uniform(start * 60, (start + LOCAL_MINUTES) * 60, n_tweets)).tolist():
        _add(incident, at_s, incident.department if rng.random() < located_share else None)
    return incident


def additional(start: int, n_tweets: int, n_minutes: int, rng: np.random.Generator) -> Incident:
    """Returns `n_tweets` more within some minutes, which name places of the whole country as usual."""
    incident = Incident(start)
    departments = Geography(0).draw(start, n_tweets, rng)
    for at_s in np.sort(rng.uniform(start * 60, (start + n_minutes) * 60, n_tweets)).tolist():
        _add(incident, at_s, departments.pop())
    return incident


def campaign(start: int, rng: np.random.Generator) -> Incident:
    """Returns a brigade whose authors all use words of their own: without a common mark it is a wave like any other."""
    n_tweets = int(rng.integers(_CAMPAIGN_TWEETS[0], _CAMPAIGN_TWEETS[1] + 1))
    incident = Incident(start)
    for at_s in np.sort(rng.uniform(start * 60, (start + _CAMPAIGN_MINUTES) * 60, n_tweets)).tolist():
        _add(incident, at_s, None)
    return incident


def author_flood(start: int, rng: np.random.Generator) -> Incident:
    """Returns 60 to 200 tweets of one author within half an hour, most of one topic, each in words of its own."""
    incident = Incident(start)
    for k, at_s in enumerate(_flood_times(start, rng)):
        incident.add(
            tweet(id=f"x{k}", at_s=at_s, author="flood", text=wording(_FIRST + k), topic=mixed(Topic.NETWORK, k))
        )
    return incident


def conversation_flood(start: int, rng: np.random.Generator) -> Incident:
    """Returns as many answers to one tweet, or to such answers, each of another author."""
    incident = Incident(start)
    for k, at_s in enumerate(_flood_times(start, rng)):
        to = f"x{rng.integers(k)}" if k and rng.random() < NESTED_SHARE else "root"
        topic = mixed(Topic.NETWORK, k)
        incident.add(
            tweet(id=f"x{k}", at_s=at_s, author=f"x{k}", text=wording(_FIRST + k), topic=topic, in_reply_to=to)
        )  # fmt: skip
    return incident


def _flood_times(start: int, rng: np.random.Generator) -> list[float]:
    n_tweets = int(rng.integers(_FLOOD_TWEETS[0], _FLOOD_TWEETS[1] + 1))
    return sorted(rng.uniform(start * 60, (start + _FLOOD_MINUTES) * 60, n_tweets).tolist())


def _add(incident: Incident, at_s: float, department: str | None) -> None:
    number = incident.n_tweets
    incident.add(
        tweet(id=f"x{number}", at_s=at_s, author=f"x{number}", text=wording(_FIRST + number), department=department)
    )  # fmt: skip
