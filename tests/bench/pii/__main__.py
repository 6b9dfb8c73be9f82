"""`make bench-pii`: our recognisers and presidio-analyzer on the same tweets, one core each, one after the other.

Speed on the tweets of a file (`FILE=tweets.jsonl`, JSON lines with `text`), or on the sample maker's; recall side by
side on the marked tweets of tests/data/pii.jsonl. Presidio runs in its own environment.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import click

from streams.core.pii.marked import PLACE, Evaluation, Marked
from streams.settings import PROJECT_DIR
from tests.bench.load import texts_of
from tests.marked_rows import marked_rows

DEFAULT_ENVIRONMENT: Final = PROJECT_DIR / ".dallosh" / "bench-pii-env"
MARKED: Final = "pii.jsonl"
N_TWEETS: Final = 2_000
N_WARM: Final = 200
TIMEOUT_S: Final = 1_200.0

Figures = dict[str, float]


def contenders(presidio_python: Path) -> dict[str, list[str]]:
    """Returns the command of each, less the plan's file."""
    ours = [sys.executable, "-m", "tests.bench.pii.ours", "PLAN"]
    return {
        "structured": [*ours, "structured"],
        "persons": [*ours, "persons"],
        "whole": [*ours, "whole"],
        "presidio": [str(presidio_python), "tests/bench/pii/presidio.py", "PLAN"],
    }


def measured(command: list[str], plan: Path, rows: list[Marked]) -> Figures:
    """Runs one contender; returns its `tweets_per_s` and its recall of each type."""
    argv = [str(plan) if part == "PLAN" else part for part in command]
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        argv, cwd=PROJECT_DIR, env=one_thread, stdout=subprocess.PIPE, text=True, timeout=TIMEOUT_S, check=False
    )
    if done.returncode:
        raise click.ClickException(f"{argv[1]} ended with {done.returncode}; its error stands above")
    answer = json.loads(done.stdout.splitlines()[-1])
    return {"tweets_per_s": round(answer["tweets_per_s"])} | recall(rows, answer["found"])


def recall(rows: Sequence[Marked], found: Sequence[Iterable[tuple[int, int]]]) -> Figures:
    """Returns for each type the share of marks that are covered by finds of any type; of places, of those untouched."""
    evaluation = Evaluation()
    for row, finds in zip(rows, found, strict=True):
        evaluation.add_finds(row, finds)
    shares = {type_: evaluation.n_found[type_] / n for type_, n in sorted(evaluation.n_marked.items())}
    return shares | {PLACE: evaluation.n_places_whole / evaluation.n_places}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the last line.")
@click.option("--file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Tweets, JSON lines.")
@click.option(
    "--environment", type=click.Path(path_type=Path), default=DEFAULT_ENVIRONMENT, help="Presidio's environment."
)
def main(as_json: bool, file: Path | None, environment: Path) -> None:
    """Measures each contender and prints the figures side by side."""
    python = environment / "bin" / "python"
    if not python.is_file():
        raise click.ClickException(f"{environment} is no environment with presidio; `make bench-pii` makes it")
    rows, texts = marked_rows(MARKED), texts_of(file, N_TWEETS)
    results: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory(prefix="dallosh-bench-") as folder:
        plan = Path(folder) / "plan.json"
        plan.write_text(json.dumps({"texts": texts, "n_warm": N_WARM, "marked": [row.text for row in rows]}))
        for name, command in contenders(python).items():
            results[name] = measured(command, plan, rows)
            click.echo(f"{name}: done", err=True)
    report(results, as_json)


def report(results: dict[str, Figures], as_json: bool) -> None:
    """Prints a row a figure, a column a contender; with JSON the table goes to standard error."""
    click.echo(f"{'':14}" + "".join(f"{name:>12}" for name in results), err=as_json)
    for figure in next(iter(results.values())):
        shown = "places kept" if figure == PLACE else figure
        cells = [
            f"{row[figure]:12,.0f}" if figure == "tweets_per_s" else f"{row[figure]:12.3f}" for row in results.values()
        ]
        click.echo(f"{shown:14}" + "".join(cells), err=as_json)
    if as_json:
        click.echo(json.dumps(results))


if __name__ == "__main__":
    main()
