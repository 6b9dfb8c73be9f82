"""What became of the letters that a replay sent first."""

import pytest

from schemas import headers as names
from schemas.taxonomy import Service
from schemas.topics import CLASSIFIED, DEAD_LETTER, NOISE, service_topic
from streams.core.canary import NO_OUTCOME, Canary, Outcome
from tests.unit.core.letter_records import Record, buried

BILLING = service_topic(Service.BILLING)


def arrived(topic: str, origin: str) -> Record:
    return Record(topic, 0, 1, 1, b"k", b"{}", ((names.ORIGIN, origin.encode()),))


def test_each_letter_gets_its_outcome() -> None:
    canary = Canary([("p:0:1", "1:1"), ("p:0:2", "1:5"), ("p:0:3", "1:3"), ("p:0:4", "1:4")])
    _, again = buried()  # origin 1:5
    canary.note(arrived(BILLING, "1:1"), BILLING)
    canary.note(again, DEAD_LETTER)
    canary.note(arrived(NOISE, "1:3"), NOISE)
    canary.note(arrived(BILLING, "9:9"), BILLING)  # another one's
    canary.note(arrived(CLASSIFIED, "1:4"), CLASSIFIED)  # not the end of the pipe
    assert not canary.is_complete
    assert canary.outcomes() == [
        Outcome("p:0:1", "1:1", BILLING, ""), Outcome("p:0:2", "1:5", DEAD_LETTER, "classifier: ValueError"),
        Outcome("p:0:3", "1:3", NOISE, ""), Outcome("p:0:4", "1:4", None, NO_OUTCOME),
    ]  # fmt: skip
    assert [outcome.is_good for outcome in canary.outcomes()] == [True, False, True, False]
    canary.note(arrived(BILLING, "1:4"), BILLING)
    assert canary.is_complete


@pytest.mark.parametrize(
    ("n_bad", "most_failures", "passes"),
    [(0, 0.0, True), (1, 0.0, False), (1, 0.25, True), (2, 0.25, False), (4, 1.0, True), (4, 0.99, False)],
)
def test_it_passes_with_no_more_failures_than_allowed(n_bad: int, most_failures: float, passes: bool) -> None:
    canary = Canary([(f"p:0:{number}", f"1:{number}") for number in range(4)])
    for number in range(n_bad, 4):
        canary.note(arrived(BILLING, f"1:{number}"), BILLING)
    assert canary.passes(most_failures) is passes


def test_letters_of_one_origin_share_its_first_outcome() -> None:
    canary = Canary([("p:0:1", "1:1"), ("p:0:2", "1:1")])
    canary.note(arrived(BILLING, "1:1"), BILLING)
    _, again = buried(headers=[(names.ORIGIN, b"1:1")])
    canary.note(again._replace(headers=((names.ORIGIN, b"1:1"),)), DEAD_LETTER)
    assert canary.is_complete
    assert canary.passes(0.0)
