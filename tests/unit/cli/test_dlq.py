"""What `dallosh dlq` prints: reasons and places, and nothing that a header could do to a terminal."""

import pytest
from click.testing import CliRunner

from agents.cli import dlq as module
from agents.cli.dlq import dlq
from schemas.topics import CLASSIFIED
from streams.core.replay_plan import Action, DeadLetter, Step
from streams.kafka.replay import Found, ReplayReport


def found(message: str = "field id", error: str = "UndecodableError") -> Found:
    letter = DeadLetter(
        topic="tweets.dead-letter", partition=2, offset=7, origin="1:5", stage="router", error=error, message=message,
        attempts=2, replays=1, first_failed_at="2026-01-02T03:04:05.678+00:00",
        last_failed_at="2026-01-03T03:04:05.678+00:00",
    )  # fmt: skip
    return Found(letter, None, "replayed")  # the record itself is never printed


@pytest.mark.parametrize(
    "arguments",
    [
        ("ls", "--stage", "printer"),
        ("replay", "--limit", "0"),
        ("erase",),
        ("discard",),
        ("discard", "tweets.raw:1:2"),
        ("discard", "17"),
    ],
)
def test_unknown_words_are_usage_errors(arguments: tuple[str, ...]) -> None:
    assert CliRunner().invoke(dlq, arguments).exit_code == 2


def test_the_list_shows_headers_as_text_only(capsys: pytest.CaptureFixture[str]) -> None:
    module._print_letters([found("\x1b[2J\x9b[red]oops[/red]", "[blink]Bad\u202e")], 3)
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "tweets.dead-letter:2:7  router  [blink]Bad  2 tries  replayed 1 times  2026-01-03 03:04:05  replayed",
        "    origin 1:5:  [2J [red]oops[/red]",
    ]
    assert err == "1 of 3 dead letters\n"


def test_a_plan_is_a_table_of_reasons_and_destinations(capsys: pytest.CaptureFixture[str]) -> None:
    report = ReplayReport()
    for _ in range(2):
        step = Step(letter=found(error="\x1b[2JBad").letter, action=Action.REPLAY, destination=CLASSIFIED, why="Bad")
        report.histogram.add(step)
    module._print_plan(report, executed=False)
    out, err = capsys.readouterr()
    assert "\x1b[2J" not in out
    assert [cell.strip() for cell in out.splitlines()[3].split("│")[1:-1]] == [
        "replay", "router", "[2JBad", "tweets.classified", "2",
    ]  # fmt: skip
    assert err == "Dry run: nothing was written. Send them with --yes\n"
