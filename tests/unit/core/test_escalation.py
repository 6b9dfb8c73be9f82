"""What counts as doubt about an answer, and what does not."""

from typing import Any

import pytest

from schemas.classification import Labels
from schemas.taxonomy import Sentiment, Topic
from streams.core.escalation import Climb, Doubt, Doubts, Evidence, contradiction, doubt

OUTAGE = "Toujours pas d'internet depuis 12 jours, personne ne répond"


def labels(**changes: Any) -> Labels:
    values: dict[str, Any] = {
        "sentiment": Sentiment.NEGATIVE,
        "priority": 2,
        "main_topic": Topic.NETWORK,
        "confidence_sentiment": 0.85,
        "confidence_priority": 0.85,
        "confidence_main_topic": 0.85,
    }
    return Labels(**values | changes)


@pytest.mark.parametrize(
    ("text", "changes", "rule"),
    [
        ("merci !", {"sentiment": Sentiment.POSITIVE}, "thanks that are urgent"),
        ("bonjour", {"main_topic": Topic.OTHER}, "urgent, and nothing to handle"),
        (OUTAGE, {"priority": 0}, "an outage of days that is in no hurry"),
        ("Plus de fibre à la maison depuis trois semaines", {"priority": 0}, "an outage of days that is in no hurry"),
        ("C'est une honte", {"sentiment": Sentiment.POSITIVE, "priority": 0}, "anger read as praise"),
    ],
)
def test_labels_that_contradict_a_rule_are_doubtful(text: str, changes: dict[str, Any], rule: str) -> None:
    assert contradiction(text, labels(**changes)) == rule
    assert doubt(3, text, labels(**changes), None) == Doubt(3, Evidence.CONTRADICTION, 0.0)


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        (OUTAGE, {}),
        (OUTAGE, {"priority": 1}),
        ("Fibre depuis 3 jours et pas une panne, merci", {"sentiment": Sentiment.POSITIVE, "priority": 0}),
        ("Bravo, dépannage rapide", {"sentiment": Sentiment.POSITIVE, "priority": 0}),
        ("C'est une honte", {"priority": 0}),
    ],
)
def test_a_plain_answer_is_not_doubtful(text: str, changes: dict[str, Any]) -> None:
    assert doubt(0, text, labels(**changes), 0.9) is None


@pytest.mark.parametrize(("stated", "doubtful"), [(0.05, True), (0.35, True), (0.45, False), (0.95, False)])
def test_a_stated_confidence_counts(stated: float, doubtful: bool) -> None:
    found = doubt(0, "?", labels(confidence_main_topic=stated), None)
    assert found == (Doubt(0, Evidence.CONFIDENCE, stated) if doubtful else None)


@pytest.mark.parametrize(("margin", "doubtful"), [(0.0, True), (0.14, True), (0.15, False), (1.0, False)])
def test_a_measured_margin_counts(margin: float, doubtful: bool) -> None:
    found = doubt(0, "?", labels(), margin)
    assert found == (Doubt(0, Evidence.MARGIN, margin) if doubtful else None)


def test_climbs_go_by_rung_the_most_doubtful_first_and_are_taken_once() -> None:
    doubts = Doubts()
    sure, unsure = Doubt(1, Evidence.CONFIDENCE, 0.3), Doubt(2, Evidence.UNANSWERED, -1.0)
    high = Doubt(3, Evidence.MARGIN, 0.1)
    doubts.add(high, 1)
    doubts.add(sure, 0)
    doubts.add(unsure, 0)
    assert doubts.take() == (Climb(1, (unsure, sure)), Climb(2, (high,)))
    assert doubts.take() == ()
