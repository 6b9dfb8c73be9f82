"""`dallosh model check`: whether a folder can be the model of level 3, and what it is like."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from agents.cli.counted import counted
from agents.cli.table import print_table
from agents.model_check import TRIALS, ModelReport, check_model
from agents.printable import escaped, printable
from streams.core.bert_heads import HEADS
from streams.providers.bert_folder import Problem, in_force
from streams.settings import load_settings

_MB: Final = 1e6


@click.group()
def model() -> None:
    """Check a model folder of level 3."""


@model.command("check")
@click.argument("directory", metavar="[DIR]", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def check(directory: Path | None, as_json: bool) -> None:
    """Check the model folder DIR (default: DALLOSH_BERT_DIR): files, digests, labels, and tweets that it classifies.

    Prints what the model is, its answers to a few invented tweets, its speed and memory here. Exit 1 with all problems,
    each with its remedy, when it cannot serve.
    """
    given, directory = directory, directory or load_settings().bert_dir
    report, problems = check_model(directory)
    if given is None:
        problems = list(map(in_force, problems))
    if as_json:
        click.echo(escaped(msgspec.json.encode(_summary(report, problems))))
    elif report is not None:
        _print(report)
    if not as_json:
        for problem in problems:
            click.echo(f"{printable(str(problem.path))} {printable(problem.why)}", err=True)
            click.echo(f"    {printable(problem.remedy)}", err=True)
        verdict = f"it can serve: DALLOSH_BERT_DIR={directory}" if report else counted(len(problems), "problem")
        click.echo(printable(verdict), err=True)
    sys.exit(0 if report else 1)


def _summary(report: ModelReport | None, problems: list[Problem]) -> dict[str, Any]:
    told = [{"file": str(one.path), "problem": one.why, "remedy": one.remedy} for one in problems]
    if report is None:
        return {"usable": False, "problems": told}
    folder = report.model.folder
    outputs = [
        {"name": one.name, "classes": one.n_classes, "temperature": one.temperature, "labels": one.labels}
        for one in folder.outputs
    ]
    answers = [
        {"tweet": trial.shown or trial.text} | {name: getattr(labels, name) for name in labels.__struct_fields__}
        for trial, labels in zip(TRIALS, report.answers, strict=True)
    ]
    return {
        "usable": True, "problems": told, "version": folder.version, "file_bytes": report.file_bytes,
        "inputs": folder.inputs, "outputs": outputs, "max_length": folder.max_length, "pad_id": folder.pad_id,
        "same_alone": round(report.same, 4), "confidence_moved": round(report.moved, 4),
        "confidence_moved_most": round(report.most_moved, 4), "tweets_per_s": round(report.tweets_per_s, 1),
        "memory_bytes": report.memory_bytes, "answers": answers,
    }  # fmt: skip


def _print(report: ModelReport) -> None:
    print_table((), [(name, printable(said)) for name, said in _facts(report)])
    click.echo()
    print_table(("sentiment", "priority", "main topic", "least sure", "tweet"), _answers(report))


def _facts(report: ModelReport) -> Iterator[tuple[str, str]]:
    folder = report.model.folder
    yield "version", folder.version
    yield "files", ", ".join(f"{name} {n_bytes / _MB:.1f} MB" for name, n_bytes in report.file_bytes.items())
    yield "inputs", ", ".join(f"{name} {dtype}" for name, dtype in folder.inputs.items())
    for output in folder.outputs:
        yield "output", f"{output.name}: {output.n_classes} classes, temperature {output.temperature:g}"
        for head, names in output.labels.items():
            yield "labels", f"{head}: {', '.join(dict.fromkeys(names))}"
    yield "input", f"{folder.max_length} tokens at most, padded with the id {folder.pad_id}"
    moved = f"confidences move by {report.moved:.3f} on average, {report.most_moved:.3f} at most"
    yield "padding", f"{report.same:.0%} of the labels as alone beside a long tweet, {moved}"
    yield "speed", f"{report.tweets_per_s:.0f} tweets a second on one thread ({report.n_tweets} invented ones)"
    yield "memory", f"{report.memory_bytes / _MB:.0f} MB, this process"


def _answers(report: ModelReport) -> Iterator[tuple[str, ...]]:
    for trial, labels in zip(TRIALS, report.answers, strict=True):
        least = min((float(getattr(labels, f"confidence_{head}")), head) for head in HEADS)
        sure = f"{least[0]:.2f} {least[1]}"
        yield labels.sentiment.value, str(labels.priority), labels.main_topic.value, sure, trial.shown or trial.text
