"""When a tweet is asked of a better model: on evidence that its answer is doubtful, and one rung up."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from schemas.classification import Labels, least_confidence
from schemas.taxonomy import Sentiment, Topic

CONFIDENCE_BELOW: Final = 0.4
"""A stated confidence under this is doubt: digits 0 to 3 of the answer."""

MARGIN_BELOW: Final = 0.15
"""A difference under this, between the two likeliest tokens of a label, is doubt."""


class Evidence(StrEnum):
    """Why a tweet climbs; goes into metrics and spend events."""

    UNANSWERED = "unanswered"
    CONFIDENCE = "confidence"
    MARGIN = "margin"
    CONTRADICTION = "contradiction"


@dataclass(frozen=True, slots=True)
class Doubt:
    """An item that should climb; the smaller `certainty`, the sooner it gets one of the places that the caps leave."""

    item: int
    evidence: Evidence
    certainty: float


@dataclass(frozen=True, slots=True)
class Climb:
    """Items that should be asked of the rung `floor`, most doubtful first."""

    floor: int
    doubts: tuple[Doubt, ...]

    @property
    def items(self) -> tuple[int, ...]:
        """Their indices in the batch."""
        return tuple(one.item for one in self.doubts)


@dataclass(slots=True)
class Doubts:
    """Gathers what should climb, by the rung that has answered."""

    _by_rung: dict[int, list[Doubt]] = field(default_factory=dict)

    def add(self, found: Doubt, rung: int) -> None:
        """Notes that a rung's answer to an item is doubtful, or that it gave none."""
        self._by_rung.setdefault(rung, []).append(found)

    def take(self) -> tuple[Climb, ...]:
        """Returns one climb for each rung, lowest first, and forgets them."""
        found, self._by_rung = self._by_rung, {}
        return tuple(
            Climb(rung + 1, tuple(sorted(doubts, key=lambda one: one.certainty)))
            for rung, doubts in sorted(found.items())
        )


def doubt(item: int, text: str, labels: Labels, margin: float | None) -> Doubt | None:
    """Returns the strongest evidence against an answer, None where there is none.

    Args:
        item: index in the batch.
        text: what the target saw.
        labels: its answer.
        margin: probability of the likeliest token less that of the second, the least over the item's labels; None
            where the API gives no probabilities.
    """
    if contradiction(text, labels) is not None:
        return Doubt(item, Evidence.CONTRADICTION, 0.0)
    stated = least_confidence(labels)
    if stated < CONFIDENCE_BELOW:
        return Doubt(item, Evidence.CONFIDENCE, stated)
    if margin is not None and margin < MARGIN_BELOW:
        return Doubt(item, Evidence.MARGIN, margin)
    return None


def contradiction(text: str, labels: Labels) -> str | None:
    """Returns the rule that the labels break, None where they break none; rules are few and sure."""
    if labels.sentiment is Sentiment.POSITIVE and labels.priority == 2:
        return "thanks that are urgent"
    if labels.main_topic is Topic.OTHER and labels.priority == 2:
        return "urgent, and nothing to handle"
    if labels.priority == 0 and _LONG_OUTAGE.search(text):
        return "an outage of days that is in no hurry"
    if labels.sentiment is Sentiment.POSITIVE and _ANGER.search(text):
        return "anger read as praise"
    return None


_DAYS: Final = r"(?:\d+|deux|trois|quatre|cinq|six|sept|huit|dix|plusieurs)\s*(?:jours?|semaines?|mois)"
_LONG_OUTAGE: Final = re.compile(
    rf"\b(?:plus|pas|aucune?|sans|coupure|panne)\b[^.!?\n]{{0,40}}\b(?:internet|fibre|r[ée]seau|connexion|ligne)\b"
    rf"[^.!?\n]{{0,40}}\bdepuis\s+{_DAYS}",
    re.IGNORECASE,
)
_ANGER: Final = re.compile(
    r"\b(?:honteux|honte|scandaleux|inadmissible|arnaque\w*|voleurs?|foutage de gueule|marre|ras le bol)\b",
    re.IGNORECASE,
)
