"""What counts towards a burst and what does not."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.taxonomy import Sentiment, Topic
from streams.core.crisis.calendar import minute_of
from streams.core.crisis.intake import Counted, Intake, Uncounted, key_of
from streams.core.crisis.wording import is_chronic
from tests.unit.core.crisis.crowd import MONDAY, tweet


def judged(intake: Intake, minutes: float, **fields: Any) -> Counted | Uncounted:
    one = tweet(MONDAY + timedelta(minutes=minutes), **fields)
    return intake.judge(one, key_of(one.author), minute_of(one.created_at))


@pytest.mark.parametrize(
    ("sentiment", "priority", "counts"),
    [("negative", 0, True), ("neutral", 1, True), ("positive", 2, True), ("neutral", 0, False), ("positive", 0, False)],
)
def test_a_complaint_is_negative_or_needs_someone(sentiment: str, priority: int, counts: bool) -> None:
    found = judged(Intake(), 0, sentiment=Sentiment(sentiment), priority=priority)
    assert found == (Counted("network", True, True) if counts else Uncounted.NOT_A_COMPLAINT)


@pytest.mark.parametrize(
    "text",
    [
        "aucune connexion depuis 3 semaines @free",
        "Ça fait 15 jours que ma ligne est morte",
        "cela fait plus de deux mois que j'attends",
        "voilà quinze jours sans internet",
        "depuis hier je n'ai plus la télé",
        "toujours en panne depuis mardi",
        "3 semaines sans box",
        "fibre coupée depuis longtemps",
        "DEPUIS 10J PLUS RIEN",
    ],
)
def test_chronic_wording(text: str) -> None:
    assert is_chronic(text.lower())
    assert judged(Intake(), 0, text=text) is Uncounted.CHRONIC


@pytest.mark.parametrize(
    "text",
    [
        "plus rien depuis 10 minutes",
        "ça fait une heure que ça coupe",
        "internet coupé depuis ce matin",
        "depuis 22h plus de réseau",
        "encore une panne",
        "deux coupures aujourd'hui",
    ],
)
def test_wording_of_something_new(text: str) -> None:
    assert not is_chronic(text.lower())


def test_equipment_counts_as_network_and_services_apart() -> None:
    intake = Intake()
    assert judged(intake, 0, main_topic=Topic.EQUIPMENT) == Counted("network", True, True)
    assert judged(intake, 0, main_topic=Topic.BILLING) == Counted("billing", True, True)


def test_an_author_counts_once_in_half_an_hour_and_family() -> None:
    intake = Intake()
    found = [judged(intake, minutes, author="same") for minutes in (0, 10, 29, 30, 59, 60)]
    assert [one is not Uncounted.AUTHOR for one in found] == [True, False, False, True, False, True]
    assert judged(intake, 61, author="same", main_topic=Topic.BILLING) == Counted("billing", True, False)


@pytest.mark.parametrize(
    "fields",
    [
        {"in_reply_to": "root"},
        {"text": "@streamer pareil chez moi"},
        {"text": "la fibre est coupée dans tout le quartier @free"},
    ],
)
def test_a_conversation_an_account_and_a_text_count_twice_in_half_an_hour(fields: dict[str, str]) -> None:
    intake = Intake()
    found = [judged(intake, minutes, **fields) for minutes in (0, 1, 2, 29, 30, 31, 32)]
    assert [one is not Uncounted.SOURCE for one in found] == [True, True, False, False, True, True, False]


def test_a_conversation_counts_twice_whatever_its_tweets_are_about() -> None:
    intake = Intake()
    topics = (Topic.NETWORK, Topic.BILLING, Topic.BILLING, Topic.OTHER)
    found = [judged(intake, k, in_reply_to="root", main_topic=topic) for k, topic in enumerate(topics)]
    assert found == [
        Counted("network", True, True), Counted("billing", True, True), Uncounted.SOURCE, Uncounted.SOURCE
    ]  # fmt: skip


def test_one_author_does_not_use_a_conversation_up() -> None:
    intake = Intake()
    assert judged(intake, 0, in_reply_to="root", author="a") == Counted("network", True, True)
    again = judged(intake, 1, in_reply_to="root", author="a", main_topic=Topic.BILLING)
    assert again == Counted("billing", True, False)
    assert judged(intake, 2, in_reply_to="root", author="b") == Counted("network", True, True)
    assert judged(intake, 3, in_reply_to="root", author="c") is Uncounted.SOURCE


@pytest.mark.parametrize("minutes", [1_440, 1_441, 1_470])
def test_a_conversation_is_known_for_a_day(minutes: int) -> None:
    """However long ago the last sweep was."""
    intake = Intake()
    judged(intake, 0, id="r1", in_reply_to="root")
    for k in (0, 1):
        judged(intake, minutes, in_reply_to="root", id=f"s{k}")
    found = judged(intake, minutes, in_reply_to="r1")
    assert (found is Uncounted.SOURCE) == (minutes <= 1_440)


@pytest.mark.parametrize(
    "trifle",
    ["{}", "!" * 3, "#hashtag{}", "https://t.example/{}", "@someone{} ", "\u200b", "n°{}", "A{}", "\U0001f621"],
)
def test_a_text_with_a_trifle_changed_is_the_same_text(trifle: str) -> None:
    intake, found = Intake(), []
    for k in range(6):
        text = f"La fibre est coupée dans tout le quartier {trifle.format(k) * (k % 3 + 1)}"
        found.append(judged(intake, k, text=text))
    assert [one is Uncounted.SOURCE for one in found] == [False, False, True, True, True, True]


def test_a_reply_to_a_reply_belongs_to_the_same_conversation() -> None:
    intake = Intake()
    judged(intake, 0, id="r1", in_reply_to="root")
    judged(intake, 1, id="r2", in_reply_to="r1", sentiment=Sentiment.NEUTRAL, priority=0)  # no complaint, yet a link
    judged(intake, 2, id="r3", in_reply_to="r2")
    assert judged(intake, 3, id="r4", in_reply_to="r3") is Uncounted.SOURCE
    assert judged(intake, 3, in_reply_to="other") == Counted("network", True, True)


@pytest.mark.parametrize("handle", ["free", "Freebox", "user", "zoneadsl"])
def test_public_accounts_are_spoken_to_by_everybody(handle: str) -> None:
    intake = Intake()
    assert {judged(intake, k / 10, text=f"@{handle} panne {k}") for k in range(20)} == {Counted("network", True, True)}


def test_same_here_is_no_text_that_counts_twice() -> None:
    intake = Intake()
    assert {judged(intake, k / 10, text="Pareil ici") for k in range(20)} == {Counted("network", True, True)}


def test_memory_is_bounded() -> None:
    intake = Intake()
    for minute in range(5_000):
        judged(intake, minute, in_reply_to=f"r{minute}")
    assert len(intake.authors) <= 2 * 60
    assert len(intake.sources) <= 3 * 60
    assert len(intake.roots) <= 1_441 + 30
