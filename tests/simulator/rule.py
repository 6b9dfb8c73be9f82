"""The simulator's stated rule: labels by words alone. Whatever shows its results must call them simulated."""

import re
from typing import Final

from schemas.classification import Labels
from schemas.taxonomy import Priority, Sentiment, Topic
from streams.core.prompt import code_of

CONFIDENCE: Final = 0.85

TOPIC_WORDS: Final[tuple[tuple[Topic, tuple[str, ...]], ...]] = (
    (Topic.BILLING, ("facture", "prélev", "rembours", "payer", "frais")),
    (Topic.SUBSCRIPTION, ("abonnement", "résili", "forfait", "offre", "portabilité", "éligib")),
    (Topic.EQUIPMENT, ("box", "player", "répéteur", "carte sim", "télécommande")),
    (Topic.NETWORK, ("fibre", "réseau", "internet", "débit", "panne", "4g", "5g", "connexion")),
    (Topic.CUSTOMER_SERVICE, ("conseiller", "service client", "technicien", "boutique", "injoignable")),
)
"""The first topic of which a word stands in the tweet; none: other."""

NEGATIVE_WORDS: Final = (
    "panne", "plus de", "plus d'", "toujours pas", "honte", "scandale", "coupé", "coupure", "lent",
    "inadmissible", "arnaque", "voleur", "foutage", "marre", "ras le bol",
)  # fmt: skip
POSITIVE_WORDS: Final = ("merci", "super", "bravo", "top")
HIGH_WORDS: Final = ("panne", "plus de", "plus d'", "jours", "semaine", "mois", "urgent", "fraude")
MEDIUM_WORDS: Final = ("facture", "lent", "erreur", "toujours pas", "technicien")


def labels_of(text: str) -> Labels:
    """Returns the labels that the rule gives to a text."""
    said = re.sub(r"\s+", " ", text.lower().replace("’", "'"))
    sentiment = _sentiment(said)
    topic = next((topic for topic, words in TOPIC_WORDS if _any(words, said)), Topic.OTHER)
    priority: Priority = 2 if _any(HIGH_WORDS, said) else 1 if _any(MEDIUM_WORDS, said) else 0
    if topic is Topic.OTHER or sentiment is Sentiment.POSITIVE:
        priority = min(priority, 1)  # what nobody must handle, or is thanks, is not urgent
    return Labels(
        sentiment=sentiment,
        priority=priority,
        main_topic=topic,
        confidence_sentiment=CONFIDENCE,
        confidence_priority=CONFIDENCE,
        confidence_main_topic=CONFIDENCE,
    )


def code_for(index: int, text: str) -> str:
    """Returns the rule's answer for one line of a prompt, e.g. "12n2b8"."""
    return code_of(index, labels_of(text))


def _sentiment(said: str) -> Sentiment:
    if _any(NEGATIVE_WORDS, said):
        return Sentiment.NEGATIVE
    return Sentiment.POSITIVE if _any(POSITIVE_WORDS, said) else Sentiment.NEUTRAL


def _any(words: tuple[str, ...], said: str) -> bool:
    return any(word in said for word in words)
