"""The tweets of a live run: invented, each of another author, no two alike, with what each is meant to be."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Final

import numpy as np

from schemas.taxonomy import Sentiment
from schemas.tweet import Tweet
from streams.core.crisis.intake import FAMILY_OF
from streams.core.crisis.wording import is_chronic, said_in
from streams.core.places.find import find_places
from streams.core.sample.network import NETWORK
from streams.core.sample.scenes import Scene
from streams.core.sample.slots import SLOTS
from streams.core.sample.text import SCENES, fill
from streams.core.sample.voice import voiced
from streams.gazetteer import gazetteer
from tests.bench.crisis.geography import CODES, shares
from tests.bench.crisis.incidents import ramp
from tests.bench.crisis.traffic import BASE, Floats, Traffic
from tests.live.plan import BEGIN, HOURS, INCIDENTS, LOCATED_SHARE, NETWORK_SHARE, Incident
from tests.simulator.rule import labels_of

_FIRST_ID: Final = 1 << 60
_FIRST_AUTHOR: Final = 2_000_000_000

OUTCRY: Final = tuple(scene for scene in NETWORK if scene.sentiment is Sentiment.NEGATIVE)
"""What customers say of an incident."""

Wanted = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class _Said:
    """When something is said, for which incident, and of which department."""

    at: datetime
    incident: Incident | None
    department: str | None


def crowd(n_tweets: int, seed: int) -> Iterator[tuple[Tweet, Incident | None]]:
    """Yields exactly `n_tweets` tweets in the order of their time, with the incident that each belongs to."""
    rng, words = np.random.default_rng(seed), Sentences(Random(seed))
    for number, said in enumerate(sorted(_all_said(n_tweets, rng), key=lambda one: one.at)):
        scenes, wanted = (OUTCRY, is_outcry) if said.incident else (SCENES, _usual(rng))
        tweet = Tweet(
            id=str(_FIRST_ID + number), created_at=said.at, author=str(_FIRST_AUTHOR + number),
            text=words.make(scenes, said.department, wanted),
        )  # fmt: skip
        yield tweet, said.incident


class Sentences:
    """Makes texts out of the parts of the project's sample, of which no two are alike by the rule of what counts."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._said: set[str] = set()

    def make(self, scenes: Sequence[Scene], department: str | None, wanted: Wanted) -> str:
        """Returns a wanted text of these scenes, of which the gazetteer reads the department, or no place."""
        while True:
            at = "" if department is None else self._rng.choice(places()[department])
            text = self._draw(scenes, at)
            key = said_in(text.lower())
            if key is None or key in self._said or not wanted(text):
                continue
            if departments_of(text) == {department} - {None}:
                self._said.add(key)
                return text

    def _draw(self, scenes: Sequence[Scene], at: str) -> str:
        rng = self._rng
        scene = rng.choices(scenes, [scene.weight for scene in scenes])[0]
        phrase = rng.choice(scene.openings)
        phrase = phrase.replace("{at}", at) if "{at}" in phrase else f"{phrase} {at}"
        opening = " ".join(fill(phrase, rng).replace(" ,", ",").split())
        return voiced(opening, fill(rng.choice(scene.details), rng), fill(rng.choice(scene.endings), rng), scene, rng)


@lru_cache(maxsize=1)
def places() -> Mapping[str, tuple[str, ...]]:
    """Returns how the sample says where something is ("à Nantes"), by the department that the gazetteer reads of it."""
    found: dict[str, tuple[str, ...]] = {}
    for at in SLOTS["at"]:
        departments = departments_of(f"plus de réseau {at} ce matin")
        if len(departments) == 1 and (code := departments.pop()) is not None:
            found[code] = (*found.get(code, ()), at)
    return found


def departments_of(text: str) -> set[str | None]:
    """Returns the departments of the places in a text; None among them for a place of no single one."""
    return {place.department for place in find_places(text, gazetteer())}


def _all_said(n_tweets: int, rng: np.random.Generator) -> Iterator[_Said]:
    n_left = n_tweets
    for incident in INCIDENTS:
        n_left -= (n := round(n_tweets * incident.share))
        yield from _said(incident.start, ramp(incident.minutes), n, rng, incident)
    usual = Traffic(1.0, BASE, BEGIN, 1, seed=int(rng.integers(1 << 30))).all_tweets[: HOURS * 60]
    yield from _said(BEGIN, usual, n_left, rng, None)


def _said(
    start: datetime, weights: Floats, n: int, rng: np.random.Generator, incident: Incident | None
) -> Iterator[_Said]:
    """Yields `n` instants, in whole seconds, of minutes by their weights."""
    located_share = LOCATED_SHARE if incident is None else incident.located_share
    minutes = rng.choice(len(weights), n, p=weights / weights.sum())
    for minute in minutes.tolist():
        department = None
        if rng.random() < located_share:
            department = incident.department if incident and incident.department else _department(rng)
        yield _Said(start + timedelta(minutes=minute, seconds=int(rng.integers(60))), incident, department)


def _department(rng: np.random.Generator) -> str:
    """Draws a department that the sample has words for, by its people."""
    known = np.array([code in places() for code in CODES])
    weights = shares() * known
    return CODES[int(rng.choice(len(CODES), p=weights / weights.sum()))]


def _usual(rng: np.random.Generator) -> Wanted:
    """Draws what a tweet outside the incidents is about."""
    return is_of_network if rng.random() < NETWORK_SHARE else _of_anything_else


def is_of_network(text: str) -> bool:
    """Tells whether the simulated models take a text for a complaint of the family `network`."""
    labels = labels_of(text)
    is_complaint = labels.sentiment is Sentiment.NEGATIVE or labels.priority >= 1
    return is_complaint and FAMILY_OF[labels.main_topic] == "network"


def _of_anything_else(text: str) -> bool:
    return not is_of_network(text)


def is_outcry(text: str) -> bool:
    """Tells whether a text is such a complaint, and says nothing of days."""
    return is_of_network(text) and not is_chronic(text.lower())
