"""`dallosh cascade`: explained without a call, played on recorded answers."""

import asyncio
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from agents.cli.cascade import cascade
from agents.whatif import read_sample
from schemas.taxonomy import DataPolicy
from streams.core.prompt import Prompt
from streams.errors import FatalError
from streams.providers.levels import api_targets
from streams.providers.protocol import Completion, Deployed
from streams.settings import Settings, load_settings

FLASH, MINI = "gemini/gemini-2.5-flash-lite", "openai/gpt-4o-mini"
TEXTS = ("Plus de fibre depuis hier", "Merci pour la box", "Ma facture est fausse, @acme_box et @moi_x")


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("GEMINI", "OPENAI"):
        monkeypatch.setenv(f"DALLOSH_{name}_API_KEY", "invented")
    monkeypatch.setenv("DALLOSH_OPENAI_MODELS", "gpt-4o-mini")
    monkeypatch.setenv("DALLOSH_DATA_DIR", str(tmp_path))


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Three tweets, their labels, and answers: FLASH is unsure and wrong about the last one, MINI right."""
    at = "2026-01-02T03:04:05+01:00"
    tweets = [{"id": f"t{i}", "created_at": at, "text": text, "author": "u_1"} for i, text in enumerate(TEXTS)]
    truth = [("negative", 2, "network"), ("positive", 0, "equipment"), ("negative", 1, "billing")]
    labels = [
        {"id": f"t{i}", "sentiment": sentiment, "priority": priority, "main_topic": topic}
        for i, (sentiment, priority, topic) in enumerate(truth)
    ]
    answers = []
    for target in (FLASH, MINI, "bert"):
        for i, label in enumerate(labels):
            unsure = target == FLASH and i == 2
            confidence = dict.fromkeys(
                ("confidence_sentiment", "confidence_priority", "confidence_main_topic"), 0.2 if unsure else 0.9
            )
            said = {key: value for key, value in label.items() if key != "id"} | confidence
            said["priority"] = 0 if unsure else said["priority"]
            answers.append({"id": label["id"], "target": target, "labels": said})
    return (
        lines(tmp_path / "tweets.jsonl", tweets),
        lines(tmp_path / "labels.jsonl", labels),
        lines(tmp_path / "answers.jsonl", answers),
    )


def run(*args: str) -> list[dict[str, Any]]:
    result = CliRunner().invoke(cascade, [*args, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.usefixtures("keys")
def test_the_present_and_a_changed_cascade_stand_side_by_side(files: tuple[Path, Path, Path]) -> None:
    tweets, labels, answers = map(str, files)
    with files[0].open("a") as file:
        file.write("no tweet\n")
    rows = run("whatif", tweets, "--labels", labels, "--answers", answers, "--escalation-share", "1")
    present, changed, *alone = rows[:-1]
    assert (present["name"], present["by_target"]) == ("present", {FLASH: 3})
    assert present["accuracy"]["priority"] == pytest.approx(2 / 3)
    assert changed["by_target"] == {FLASH: 2, MINI: 1}
    assert changed["accuracy"]["priority"] == 1.0
    assert float(changed["api_usd_per_million"]) > float(present["api_usd_per_million"])
    assert [one["name"] for one in alone] == [f"only {FLASH}", f"only {MINI}", "only bert"]
    assert rows[-1] == {
        "tweets": 3, "unread": 1, "cascades": 5, "calls": 0, "asked_usd": "0", "calls_unpriced": 0,
    }  # fmt: skip


@pytest.mark.usefixtures("keys")
def test_a_price_and_an_absence_can_be_tried(files: tuple[Path, Path, Path]) -> None:
    tweets, labels, answers = map(str, files)
    sample = ("whatif", tweets, "--labels", labels, "--answers", answers)
    assert run(*sample, "--price", "google/gemini-2.5-flash-lite=9:9")[1]["by_target"] == {MINI: 3}
    assert run(*sample, "--without", FLASH)[1]["by_target"] == {MINI: 3}
    wrong = CliRunner().invoke(cascade, [*sample, "--price", "nonsense"])
    assert wrong.exit_code == 2
    assert "REF=IN:OUT" in wrong.stderr
    assert run(*sample, "--price", "gemini/gemini-2.5-flash-lite=9:9")[1]["by_target"] == {MINI: 3}


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("price", "words"),
    [
        ("openai/gpt-4o-mini=-1:2", "input is -1"),
        ("openai/gpt-4o-mini=NaN:2", "input is NaN"),
        ("openai/gpt-9=1:2", "billed by openai/gpt-9"),
    ],
)
def test_a_price_that_cannot_be_or_that_nothing_costs_is_refused(
    files: tuple[Path, Path, Path], price: str, words: str
) -> None:
    tweets, labels, answers = map(str, files)
    wrong = CliRunner().invoke(cascade, ["whatif", tweets, "--labels", labels, "--answers", answers, "--price", price])
    assert (wrong.exit_code, words in wrong.stderr) == (2, True)


class Answering:
    """A model that answers everything alike and takes 1,000 tokens in and 100 out."""

    name, model, policy = "fake", "", DataPolicy.PUBLIC

    def __init__(self) -> None:
        self.closed = False

    async def complete(self, prompt: Prompt, *, timeout_s: float) -> Completion:
        said = ",".join(f'"{i}n2n9"' for i in range(1, prompt.n_items + 1))
        return Completion(text=f'{{"r":[{said}]}}', finish="stop", input_tokens=1_000, output_tokens=100)

    async def close(self) -> None:
        self.closed = True


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(("price_ref", "usd", "n_unpriced"), [("openai/gpt-4o-mini", "0.00021", 0), (None, None, 1)])
def test_what_asking_cost_is_told_and_an_unknown_cost_is_not_0(
    files: tuple[Path, Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    price_ref: str | None,
    usd: str | None,
    n_unpriced: int,
) -> None:
    provider = Answering()

    def targets(settings: Settings) -> list[Deployed]:
        (one,) = (found.target for found in api_targets(settings) if found.target.name == MINI)
        return [Deployed(replace(one, profile=replace(one.profile, price_ref=price_ref)), provider)]

    monkeypatch.setattr("agents.cli.cascade.api_targets", targets)
    tweets, labels, answers = files
    bert = [row for row in map(json.loads, answers.read_text().splitlines()) if row["target"] == "bert"]
    sample = ("whatif", str(tweets), "--labels", str(labels), "--answers", str(lines(answers, bert)))
    rows = run(*sample, "--ask", MINI, "--yes")
    assert rows[0]["by_target"] == {MINI: 3}
    asked = rows[-1]["asked_usd"]
    assert (rows[-1]["calls"], rows[-1]["calls_unpriced"], provider.closed) == (1, n_unpriced, True)
    assert (None if asked is None else Decimal(asked)) == (None if usd is None else Decimal(usd))


@pytest.mark.usefixtures("keys")
def test_nothing_is_asked_without_consent(files: tuple[Path, Path, Path]) -> None:
    tweets, labels, _ = map(str, files)
    with pytest.raises(FatalError, match="would ask, and pay for: openai/gpt-4o-mini 3 tweets"):
        CliRunner().invoke(cascade, ["whatif", tweets, "--labels", labels, "--ask", MINI], catch_exceptions=False)


@pytest.mark.usefixtures("keys")
def test_a_line_that_is_no_label_is_named(files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"id": "t0", "sentiment": "angry", "priority": 1, "main_topic": "network"}\n')
    with pytest.raises(FatalError, match=r"bad.jsonl, line 1: sentiment is not one of negative, neutral, positive"):
        CliRunner().invoke(cascade, ["whatif", str(files[0]), "--labels", str(bad)], catch_exceptions=False)


@pytest.mark.usefixtures("keys")
def test_an_answer_of_no_label_is_named_and_not_quoted(files: tuple[Path, Path, Path]) -> None:
    tweets, labels, answers = map(str, files)
    text = files[2].read_text()
    files[2].write_text(text.replace('"negative"', '"furious"', 1))
    assert files[2].read_text() != text
    with pytest.raises(FatalError, match=r"labels\.sentiment is not one of negative") as caught:
        CliRunner().invoke(
            cascade, ["whatif", tweets, "--labels", labels, "--answers", answers], catch_exceptions=False
        )
    assert "furious" not in str(caught.value)


@pytest.mark.usefixtures("keys")
def test_explain_tells_the_way_without_redis() -> None:
    (found,) = run("explain", "--tweet", "Plus de fibre depuis 12 jours, rappelez le 06 12 34 56 78")
    assert [step["name"] for step in found["steps"]] == [FLASH, MINI]
    assert all("06 12" not in step["sees"] for step in found["steps"])
    assert found["missing"]


@pytest.mark.usefixtures("keys")
async def test_both_see_the_handles_of_this_deployment(
    files: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = await read_sample(files[0], files[1], load_settings(official_handles="acme_box"))
    assert sample.tweets[2].scrubbed == "Ma facture est fausse, @acme_box et @u1"
    monkeypatch.setenv("DALLOSH_OFFICIAL_HANDLES", "acme_box")
    (found,) = await asyncio.to_thread(run, "explain", "--tweet", TEXTS[2])
    assert {step["sees"] for step in found["steps"]} == {sample.tweets[2].scrubbed}
