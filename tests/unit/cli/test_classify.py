"""`dallosh classify` on the model that ships, and `dallosh classify eval`."""

import base64
import csv
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agents.cli.main import dallosh
from streams.connectors.csv_export import HEADER, export_row
from streams.connectors.jsonl_export import export_line
from streams.core.sample import labelled
from streams.core.sample.damage import damaged
from streams.core.sample.mixture import Kind, SampleRow, mixture
from streams.errors import FatalError, SettingsError

FIELDS = [
    "id", "sentiment", "priority", "main_topic", "confidence_sentiment", "confidence_priority",
    "confidence_main_topic", "places", "level",
]  # fmt: skip
ROWS = list(mixture(150, 5))
"""At least one of each kind, and two that cannot be read."""
GOOD = [one for one in ROWS if one.damage is None]
OUTAGE = '{"id":"1","created_at":"2026-01-05 10:00:00 +01:00","text":"Plus d\'internet à Vierzon depuis 3 jours !"}\n'


def ran(*arguments: str | Path, given: bytes | None = None) -> Result:
    return CliRunner().invoke(dallosh, ["classify", *map(str, arguments)], input=given)


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def written(one: SampleRow, form: str) -> bytes:
    line = export_row(one.tweet) if form == "csv" else export_line(one.tweet)
    return line if one.damage is None else damaged(line, one.tweet.id, one.damage)


def sample(path: Path, form: str, rows: list[SampleRow] = ROWS) -> Path:
    path.write_bytes((HEADER if form == "csv" else b"") + b"".join(written(one, form) for one in rows))
    return path


def test_a_tweet_gets_its_labels_and_places() -> None:
    result = ran("-", given=OUTAGE.encode())
    (row,) = rows(result.stdout)
    assert result.exit_code == 0
    assert list(row) == FIELDS
    assert (row["id"], row["sentiment"], row["main_topic"], row["level"]) == ("1", "negative", "network", "bert")
    assert row["priority"] == 2
    assert all(0 < row[f"confidence_{head}"] <= 1 for head in ("sentiment", "priority", "main_topic"))
    assert [place["text"] for place in row["places"]] == ["Vierzon"]
    assert "1 row: classified by bert 1; 0 without labels" in result.stderr


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_every_row_that_can_be_read_has_a_line_noise_and_official_ones_too(tmp_path: Path, form: str) -> None:
    assert {one.kind for one in GOOD} >= {Kind.RETWEET, Kind.OFFICIAL, Kind.DUPLICATE, Kind.EMPTY}
    path, out = sample(tmp_path / f"t.{form}", form, GOOD), tmp_path / "o.jsonl"
    result = ran(path, "-o", out)
    assert result.exit_code == 0, result.stderr
    assert [row["id"] for row in rows(out.read_text())] == [one.tweet.id for one in GOOD]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["o.jsonl", path.name]
    assert rows(ran("-", given=path.read_bytes()).stdout) == rows(out.read_text())


def test_rows_that_cannot_be_read_are_named_and_kept_and_the_others_classified(tmp_path: Path) -> None:
    broken = [one for one in ROWS if one.damage is not None]
    assert len(broken) == 2
    path, out = sample(tmp_path / "t.csv", "csv"), tmp_path / "o.csv"
    result = ran(path, "-o", out)
    assert result.exit_code == 1
    assert isinstance(result.exception, FatalError)
    assert "rows of" in str(result.exception)
    assert "o.csv.rejected" in str(result.exception)
    with out.open(newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["id"] for row in found] == [one.tweet.id for one in GOOD]
    assert list(found[0]) == FIELDS
    kept = rows((tmp_path / "o.csv.rejected").read_text())
    lines = path.read_bytes().split(b"\n")
    named = [line for line in result.stderr.splitlines() if line.startswith(f"{path}, line ")]
    assert len(named) == len(kept) >= len(broken)
    for one, said in zip(kept, named, strict=True):
        assert said == f"{path}, line {one['line']}: {one['reason']}"
        assert base64.b64decode(one["raw"]).split(b"\n")[0] == lines[one["line"] - 1]


