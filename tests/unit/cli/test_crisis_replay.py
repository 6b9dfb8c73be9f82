"""`dallosh crisis replay`: invented waves in files, from a cold start."""

import csv
import json
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.errors import FatalError
from tests.unit.cli.crisis_files import MONDAY, OUTAGE_AT, Rows, chatter, complaint, labels_of, outage, ran, written

TOWNS = ("Lyon", "", "Strasbourg", "Lille", "", "Marseille", "Bordeaux")
CHATTER = chatter(6, 10)


def replayed(path: Path, rows: Rows, *options: str, labels: Rows | None = None) -> Result:
    """Replays rows with labels, by default of complaints about the network."""
    file = written(path / "t.jsonl", rows)
    right = written(path / "labels.jsonl", labels_of(rows) if labels is None else labels)
    return ran("replay", file, "--labels", right, "--json", *options)


def alerts(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def summary(result: Result) -> dict[str, int]:
    found: dict[str, int] = json.loads(result.stderr.splitlines()[-1])
    return found


def confirmed(result: Result) -> list[dict[str, Any]]:
    return [one for one in alerts(result) if one["confirmed_at"] is not None]


def test_an_outage_after_days_of_chatter_is_confirmed_within_minutes(tmp_path: Path) -> None:
    result = replayed(tmp_path, [*CHATTER, *outage(15, 12, TOWNS)])
    assert result.exit_code == 0, result.output
    (one,) = confirmed(result)
    assert list(one) == [
        "id", "topic", "scope", "area", "state", "first_seen_at", "suspected_at", "confirmed_at", "escalated_at",
        "national_at", "closed_at", "observed", "expected", "peak", "e_value", "p_value", "n_located", "places",
        "example_ids", "children",
    ]  # fmt: skip
    assert (one["topic"], one["scope"], one["area"]) == ("network", "national", {"kind": "country", "code": "FR"})
    assert one["first_seen_at"] == OUTAGE_AT.isoformat() == "2026-03-07T10:00:00+01:00"
    times = [datetime.fromisoformat(one[name]) for name in ("confirmed_at", "national_at", "closed_at")]
    assert times == sorted(times)
    assert times[0] - OUTAGE_AT <= timedelta(minutes=10)
    assert one["observed"] >= 5 > one["expected"] > 0
    assert one["e_value"] >= 1e5
    assert {place["department"] for place in one["places"]} <= {"69", "67", "59", "13", "33"}
    assert one["example_ids"][0] == "t10000"
    assert len(one["example_ids"]) == 10


def test_one_that_names_nothing_is_of_unknown_scope_and_one_of_a_town_is_local(tmp_path: Path) -> None:
    (nowhere,) = confirmed(replayed(tmp_path, [*CHATTER, *outage(15, 12)]))
    assert (nowhere["scope"], nowhere["places"], nowhere["national_at"]) == ("unknown", [], None)
    (local,) = confirmed(replayed(tmp_path, [*CHATTER, *outage(8, 12, ("Strasbourg", "Haguenau"))]))
    assert (local["scope"], local["area"]) == ("local", {"kind": "department", "code": "67"})


@pytest.mark.parametrize("minutes", [9, 30, 60])
def test_a_pile_on_in_one_conversation_is_no_alert(tmp_path: Path, minutes: int) -> None:
    advert = {"id": "ad", "created_at": OUTAGE_AT.isoformat(), "text": "Nouvelle Freebox !", "author": "free"}
    crowd = [{**row, "in_reply_to": "ad"} for row in outage(60, minutes, start=OUTAGE_AT + timedelta(minutes=1))]
    result = replayed(tmp_path, [*CHATTER, advert, *crowd])
    assert alerts(result) == []
    told = summary(result)
    assert told["official"] == 1
    assert told["capped"] >= 60 - 2 * 3
    assert told["confirmed"] == told["suspected"] == 0


def test_each_row_is_counted_once_in_the_summary(tmp_path: Path) -> None:
    said = "la connexion coupe toutes les cinq minutes"
    odd = [
        complaint(1, MONDAY, said, author="a"),
        complaint(2, MONDAY + timedelta(hours=1), said, author="a"),
        complaint(1, MONDAY, said, author="a"),
        {**complaint(3, MONDAY, "RT"), "retweet": True},
        {**complaint(4, MONDAY, ""), "text": " "},
        {**complaint(5, MONDAY, "merci"), "author": "Freebox"},
        {**complaint(6, MONDAY, "en panne"), "quote": True},
        complaint(7, MONDAY, "coupé depuis trois semaines"),
        complaint(8, MONDAY, "merci, tout remarche"),
        complaint(9, MONDAY, "sans étiquette"),
    ]
    odd[1]["text"] = odd[0]["text"]
    labels = labels_of(row for row in odd if row["id"] not in ("t8", "t9"))
    labels = [dict(one) for one in {one["id"]: one for one in labels}.values()]
    labels += labels_of([{"id": "t8"}], sentiment="positive", priority=0)
    result = replayed(tmp_path, odd, labels=labels)
    assert result.exit_code == 0
    assert summary(result) == {
        "rows": 10, "refused": 0, "official": 1, "retweets": 1, "duplicates": 1, "near_duplicates": 1, "empty": 1,
        "unlabelled": 1, "tweets": 4, "counted": 2, "chronic": 1, "capped": 0, "confirmed": 0, "suspected": 0,
    }  # fmt: skip
    file = tmp_path / "t.jsonl"
    assert f"WARNING: {file}: 1 of 5 customers' tweets have no labels and are left out" in result.stderr


def test_labels_of_another_file_are_refused(tmp_path: Path) -> None:
    result = replayed(tmp_path, CHATTER, labels=labels_of([{"id": "x"}]))
    assert result.exit_code == 1
    assert isinstance(result.exception, FatalError)
    assert "no customer's tweet of" in str(result.exception)
    assert "names tweets by the same id" in str(result.exception)


def test_rows_that_cannot_be_read_are_named_and_the_others_are_judged(tmp_path: Path) -> None:
    rows = [*CHATTER, *outage(15, 12, TOWNS)]
    whole = replayed(tmp_path, rows)
    file = tmp_path / "t.jsonl"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(['{"id": "7"}\n', *lines[:50], "no JSON\n", *lines[50:]]))
    result = ran("replay", file, "--labels", tmp_path / "labels.jsonl", "--json")
    assert (result.exit_code, result.stdout) == (1, whole.stdout)
    assert f"{file}, line 1: the object lacks created_at, text" in result.stderr
    assert f"{file}, line 52: the line is not JSON" in result.stderr
    assert str(result.exception) == f"2 rows of {file} could not be read. Mend the lines named above"


