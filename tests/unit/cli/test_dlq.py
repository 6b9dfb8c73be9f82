"""What `dallosh dlq` takes and prints: reasons and places, and nothing that a header could do to a terminal."""

import io
import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

import click
import pytest
from click.testing import CliRunner
from rich.console import Console

from agents.cli import dlq_look, dlq_report
from agents.cli.dlq import dlq
from agents.cli.dlq_filters import filters
from schemas.headers import Header
from schemas.operations import Disposition
from schemas.taxonomy import Level, Service, Stage
from schemas.topics import CLASSIFIED, DEAD_LETTER, PARKED
from streams.core.canary import Outcome
from streams.core.letter_stats import LetterStats
from streams.core.letters import DeadLetter, Wanted
from streams.core.record_id import RecordId
from streams.core.replay_order import Order, ReplayReport
from streams.core.replay_plan import Action, Step
from streams.kafka.letters import Found

PLACE = f"{DEAD_LETTER}:2:7"
REPLAY = Order(command_id="c1", who="me", why="")


class Stored(NamedTuple):
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...] = ()


def found(message: str = "field id", error: str = "UndecodableError", record: Stored | None = None) -> Found:
    letter = DeadLetter(
        topic="tweets.dead-letter", partition=2, offset=7, origin="1:5", stage="router", error=error, message=message,
        attempts=2, replays=1, first_failed_at="2026-01-02T03:04:05.678+00:00",
        last_failed_at="2026-01-03T03:04:05.678+00:00", timestamp_ms=1_767_312_000_000,
    )  # fmt: skip
    return Found(letter, record, "replayed")


def step(action: Action, destination: str | None, error: str = "Bad", why: str = "Bad") -> Step:
    return Step(letter=found(error=error).letter, action=action, destination=destination, why=why)


@pytest.mark.parametrize(
    "arguments",
    [
        ("ls", "--stage", "printer"),
        ("replay", "--limit", "0"),
        ("erase",),
        ("discard",),
        ("park",),
        ("unpark",),
        ("unpark", PLACE),
        ("park", f"{PARKED}:0:1"),
        ("replay", f"{PARKED}:0:1"),
        ("discard", "tweets.raw:1:2"),
        ("discard", "17"),
        ("discard", f"{DEAD_LETTER}:1:99999999999999999999"),
        ("discard", f"{DEAD_LETTER}:99999999999:1"),
        ("discard", PLACE, "--stage", "bert"),
        ("plan", PLACE, "--id", "15"),
        ("discard", PLACE, "--yes"),
        ("discard", PLACE, "--yes", "--why", "  "),
        ("park", "--stage", "bert", "--yes"),
        ("unpark", "--stage", "bert", "--yes"),
        ("edit", PLACE),
        ("edit", PLACE, "--set", "text=allo"),
        ("edit", PLACE, "--set", 'text="allo"', "--file", "-"),
        ("edit", PLACE, "--set", 'text="allo"', "--yes"),
        ("show",),
        ("show", PLACE, "--raw", "--json"),
        ("replay", "--to", "tweets.parked"),
        ("replay", "--to", "service.billing"),
        ("replay", "--rate", "0"),
        ("replay", "--rate", "nan"),
        ("replay", "--canary", "0"),
        ("replay", "--canary", "1", "--canary-failures", "nan"),
        ("replay", "--canary-failures", "1.1"),
        ("stats", "--by", "month"),
        ("ls", "--since", "1h", "--until", "2h"),
        ("ls", "--replays", "x"),
        ("ls", "--replays", ".."),
        ("ls", "--replays", "12.3"),
        ("ls", "--where", "__import__('os')"),
        ("ls", "--where", "secret == 1"),
        ("replay", "--yes"),
        ("replay", PLACE, "--yes", "--why", " "),
        ("ls", "--replays", "3..1"),
        ("ls", "--min-attempts", "3", "--max-attempts", "1"),
        ("replay", "--canary-timeout", "5"),
        ("unpark", "--stage", "bert", "--canary-failures", "0"),
        ("discard", PLACE, "--parked"),
        ("discard", "--min-attempts", "0"),
        ("discard", "--replays", "0.."),
    ],
)
def test_what_is_not_understood_is_a_usage_error(arguments: tuple[str, ...]) -> None:
    assert CliRunner().invoke(dlq, arguments).exit_code == 2


def test_a_usage_error_says_what_an_expression_may_not_hold() -> None:
    shown = CliRunner().invoke(dlq, ["ls", "--where", "attempts == 1 and len(error) > 3"]).output
    assert "a call is not allowed at column 19: len(error)" in shown


