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


@pytest.mark.parametrize("half", [(), ("--half", "tuned")])
def test_misses_go_to_the_file_that_was_asked_for(files: dict[str, str], tmp_path: Path, half: tuple[str, ...]) -> None:
    misses = tmp_path / "misses.jsonl"
    evaluated("--labels", files["labels"], "--tweets", files["tweets"], "--misses", str(misses), *half)
    assert [json.loads(line) for line in misses.read_text().splitlines()] == [
        {"line": 3, "kind": "missed", "place": "rue Vide"}
    ]


def test_blank_lines_are_passed_over_and_counted(files: dict[str, str], tmp_path: Path) -> None:
    labels, misses = tmp_path / "spaced.jsonl", tmp_path / "misses.jsonl"
    labels.write_text("\n" + Path(files["labels"]).read_text().replace("\n", "\r\n \n"))
    result = evaluated("--labels", str(labels), "--tweets", files["tweets"], "--misses", str(misses), "--json")
    assert (json.loads(result.stdout)["n_texts"], json.loads(misses.read_text())["line"]) == (3, 6)


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


def stopped(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """Runs the command as from the shell; returns what it says when it gives up."""
    monkeypatch.setattr("sys.argv", ["dallosh", "places", "eval", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ('{"location": "Lyon"}', "line 2: there is neither"), ('{"location": 1}', "line 2"), ("{", "line 2"),
        ('{"location": "\udcff"}', "line 2"),
    ],
)  # fmt: skip
def test_a_bad_row_is_named_with_a_remedy(
    labels: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(f"\n{labels}\n", errors="surrogateescape")
    said = stopped(["--labels", str(path)], monkeypatch, capsys)
    assert words in said
    assert "Give with --tweets" in said or "A line is" in said


def test_departments_that_are_no_object_are_told(
    files: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = stopped(["--labels", files["labels"], "--departments", files["tweets"]], monkeypatch, capsys)
    assert "The file is one object" in said


def test_a_file_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert "cannot read no.jsonl" in stopped(["--labels", "no.jsonl"], monkeypatch, capsys)


def test_misses_that_cannot_be_written_are_told(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "no" / "misses.jsonl"
    arguments = ["--labels", files["labels"], "--tweets", files["tweets"], "--misses", str(path)]
    said = stopped(arguments, monkeypatch, capsys)
    assert f"cannot write {path}" in said
    assert "Name a file in a directory" in said