@pytest.mark.parametrize("year", ["0001", "1969", "2100", "9999"])
def test_a_row_of_an_impossible_date_is_refused_and_stops_nothing(tmp_path: Path, year: str) -> None:
    rows = [*CHATTER, *outage(15, 12, TOWNS)]
    whole = replayed(tmp_path, rows)
    wrong = {**complaint(1, MONDAY, "plus de réseau"), "id": "odd", "created_at": f"{year}-12-31T23:59:59Z"}
    result = replayed(tmp_path, [*rows[:9], wrong, *rows[9:]], labels=labels_of([*rows, wrong]))
    assert (result.exit_code, result.stdout) == (1, whole.stdout)
    assert f"{tmp_path / 't.jsonl'}, line 10: the date is " in result.stderr
    assert str(result.exception) == f"1 row of {tmp_path / 't.jsonl'} could not be read. Mend the lines named above"


def test_a_file_without_a_tweet_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "t.jsonl"
    file.write_text("")
    assert "is empty" in str(ran("replay", file).exception)
    file.write_text("what is this\n")
    assert "holds no tweet that can be read" in str(ran("replay", file, "--format", "jsonl").exception)
    assert "cannot read" in str(ran("replay", tmp_path / "absent.csv").exception)


def test_official_tweets_alone_give_no_alert(tmp_path: Path) -> None:
    official = [{**row, "author": "free"} for row in outage()]
    result = replayed(tmp_path, official)
    assert (result.exit_code, result.stdout) == (0, "")
    assert summary(result)["official"] == 15


def test_csv_columns_of_another_name_and_standard_input_are_read(tmp_path: Path) -> None:
    rows = [*CHATTER, *outage(15, 12, TOWNS)]
    whole = replayed(tmp_path, rows)
    file = tmp_path / "t.csv"
    with file.open("w", newline="") as opened:
        table = csv.writer(opened)
        table.writerow(("id", "quand", "full_text", "user_id"))
        table.writerows((row["id"], row["created_at"], row["text"], row["author"]) for row in rows)
    options = ("--labels", tmp_path / "labels.jsonl", "--json", "--map", "created_at=quand")
    assert ran("replay", file, *options).stdout == whole.stdout
    assert ran("replay", "-", *options, given=file.read_bytes()).stdout == whole.stdout


@given(st.randoms(use_true_random=False))
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_shuffled_file_gives_the_same_alerts(tmp_path: Path, rng: Random) -> None:
    rows = [*CHATTER, *outage(15, 12, TOWNS), *outage(3, 2)]
    result = replayed(tmp_path, rows, labels=labels_of({row["id"]: row for row in rows}.values()))
    rng.shuffle(rows)
    again = replayed(tmp_path, rows, labels=labels_of({row["id"]: row for row in rows}.values()))
    assert alerts(result) != []
    assert (again.stdout, summary(again)) == (result.stdout, summary(result))


def test_the_table_is_for_people(tmp_path: Path) -> None:
    rows = [*CHATTER, *outage(15, 12, TOWNS)]
    file = written(tmp_path / "t.jsonl", rows)
    result = ran("replay", file, "--labels", written(tmp_path / "labels.jsonl", labels_of(rows)))
    head, line, *_ = (line for line in result.stdout.splitlines() if "10:00" in line or "first complaint" in line)
    assert head.split()[:5] == ["first", "complaint", "topic", "where", "suspected"]
    assert line.startswith("2026-03-07 10:00  network  whole country")
    assert "complaints: " in result.stderr
    quiet = ran("replay", written(file, CHATTER[:3]), "--labels", tmp_path / "labels.jsonl")
    assert quiet.stdout == "no alert\n"


def test_without_labels_level_3_classifies(tmp_path: Path) -> None:
    thanks = [complaint(20 + k, MONDAY + timedelta(hours=k), "merci beaucoup, tout marche") for k in range(9)]
    file = written(tmp_path / "t.jsonl", [*thanks, *outage(12, 10), {"id": "7"}])
    result = ran("replay", file, "--json")
    told = summary(result)
    assert (told["tweets"], told["unlabelled"], told["refused"]) == (21, 0, 1)
    assert 8 <= told["counted"] + told["capped"] <= 12
    assert result.stderr.count("the object lacks") == 1


@pytest.mark.parametrize("option", [("--labels", "absent.jsonl"), ("--level", "api")])
def test_other_options_are_usage_errors(tmp_path: Path, option: tuple[str, str]) -> None:
    assert ran("replay", written(tmp_path / "t.jsonl", CHATTER), *option).exit_code == 2