def taken(*arguments: str) -> Wanted:
    got: list[Wanted] = []

    @click.command()
    @filters
    def command(wanted: Wanted) -> None:
        got.append(wanted)

    assert CliRunner().invoke(command, arguments, catch_exceptions=False).exit_code == 0
    return got[0]


@pytest.mark.parametrize(
    ("given", "bounds"), [("2", (2, 2)), ("1..3", (1, 3)), ("..1", (None, 1)), ("2..", (2, None)), ("0", (None, 0))]
)
def test_a_count_is_a_number_or_a_range(given: str, bounds: tuple[int | None, int | None]) -> None:
    wanted = taken("--replays", given)
    assert (wanted.min_replays, wanted.max_replays) == bounds


def test_every_filter_arrives() -> None:
    wanted = taken(
        "--stage", "gpu", "--error", "E", "--service", "billing", "--level", "api", "--since", "1970-01-01T00:00:01",
        "--until", "1970-01-01T00:00:02", "--id", "15", "--origin", "1:5", "--min-attempts", "1", "--max-attempts", "2",
        "--where", "attempts == 1",
    )  # fmt: skip
    assert (wanted.stage, wanted.error, wanted.service, wanted.level) == (Stage.GPU, "E", Service.BILLING, Level.API)
    assert (wanted.since_ms, wanted.until_ms, wanted.tweet_id, wanted.origin) == (1_000, 2_000, "15", "1:5")
    assert (wanted.min_attempts, wanted.max_attempts) == (1, 2)
    assert wanted.where is not None
    assert taken().takes_all


def test_the_list_shows_headers_as_text_only(capsys: pytest.CaptureFixture[str]) -> None:
    one = found("\x1b[2J\x9b[red]oops[/red]", "[blink]Bad\u202e")
    dlq_look.print_letters([(one.letter, one.verdict)], 3)
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "tweets.dead-letter:2:7  router  [blink]Bad  2 tries  replayed 1 times  2026-01-03 03:04:05  replayed",
        "    origin 1:5:  [2J [red]oops[/red]",
    ]
    assert err == "1 of 3 dead letters\n"


def test_a_plan_is_a_table_of_reasons_and_destinations(capsys: pytest.CaptureFixture[str]) -> None:
    report = ReplayReport()
    for _ in range(2):
        report.histogram.add(step(Action.REPLAY, CLASSIFIED, error="\x1b[2JBad"))
    dlq_report.print_report(report, REPLAY, executed=False, as_json=False)
    out, err = capsys.readouterr()
    assert "\x1b[2J" not in out
    assert [line.split() for line in out.splitlines()] == [
        ["action", "stage", "reason", "destination", "n"], ["replay", "router", "[2JBad", "tweets.classified", "2"],
    ]  # fmt: skip
    assert err == "Dry run: nothing was written. Do it with --yes\n"


def test_a_canary_that_failed_tells_what_happened_to_each(capsys: pytest.CaptureFixture[str]) -> None:
    report = ReplayReport(n_sent=2, stopped="1 of 2 letters of the canary failed")
    report.histogram.add(step(Action.REPLAY, CLASSIFIED))
    report.outcomes = [
        Outcome(PLACE, "1:5", "service.billing", ""), Outcome("p:0:1", "1:6", DEAD_LETTER, "router: \x1b[2JBad"),
    ]  # fmt: skip
    dlq_report.print_report(report, REPLAY, executed=True, as_json=False)
    out, err = capsys.readouterr()
    assert [line.split() for line in out.splitlines()[-2:]] == [
        [PLACE, "1:5", "service.billing"], ["p:0:1", "1:6", DEAD_LETTER, "router:", "[2JBad"],
    ]  # fmt: skip
    assert err == "2 letters sent. Stopped: 1 of 2 letters of the canary failed; the rest waits\n"
    report.is_complete = True  # the canary was all there was
    dlq_report.print_report(report, REPLAY, executed=True, as_json=False)
    assert capsys.readouterr().err == "2 letters sent. Stopped: 1 of 2 letters of the canary failed\n"
    dlq_report.print_report(report, REPLAY, executed=True, as_json=True)
    said = json.loads(capsys.readouterr().out)
    assert said["canary"][0] == {"place": PLACE, "origin": "1:5", "ended": "service.billing", "reason": ""}
    assert (said["stopped"], said["sent"], said["command_id"]) == (report.stopped, 2, "c1")


