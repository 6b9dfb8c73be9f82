"""`dallosh places eval`: figures on labelled tweets, halves that stay the same, and errors that name the line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agents.cli.main import dallosh, main
from agents.cli.places import half_of

TWEETS = [
    {"id": "a", "text": "plus rien à Vierzon depuis lundi"},
    {"id": "b", "text": "merci Free"},
    {"id": "c", "text": "coupé à Lyon, rue Vide"},
]
LABELS = [
    {"id": "a", "location": "Vierzon", "priority": 1},
    {"id": "b", "location": None},
    {"id": "c", "location": "Lyon; rue Vide"},
]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    paths = {}
    for name, rows in (("tweets", TWEETS), ("labels", LABELS)):
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        paths[name] = str(path)
    return paths


def evaluated(*arguments: str) -> Result:
    return CliRunner().invoke(dallosh, ["places", "eval", *arguments])


def test_it_prints_figures_of_places_and_departments(files: dict[str, str], tmp_path: Path) -> None:
    departments = tmp_path / "departments.json"
    departments.write_text('{"Vierzon": "18", "Lyon": "01"}')
    result = evaluated(
        "--labels", files["labels"], "--tweets", files["tweets"], "--departments", str(departments), "--json"
    )
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["n_texts"], report["n_marked"], report["n_recalled"], report["n_streets"]) == (3, 3, 2, 1)
    assert (report["precision"], report["recall_but_streets"], report["department_share"]) == (1.0, 1.0, 0.5)


def test_the_table_tells_the_same(files: dict[str, str]) -> None:
    result = evaluated("--labels", files["labels"], "--tweets", files["tweets"])
    assert result.exit_code == 0, result.output
    assert [line.split() for line in result.stdout.splitlines() if line.startswith("precision")] == [
        ["precision", "1.0"]
    ]
    assert "Vierzon" not in result.output


def test_misses_go_to_the_file_that_was_asked_for(files: dict[str, str], tmp_path: Path) -> None:
    misses = tmp_path / "misses.jsonl"
    evaluated("--labels", files["labels"], "--tweets", files["tweets"], "--misses", str(misses))
    assert [json.loads(line) for line in misses.read_text().splitlines()] == [
        {"row": 2, "kind": "missed", "place": "rue Vide"}
    ]


def test_labels_may_carry_their_own_text(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text('{"text": "panne à Brest", "location": "Brest"}\n')
    result = evaluated("--labels", str(path), "--json")
    assert json.loads(result.stdout)["f1"] == 1.0


def test_the_halves_are_the_whole_and_stay_the_same(files: dict[str, str]) -> None:
    counts = [
        json.loads(evaluated("--labels", files["labels"], "--tweets", files["tweets"], "--json", *half).stdout)[
            "n_texts"
        ]
        for half in ((), ("--half", "tuned"), ("--half", "held-out"))
    ]
    assert counts[0] == counts[1] + counts[2]
    assert [half_of(key) for key in ("a", "b", "c")] == ["tuned", "held-out", "tuned"]


@pytest.mark.parametrize(
    ("labels", "words"),
    [('{"location": "Lyon"}', "neither text nor the id"), ('{"location": 1}', "line 1"), ("{", "line 1")],
)
def test_a_bad_row_is_named_without_its_text(
    labels: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(labels + "\n")
    monkeypatch.setattr("sys.argv", ["dallosh", "places", "eval", "--labels", str(path)])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 1
    assert words in capsys.readouterr().err