def test_a_short_reply_takes_the_topic_of_what_it_answers_from_a_later_row(tmp_path: Path) -> None:
    def line(id_: str, text: str, **changes: str) -> bytes:
        made = {"id": id_, "created_at": "2026-01-05 10:00:00 +01:00", "text": text, **changes}
        return json.dumps(made).encode() + b"\n"

    reply = line("2", "@Free_1337 pareil ici", in_reply_to="1")
    question = line("1", "@Free_1337 ma facture de juin compte deux fois 19,99 €, quand serai-je remboursé ?")
    alone, behind = tmp_path / "alone.jsonl", tmp_path / "behind.jsonl"
    alone.write_bytes(reply)
    behind.write_bytes(reply + question)
    (before,) = rows(ran(alone).stdout)
    after, answered = rows(ran(behind).stdout)
    assert answered["main_topic"] == after["main_topic"] == "billing"
    assert before["main_topic"] != "billing"


def test_columns_of_another_name_are_mapped(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("tweet,quand,mots\n7,2026-01-05T10:00:00Z,la box redémarre sans cesse\n")
    result = ran(path, "--map", "id=tweet", "--map", "created_at=quand", "--map", "text=mots")
    assert [row["id"] for row in rows(result.stdout)] == ["7"]


def test_an_output_that_would_harm_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    path, notes = tmp_path / "t.jsonl.cursor", tmp_path / "notes.csv"
    path.write_text(OUTAGE)
    notes.write_text("what nobody has twice\n")
    refused: dict[str | Path, str] = {
        "": "names no file", tmp_path / "t.jsonl": "the file that is read", notes: "holds something else",
        tmp_path / "none" / "o.csv": "there is no such folder", Path("/dev/null"): "no regular file",
    }  # fmt: skip
    for out, why in refused.items():
        result = ran(path, "--format", "jsonl", "-o", out)
        assert result.exit_code in (1, 2)
        assert why in result.stderr + str(result.exception)
    assert (path.read_text(), notes.read_text()) == (OUTAGE, "what nobody has twice\n")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["notes.csv", "t.jsonl.cursor"]
    assert ran(path, "--format", "jsonl", "-o", notes, "--restart").exit_code == 0
    assert ran(path, "--format", "jsonl", "-o", notes).exit_code == 0, "labels of an earlier run are written over"


def test_a_hyphen_is_standard_output_and_an_empty_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(OUTAGE)
    (row,) = rows(ran(path, "-o", "-").stdout)
    assert row["id"] == "1"
    path.write_text("")
    assert str(ran(path).exception).startswith(f"{path} is empty")


def test_what_cannot_be_read_or_written_is_said(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(OUTAGE)
    assert ran(path, "-o", path).exit_code == 2
    assert path.read_text() == OUTAGE
    assert "cannot read" in str(ran(tmp_path / "absent.csv").exception)
    assert "cannot read" in str(ran(tmp_path).exception)
    assert "cannot write" in str(ran(path, "-o", path / "o.jsonl").exception)
    assert isinstance(ran(path, "--level", "api").exception, SettingsError)
    assert isinstance(ran(path, "--level", "gpu").exception, SettingsError)


# --- eval


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of invented tweets, their right labels, and what the model said of them in both forms."""
    folder = tmp_path_factory.mktemp("measured")
    made = list(labelled(60, 2))
    (folder / "t.csv").write_bytes(HEADER + b"".join(export_row(one.tweet) for one in made))
    truths = [
        {"id": one.tweet.id, "sentiment": one.scene.sentiment, "priority": one.scene.priority,
         "main_topic": one.scene.topic, "location": None}
        for one in made
    ]  # fmt: skip
    truths[0]["id"] = "absent"
    (folder / "labels.jsonl").write_text("".join(json.dumps(one) + "\n" for one in truths))
    for name in ("o.csv", "o.jsonl"):
        assert ran(folder / "t.csv", "-o", folder / name).exit_code == 0
    return folder


def evaluated(folder: Path, name: str) -> dict[str, Any]:
    result = ran("eval", folder / name, "--labels", folder / "labels.jsonl", "--json")
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_figures_are_those_of_the_lines_in_either_form(measured: Path) -> None:
    found = evaluated(measured, "o.jsonl")
    assert evaluated(measured, "o.csv") == found
    truths = {row["id"]: row for row in rows((measured / "labels.jsonl").read_text())}
    lines = [row for row in rows((measured / "o.jsonl").read_text()) if row["id"] in truths]
    for head, one in found["heads"].items():
        n_right = sum(row[head] == truths[row["id"]][head] for row in lines)
        assert (one["n"], one["accuracy"]) == (59, pytest.approx(n_right / 59))
        assert sum(map(sum, one["confusion"])) == 59
        assert one["macro_f1_low"] <= one["macro_f1"] <= one["macro_f1_high"]
    assert found["without_labels"] == {"n": 1, "first": ["absent"]}
    assert found["without_truth"]["n"] == 1


def test_tweets_are_classified_first_those_that_have_labels(measured: Path) -> None:
    found = evaluated(measured, "t.csv")
    assert found["without_truth"] == {"n": 0, "first": []}
    assert found["heads"]["sentiment"]["n"] == 59
    assert found["heads"]["sentiment"]["accuracy"] > 0.5


def test_the_tables_are_for_people(measured: Path) -> None:
    result = ran("eval", measured / "o.jsonl", "--labels", measured / "labels.jsonl")
    for part in (
        "macro-F1",
        "95 % interval",
        "ECE",
        "negative or not: accuracy",
        "main_topic: right labels down",
        "90%",
    ):
        assert part in result.stdout
    assert "1 label of no row (the first: absent)" in result.stderr


def test_files_that_share_no_tweet_are_refused(measured: Path, tmp_path: Path) -> None:
    other = tmp_path / "labels.jsonl"
    other.write_text('{"id":"x","sentiment":"neutral","priority":0,"main_topic":"other"}\n')
    assert "no tweet has labels in both" in str(ran("eval", measured / "o.jsonl", "--labels", other).exception)
    other.write_text('{"id":"x","sentiment":"furious","priority":0,"main_topic":"other"}\n')
    said = str(ran("eval", measured / "o.jsonl", "--labels", other).exception)
    assert "labels.jsonl, line 1: sentiment is not one of negative, neutral, positive" in said
    assert "furious" not in said


def test_an_empty_file_is_named(measured: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_bytes(b"\xef\xbb\xbf\n")
    assert f"{empty} holds no labels" in str(ran("eval", measured / "o.jsonl", "--labels", empty).exception)
    assert f"{empty} is empty" in str(ran("eval", empty, "--labels", measured / "labels.jsonl").exception)
    said = str(ran("eval", "-", "--labels", measured / "labels.jsonl", given=b"").exception)
    assert "standard input is empty" in said
    empty.write_bytes((measured / "o.csv").read_bytes().splitlines(keepends=True)[0])
    assert f"{empty} holds no rows" in str(ran("eval", empty, "--labels", measured / "labels.jsonl").exception)
    empty.write_bytes(HEADER)
    assert "holds no tweet" in str(ran("eval", empty, "--labels", measured / "labels.jsonl").exception)


def test_ids_that_stand_in_the_file_more_than_once_are_counted(measured: Path, tmp_path: Path) -> None:
    lines = (measured / "o.jsonl").read_text().splitlines(keepends=True)
    id_ = json.loads(lines[1])["id"]
    again = json.loads(lines[1]) | {"sentiment": "neutral", "confidence_sentiment": 0.5}
    path = tmp_path / "o.jsonl"
    path.write_text("".join(lines) + json.dumps(again) + "\n")
    found = evaluated(measured, "o.jsonl")
    result = ran("eval", path, "--labels", measured / "labels.jsonl", "--json")
    assert json.loads(result.stdout) == found | {"repeated": {"n": 1, "first": [id_]}}
    said = ran("eval", path, "--labels", measured / "labels.jsonl").stderr
    assert f"1 id more than once, of which the first row counts (the first: {id_})" in said


def test_right_labels_may_be_csv(measured: Path, tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    with path.open("w", newline="") as file:
        rows_ = csv.DictWriter(file, ("main_topic", "location", "id", "sentiment", "priority"))
        rows_.writeheader()
        rows_.writerows(rows((measured / "labels.jsonl").read_text()))
    result = ran("eval", measured / "o.jsonl", "--labels", path, "--json")
    assert json.loads(result.stdout) == evaluated(measured, "o.jsonl")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sentiment": "furious"}, "sentiment is not one of negative, neutral, positive"),
        ({"priority": "7"}, "priority is not one of 0, 1, 2"),
        ({"confidence_priority": "4"}, "confidence_priority: Expected float <= 1.0"),
    ],
)
def test_a_row_that_was_changed_is_named_and_not_quoted(
    measured: Path, tmp_path: Path, change: dict[str, str], said: str
) -> None:
    path = tmp_path / "o.csv"
    with (measured / "o.csv").open(newline="") as old, path.open("w", newline="") as new:
        found = list(csv.DictReader(old))
        rows_ = csv.DictWriter(new, FIELDS)
        rows_.writeheader()
        rows_.writerows([found[0], found[1] | change])
    assert f"{path}, line 3: {said}. " in str(ran("eval", path, "--labels", measured / "labels.jsonl").exception)