@pytest.mark.parametrize(
    ("actions", "changes", "executed", "code"),
    [
        ([], {}, True, 3),
        ([], {}, False, 3),
        ([], {"missing": [PLACE]}, True, 3),
        ([Action.REPLAY], {}, True, 0),
        ([Action.REPLAY], {"decided": [PLACE]}, True, 0),
        ([Action.REPLAY, Action.LEAVE], {}, True, 4),
        ([Action.REPLAY, Action.LEAVE], {}, False, 0),
        ([Action.LEAVE], {}, True, 4),
        ([Action.PARK], {"missing": [PLACE]}, True, 4),
        ([Action.REPLAY], {"stopped": "why", "n_sent": 1}, True, 4),
        ([Action.REPLAY], {"stopped": "interrupted"}, True, 1),
        ([], {"stopped": "interrupted"}, True, 1),
    ],
)
def test_the_exit_code_tells_how_it_ended(
    actions: list[Action], changes: dict[str, Any], executed: bool, code: int
) -> None:
    report = ReplayReport(**changes)
    for action in actions:
        report.histogram.add(step(action, None))
    assert dlq_report.exit_code(report, executed=executed) == code


def test_the_counts_are_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    stats = LetterStats()
    for number in range(25):
        one = found(error=f"E{number}\x1b[2J")
        stats.add(one.letter, None, step(Action.REPLAY, CLASSIFIED))
    dlq_look._print_summary(stats.summary(), "day")
    out, err = capsys.readouterr()
    assert "\x1b" not in out
    words = [line.split() for line in out.splitlines()]
    assert ["waiting", "25"] in words
    assert ["stage", "router", "25"] in words
    assert ["to", "tweets.classified", "25"] in words
    assert ["day", "2026-01-02", "25"] in words
    assert sum(line[0] == "error" for line in words if line) == 20
    assert out.splitlines()[-1] == "25 dead letters from 2026-01-02 00:00Z to 2026-01-02 00:00Z"
    assert "--json has all" in err


HEADERS = (("traceparent", b"t"), ("dallosh-stage", b"router\x1b[2J"), ("odd", b"\xff\x00"), ("none", None))
DECISION = Disposition(
    topic=DEAD_LETTER, partition=2, offset=7, verdict="replayed", at=datetime(2026, 1, 4, tzinfo=UTC), command_id="c7",
    destination=CLASSIFIED,
)  # fmt: skip


def test_a_letter_is_shown_with_all_its_headers_and_without_its_text() -> None:
    one = found(record=Stored(b"sesame", b'{"text":"sesame"}', HEADERS))  # type: ignore[arg-type]
    lines = dlq_look._all_lines(one, DECISION, with_value=False)
    assert lines[3:7] == ["traceparent: t", "dallosh-stage: router [2J", "odd: 0xff00", "none: -"]
    assert "replayed to tweets.classified at 2026-01-04 00:00Z by command c7" in lines
    assert lines[-1] == "value: 17 bytes"
    assert "sesame" not in "".join(lines)
    shown = dlq_look._object(one, DECISION, with_value=False)
    assert shown["headers"][2] == {"name": "odd", "value": "0xff00"}
    assert "sesame" not in str(shown)


@pytest.mark.parametrize(
    ("value", "last"),
    [(b'{"text":"allo"}', ['  "text": "allo"', "}"]), (b"{broken \x1b\xff", ["{broken  \\xff"]), (None, ["key: k"])],
)
def test_the_text_is_shown_when_it_is_asked_for(value: bytes | None, last: list[str]) -> None:
    lines = dlq_look._all_lines(found(record=Stored(b"k", value)), None, with_value=True)
    assert lines[-len(last) :] == last
    assert "key: k" in lines


def test_progress_is_for_a_terminal_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with dlq_report.progress("replay") as say:
        say(ReplayReport(n_sent=5))
    assert capsys.readouterr() == ("", "")


def test_progress_on_a_terminal_counts_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(
        dlq_report, "Console", lambda stderr: Console(file=shown, force_terminal=True, width=80) if stderr else None
    )
    with dlq_report.progress("replay") as say:
        say(ReplayReport(n_sent=1_205))
    assert "replay: 1,205 letters" in shown.getvalue()


def test_places_are_told_one_by_one(capsys: pytest.CaptureFixture[str]) -> None:
    report = ReplayReport(done=[PLACE], decided=["a:0:1"], missing=["a:0:2"])
    report.histogram.add(step(Action.PARK, PARKED))
    order = Order(command_id="c1", who="me", why="", verb="park", places=frozenset([RecordId(DEAD_LETTER, 2, 7)]))
    dlq_report.print_report(report, order, executed=False, as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        f"{PLACE}  would be parked", "a:0:1  was decided before", "a:0:2  is not there",
    ]  # fmt: skip
