"""Recall and precision on the marked tweets of tests/data: the measured figures, which may not fall."""

from typing import Final

import pytest

from streams.core.pii.confidence import CONFIDENCE
from streams.core.pii.marked import Evaluation
from streams.core.redaction import redact
from streams.tables import tables
from tests.marked_rows import DATA, marked_rows

MEASURED: Final = {
    "pii.jsonl": {
        "PHONE": (50, 50), "EMAIL": (28, 28), "IBAN": (16, 16), "CARD": (14, 14), "NIR": (11, 11), "ACCOUNT": (45, 45),
        "ADDRESS": (33, 33), "DOB": (22, 22), "IP": (23, 23), "HANDLE": (23, 23),
        "PER": (147, 148),
    },
    "pii_more.jsonl": {
        "PHONE": (11, 11), "EMAIL": (12, 12), "IBAN": (4, 4), "CARD": (1, 1), "NIR": (9, 9), "ACCOUNT": (47, 47),
        "ADDRESS": (309, 309), "DOB": (19, 19), "IP": (12, 12), "URL": (7, 7), "HANDLE": (6, 6), "PER": (4, 4),
    },
    "pii_persons.jsonl": {"PER": (345, 347)},
    "pii_persons_held.jsonl": {"PER": (65, 66)},
}  # fmt: skip
"""File -> type -> (found, marked)."""
WORDS_GONE: Final = {"pii.jsonl": 1, "pii_persons.jsonl": 1}
"""File -> words outside all marks that were taken for names."""


@pytest.mark.parametrize("name", MEASURED)
def test_recall_is_what_was_measured_and_nothing_else_is_touched(name: str) -> None:
    evaluation = Evaluation()
    misses = [
        miss for marked in marked_rows(name) for miss in evaluation.add(marked, redact(marked.text, tables()).scrubbed)
    ]
    found = {kind: (evaluation.n_found[kind], n) for kind, n in evaluation.n_marked.items()}
    assert found == MEASURED[name]
    assert evaluation.n_places_whole == evaluation.n_places
    assert sum(miss.kind == "decoy" for miss in misses) == WORDS_GONE.get(name, 0)


def test_every_rule_that_finds_something_has_a_confidence() -> None:
    texts = [marked.text for file in DATA.glob("pii*.jsonl") for marked in marked_rows(file.name)]
    texts.append("toujours rien pour Lefebvre-Ouazzani")  # a rule that none of the files needs
    assert {span.rule for text in texts for span in redact(text, tables()).scrubbed.spans} <= CONFIDENCE.keys()


@pytest.mark.parametrize("name", MEASURED)
def test_scrubbing_the_marked_tweets_twice_is_scrubbing_them_once(name: str) -> None:
    for text, _ in marked_rows(name):
        once = redact(text, tables()).scrubbed.text
        assert redact(once, tables()).scrubbed.text == once
