"""`dallosh crisis shares`: invented weeks in which one topic smoulders."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pytest
from click.testing import Result

from agents.cli.crisis_shares import print_days
from schemas.shares import DayShares
from schemas.taxonomy import Topic
from streams.core.crisis.days import TOPICS, Day, Days
from streams.core.crisis.tuning import Screen
from tests.unit.cli.crisis_files import MONDAY, Rows, complaint, labels_of, ran, written

USUAL: Final = {Topic.NETWORK: 800, Topic.BILLING: 200}
BURNING: Final = {Topic.NETWORK: 200, Topic.BILLING: 800}
FIRST: Final = date(2026, 3, 2)


def told(n_usual: int, n_burning: int, n_missing: Mapping[int, int] | None = None) -> list[DayShares]:
    """Returns what is told of some usual days and burning ones."""
    days, found = Days(Screen()), []
    for k, counts in enumerate([USUAL] * n_usual + [BURNING] * n_burning):
        whole = {topic: counts.get(topic, 0) for topic in TOPICS}
        day = Day(FIRST + timedelta(days=k), {"tweets": whole, "complaints": dict(whole)})
        found.append(days.end(day, (n_missing or {}).get(k, 0)))
    return found


def printed(
    capsys: pytest.CaptureFixture[str], days: list[DayShares], *, every: bool = False, as_json: bool = False
) -> tuple[list[str], str]:
    """Returns the lines on standard output, and standard error."""
    print_days(days, every=every, as_json=as_json)
    said = capsys.readouterr()
    return said.out.splitlines(), said.err.strip()


def test_the_table_names_day_topic_and_shares(capsys: pytest.CaptureFixture[str]) -> None:
    (head, first, *rest), summary = printed(capsys, told(21, 2))
    assert head.split() == ["day", "topic", "of", "the", "over", "count", "share", "usual", "share", "ratio", "p-value"]
    assert first.split()[:-1] == ["2026-03-23", "billing", "tweets", "1", "day", "800", "80.0%", "20.0%", "x4.0"]
    assert [line.split()[:3] for line in rest] == [
        ["2026-03-23", "billing", "complaints"],
        ["2026-03-24", "billing", "tweets"],
        ["2026-03-24", "billing", "complaints"],
    ]
    assert summary == "23 days: 2 unusual of 9 judged; learning until 2026-03-15"


def test_every_day_is_shown_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    lines, summary = printed(capsys, told(21, 1, {18: 400}), every=True)
    said = {line.split("  ")[0]: line for line in lines[1:]}
    assert len(said) == 22
    assert "learning" in said["2026-03-15"]
    assert "nothing unusual" in said["2026-03-19"]
    assert "not read" in said["2026-03-20"]
    assert "billing" in said["2026-03-23"]
    assert summary.startswith("22 days: 1 unusual of 7 judged")


def test_json_is_the_record(capsys: pytest.CaptureFixture[str]) -> None:
    lines, _ = printed(capsys, days := told(21, 2), as_json=True)
    assert [json.loads(line)["day"] for line in lines] == ["2026-03-23", "2026-03-24"]
    assert list(json.loads(lines[0])) == list(DayShares.__struct_fields__)
    whole, _ = printed(capsys, days, as_json=True, every=True)
    assert whole[-2:] == lines
    assert len(whole) == 23


@pytest.mark.parametrize(("n_days", "said"), [(14, "no day was judged"), (15, "no unusual day")])
def test_where_nothing_is_to_be_told_it_says_why(
    capsys: pytest.CaptureFixture[str], n_days: int, said: str
) -> None:  # fmt: skip
    assert printed(capsys, told(n_days, 0))[0] == [said]


def shares(path: Path, rows: Rows, topics: Mapping[str, str], *options: str) -> Result:
    """Screens rows; `topics` are those of the rows that are not about the network."""
    labels = [{**one, "main_topic": topics.get(one["id"], "network")} for one in labels_of(rows)]
    file, right = written(path / "t.jsonl", rows), written(path / "labels.jsonl", labels)
    return ran("shares", file, "--labels", right, *options)


def test_a_file_is_screened_day_by_day(tmp_path: Path) -> None:
    rows = [
        complaint(20 * day + k, MONDAY + timedelta(days=day, hours=k), "il y a un problème")
        for day in range(16)
        for k in range(20)
    ]
    topics = {row["id"]: "billing" for k, row in enumerate(rows) if k % 20 < (16 if k >= 300 else 4)}
    result = shares(tmp_path, rows, topics)
    assert result.exit_code == 0, result.output
    line = result.stdout.splitlines()[1]
    assert line.split()[:-1] == ["2026-03-17", "billing", "tweets", "1", "day", "16", "80.0%", "20.0%", "x4.0"]
    assert "16 days: 1 unusual of 2 judged; learning until 2026-03-15" in result.stderr


def test_a_row_that_cannot_be_read_is_said_at_the_end(tmp_path: Path) -> None:
    rows = [complaint(k, MONDAY + timedelta(hours=k), "il y a un problème") for k in range(30)]
    file = written(tmp_path / "t.jsonl", [*rows, {"id": "7"}])
    result = ran("shares", file, "--labels", written(tmp_path / "labels.jsonl", labels_of(rows)), "--all")
    assert result.exit_code == 1
    assert result.stdout.count("learning") == 2
    assert "could not be read" in str(result.exception)


@pytest.mark.parametrize("arguments", [(), ("t.jsonl", "--since", "14d"), ("--since", "soon")])
def test_either_a_file_or_since(arguments: tuple[str, ...]) -> None:
    assert ran("shares", *arguments).exit_code == 2


@pytest.mark.parametrize("option", [("--labels", "labels.jsonl"), ("--map", "text=body"), ("--format", "csv")])
def test_what_says_how_a_file_is_read_does_not_go_with_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: tuple[str, str]
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "labels.jsonl", [])
    result = ran("shares", "--since", "14d", *option)
    assert result.exit_code == 2
    assert f"{option[0]} say how FILE is read: not with --since" in result.stderr
