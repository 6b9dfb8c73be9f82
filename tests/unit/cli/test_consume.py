"""What `dallosh consume` prints, and which options go together."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from agents.cli import consume as module
from agents.cli.consume import Shown, consume
from schemas.classification import ClassifiedTweet
from schemas.taxonomy import Level, PlaceKind, Priority, Sentiment, Service, Topic
from schemas.tweet import Place

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def made(
    text: str = "box en panne", *, priority: Priority = 2, revision: int = 1, moved_to: str | None = None
) -> ClassifiedTweet:
    return ClassifiedTweet(
        id="7", created_at=NOON - timedelta(hours=3), text=text, author="a9", scrubbed=text, vip=True,
        places=(Place(text="Lyon", start=0, end=4, kind=PlaceKind.COMMUNE, department="69"),),
        sentiment=Sentiment.NEGATIVE, priority=priority, main_topic=Topic.NETWORK, confidence_sentiment=1,
        confidence_priority=1, confidence_main_topic=1, level=Level.BERT, model="m", classified_at=NOON,
        degraded=True, revision=revision, moved_to=moved_to,
    )  # fmt: skip


def run(*arguments: str) -> Result:
    return CliRunner().invoke(consume, arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        (), ("marketing",), ("billing", "--priority", "3"), ("billing", "--top", "0"),
        ("billing", "--follow", "--top", "5"), ("billing", "--follow", "--since", "1h"), ("billing", "--group", "g"),
        ("billing", "--from-beginning"), ("billing", "--follow", "--group", "g", "--from-beginning"),
    ],
)  # fmt: skip
def test_options_that_do_not_go_together_are_usage_errors(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_a_tweet_on_one_line() -> None:
    assert module._line(made("box\nen \x1b[31mpanne"), NOON) == "P2    3 h a9 7  box en  [31mpanne"
    assert module._line(made(revision=2), NOON) == "P2    3 h a9 7 (revision 2)  box en panne"


def test_a_tweet_that_moved_away_shows_no_text_and_no_priority() -> None:
    assert module._line(made(moved_to="billing"), NOON) == "--        7 moved to billing"


def test_the_table_cell_says_who_where_and_how_it_was_classified() -> None:
    body = module._body(made("box [bold]en[/bold] \x1bpanne"))
    assert body.plain == "box [bold]en[/bold]  panne\nVIP · a9 · 69 · 7 · by bert"
    assert module._body(replace(made(), unsure=True)).plain.endswith("· by bert, unsure")


def test_the_summary_counts_work_and_moves_apart(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Shown(Service.TECHNICAL, as_json=True)
    for tweet in (made(), made(priority=0), made(moved_to="billing")):
        shown.count(tweet)
    shown.end()
    assert json.loads(capsys.readouterr().out) == {
        "service": "technical", "shown": 2, "by_priority": {"2": 1, "1": 0, "0": 1}, "moved": 1,
    }  # fmt: skip
