"""`dallosh classify eval`: how right labels are, and whether their confidence can be believed."""

import asyncio
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from agents.cli.classify_input import as_file, input_options, quiet
from agents.cli.column_map import changes_of
from agents.cli.counted import counted
from agents.cli.file_progress import FileProgress
from agents.cli.scrub_input import name_of
from agents.cli.table import print_table
from agents.offline.evaluation import Evaluation, evaluate, read_labelled
from agents.offline.gathering import classify_wanted
from agents.offline.lines import LabelledLine
from agents.printable import escaped, printable
from agents.truths import read_truths
from schemas.taxonomy import Level
from streams.connectors.file import FileSource, Format
from streams.core.agreement import Agreement
from streams.errors import FatalError
from streams.logging import configure
from streams.settings import load_settings

N_NAMED: Final = 3
"""Ids that are named where two files differ."""


@click.command("eval")
@click.argument("file")
@click.option(
    "--labels", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The right ones, JSON lines or CSV: id, sentiment, priority, main_topic.",
)  # fmt: skip
@input_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def eval_command(
    file: str, labels: Path, level: str, form: Format | None, maps: tuple[str, ...], as_json: bool
) -> None:
    """Measure labels against right ones.

    Prints accuracy, macro-F1, confusion, calibration and the accuracy of the surest answers, for each head.

    FILE is what `dallosh classify` wrote, JSON lines or CSV; or tweets, of which those that have right labels are
    classified first (--level, --format and --map are of these). The interval is the 95 % bootstrap of macro-F1 (1,000
    draws, fixed seed); ECE the expected calibration error over ten bins of equal count.
    """
    settings = load_settings()
    configure(quiet(settings))
    truths = read_truths(labels)
    with as_file(file) as path:
        lines: Iterable[LabelledLine] | None = read_labelled(path, name_of(file))
        if lines is None:
            source = FileSource(path, official_handles=settings.official_handles, form=form, changes=changes_of(maps))
            wanted = frozenset(truths)
            with FileProgress(name_of(file), path.stat().st_size) as display:
                made = asyncio.run(
                    classify_wanted(settings, source, Level(level), lambda tweet: tweet.id in wanted, display)
                )
            lines = made.lines if made.n_tweets else None
        if lines is None:
            raise FatalError(
                f"{name_of(file)} holds no tweet that can be read", remedy="Check the file, --format and --map"
            )
        found = evaluate(lines, truths)
    if as_json:
        click.echo(escaped(msgspec.json.encode(_report(found))))
    else:
        _print(found, name_of(file), labels)


def _report(found: Evaluation) -> dict[str, Any]:
    report = asdict(found)
    for name in ("without_truth", "without_labels", "repeated"):
        ids = report[name]
        report[name] = {"n": len(ids), "first": list(ids[:N_NAMED])}
    return report


def _print(found: Evaluation, name: str, labels: Path) -> None:
    print_table(
        ("head", "n", "accuracy", "macro-F1", "95 % interval", "ECE"),
        [
            (head, str(one.n), _share(one.accuracy), _share(one.macro_f1),
             f"{_share(one.macro_f1_low)} to {_share(one.macro_f1_high)}", _share(one.ece))
            for head, one in found.heads.items()
        ],
    )  # fmt: skip
    negative = found.negative_or_not
    click.echo(f"negative or not: accuracy {_share(negative.accuracy)}, F1 of not negative "
               f"{_share(negative.f1_of_others)}")  # fmt: skip
    for head, one in found.heads.items():
        click.echo(f"\n{head}: right labels down, given ones across")
        print_table(
            ("", *one.labels),
            [(label, *map(str, row)) for label, row in zip(one.labels, one.confusion, strict=True)],
        )
        click.echo(f"\n{head}: confidence, from the least sure tenth up, and the accuracy of the surest")
        print_table(("n", "confidence", "accuracy", "", "coverage", "n", "from confidence", "accuracy"), _sureness(one))
    for ids, file, noun, told in (
        (found.without_truth, name, "row", "without right labels"),
        (found.without_labels, labels, "label", "of no row"),
        (found.repeated, name, "id", "more than once, of which the first row counts"),
    ):
        if ids:
            first = ", ".join(ids[:N_NAMED])
            click.echo(printable(f"{file} has {counted(len(ids), noun)} {told} (the first: {first})"), err=True)


def _sureness(one: Agreement) -> list[tuple[str, ...]]:
    """Sets calibration and coverage side by side."""
    bins = [(str(row.n), _share(row.confidence), _share(row.accuracy)) for row in one.reliability]
    covered = [
        (f"{row.coverage:.0%}", str(row.n), _share(row.confidence), _share(row.accuracy)) for row in one.coverage
    ]
    n_rows = max(len(bins), len(covered))
    bins += [("", "", "")] * (n_rows - len(bins))
    covered += [("", "", "", "")] * (n_rows - len(covered))
    return [(*left, "", *right) for left, right in zip(bins, covered, strict=True)]


def _share(value: float) -> str:
    return f"{value:.3f}"
