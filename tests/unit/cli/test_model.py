"""`dallosh model check`: what a usable folder is told to be, and every problem of another one."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agents import model_check
from agents.checks.models import model_checks
from agents.cli.model import model
from agents.model_check import TRIALS, check_model
from schemas.taxonomy import Sentiment
from streams.settings import Settings
from tests.model_folder import JOINT, OWN, hugging_face_folder, own_folder


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_check, "MAX_SPEED_TWEETS", 8)


def check(*arguments: str | Path) -> Result:
    return CliRunner().invoke(model, ["check", *map(str, arguments)])


def summary_of(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
    done = check(*arguments, "--json")
    summary: dict[str, Any] = json.loads(done.stdout)
    return done.exit_code, summary


def test_a_folder_of_our_own_form(tmp_path: Path) -> None:
    code, said = summary_of(own_folder(tmp_path))
    assert (code, said["usable"], said["problems"]) == (0, True, [])
    assert (said["version"], said["max_length"], said["pad_id"]) == ("bert-test", 24, 1)
    assert said["inputs"] == {"input_ids": "int64", "attention_mask": "int64"}
    assert [(one["name"], one["classes"], one["temperature"]) for one in said["outputs"]] == [
        ("sentiment", 3, 1.0), ("priority", 3, 2.0), ("main_topic", 6, 1.0)
    ]  # fmt: skip
    assert said["file_bytes"] == {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert (said["same_alone"], said["confidence_moved_most"]) == (1.0, 0.0)
    assert said["tweets_per_s"] > 0
    assert said["memory_bytes"] > 10_000_000
    assert len(said["answers"]) == len(TRIALS)


def test_a_folder_of_hugging_face_s_form(tmp_path: Path) -> None:
    code, said = summary_of(hugging_face_folder(tmp_path, onnx="model_quantized.onnx"))
    assert (code, said["usable"]) == (0, True)
    assert "model_quantized.onnx" in said["file_bytes"]
    (output,) = said["outputs"]
    assert output["labels"]["main_topic"] == [name.split("|")[2] for name in JOINT]


def test_for_people(tmp_path: Path) -> None:
    done = check(own_folder(tmp_path))
    assert done.exit_code == 0
    for words in (
        "bert-test", "input_ids int64", "sentiment: 3 classes, temperature 1", "24 tokens at most", "tweets a second",
        "100% of the labels as alone", "(10 kB)", "pareil pour moi (answers a tweet)", "(empty)",
    ):  # fmt: skip
        assert words in done.stdout
    assert f"DALLOSH_BERT_DIR={tmp_path}" in done.stderr


def test_every_problem_is_told_with_its_file_and_remedy(tmp_path: Path) -> None:
    folder = own_folder(tmp_path, heads={**OWN["heads"], "priority": {"id2label": ["0"], "temperature": 1.0}})
    (folder / "tokenizer.json").unlink()
    (folder / "model.onnx").write_bytes(b"no model")
    code, said = summary_of(folder)
    assert (code, said["usable"]) == (1, False)
    assert [Path(one["file"]).name for one in said["problems"]] == ["config.json", "tokenizer.json", "model.onnx"]
    assert all(one["remedy"] and one["problem"] for one in said["problems"])
    done = check(folder)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "heads.priority" in done.stderr
    assert "3 problems" in done.stderr


def test_a_missing_folder(tmp_path: Path) -> None:
    code, said = summary_of(tmp_path / "absent")
    assert (code, said["problems"][0]["problem"]) == (1, "is no folder")


def test_only_the_folder_in_force_has_a_setting_to_unset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "s.csv"
    file.write_text("no model")
    for given in (file, tmp_path):
        named = check(given)
        assert (named.exit_code, named.stdout) == (1, "")
        assert "DALLOSH_BERT_DIR" not in named.stderr
        monkeypatch.setenv("DALLOSH_BERT_DIR", str(given))
        assert "or unset DALLOSH_BERT_DIR" in check().stderr
    assert "1 problem\n" in check(file).stderr


def test_a_model_that_reads_its_padding_is_refused(tmp_path: Path) -> None:
    """The graph does not look at the mask, and the id 0 votes: padded with it, short tweets turn positive."""
    code, said = summary_of(own_folder(tmp_path, pad_id=0, max_length=96))
    assert code == 1
    assert "attention_mask, or the pad id" in said["problems"][0]["problem"]


def test_without_a_folder_it_checks_the_one_in_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DALLOSH_BERT_DIR", str(own_folder(tmp_path, version="in-force")))
    assert summary_of()[1]["version"] == "in-force"


def test_the_answers_are_those_of_the_trials(tmp_path: Path) -> None:
    report, problems = check_model(own_folder(tmp_path), speed_s=0.0)
    assert problems == []
    assert report is not None
    i = next(i for i, trial in enumerate(TRIALS) if trial.text.startswith("panne panne"))
    assert report.answers[i].sentiment is Sentiment.NEGATIVE


async def test_the_doctor_tells_all_problems_of_the_folder(tmp_path: Path) -> None:
    folder = own_folder(tmp_path)
    (folder / "tokenizer.json").unlink()
    (folder / "model.onnx").unlink()
    checks = {one.name: one async for one in model_checks(Settings(_env_file=None, bert_dir=folder))}
    assert checks["level 3"].status == "failed"
    for name in ("tokenizer.json", "model.onnx"):
        assert name in checks["level 3"].message
    assert "use-another-bert.md" in checks["level 3"].remedy
