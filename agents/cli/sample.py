"""`dallosh sample`: a file of invented tweets."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from streams.connectors.csv_export import HEADER, export_row
from streams.connectors.file import Format
from streams.connectors.jsonl_export import export_line
from streams.core.sample import labelled
from streams.core.sample.damage import damaged
from streams.core.sample.mixture import Kind, SampleRow, mixture
from streams.disk import remedy_of
from streams.errors import FatalError


class SampleReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was written. `topics` and `priorities` count the customers' tweets by what they are about."""

    rows: int
    seed: int
    format: str
    kinds: dict[str, int]
    topics: dict[str, int]
    sentiments: dict[str, int]
    priorities: dict[str, int]
    damages: dict[str, int]


@click.command()
@click.option("--n", "-n", "n_rows", type=click.IntRange(0), default=1_000, show_default=True, help="Rows.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed writes the same bytes.")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="File; default: standard output.")
@click.option("--format", "form", type=click.Choice(["csv", "jsonl"]), help="Default: by the file's name, else csv.")
@click.option("--clean", is_flag=True, help="Customers' tweets only: no noise, nobody official, no broken row.")
@click.option("--json", "as_json", is_flag=True, help="With -o: the summary on standard output.")
def sample(n_rows: int, seed: int, output: Path | None, form: Format | None, clean: bool, as_json: bool) -> None:
    """Write invented tweets to a telecom operator, in the business's CSV export form or as JSON lines.

    Exactly N data rows: customers' tweets of every topic, sentiment and priority, with places and personal data of
    nobody; and, unless --clean, replies, official tweets, retweets, duplicates, near-duplicates, empty tweets and rows
    that cannot be read. A summary of what there is goes to standard error.
    """
    if as_json and output is None:
        raise click.UsageError("--json goes with -o: standard output carries the rows")
    chosen: Format = form or ("jsonl" if output and output.suffix in (".jsonl", ".ndjson") else "csv")
    rows = _clean(n_rows, seed) if clean else mixture(n_rows, seed)
    with _opened(output) as file:
        report = _write(file, rows, chosen, seed)
    click.echo(msgspec.json.encode(report).decode(), err=not as_json)


def _clean(n_rows: int, seed: int) -> Iterator[SampleRow]:
    return (SampleRow(Kind.CUSTOMER, made.tweet, made.scene) for made in labelled(n_rows, seed))


def _write(file: BinaryIO, rows: Iterator[SampleRow], form: Format, seed: int) -> SampleReport:
    export = export_row if form == "csv" else export_line
    if form == "csv":
        file.write(HEADER)
    kinds: Counter[str] = Counter()
    damages: Counter[str] = Counter()
    scenes: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        line = export(row.tweet)
        if row.damage is not None:
            line = damaged(line, row.tweet.id, row.damage)
            damages[row.damage] += 1
        if row.scene is not None:
            scenes[row.scene.topic, row.scene.sentiment, str(row.scene.priority)] += 1
        kinds[row.kind] += 1
        file.write(line)
    topics, sentiments, priorities = (_by(scenes, place) for place in range(3))
    return SampleReport(
        rows=kinds.total(), seed=seed, format=form, kinds=dict(kinds), topics=topics, sentiments=sentiments,
        priorities=priorities, damages=dict(damages),
    )  # fmt: skip


def _by(scenes: Counter[tuple[str, str, str]], place: int) -> dict[str, int]:
    found: Counter[str] = Counter()
    for labels, n_tweets in scenes.items():
        found[labels[place]] += n_tweets
    return dict(sorted(found.items()))


@contextmanager
def _opened(output: Path | None) -> Iterator[BinaryIO]:
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with output.open("wb") as file:
            yield file
    except OSError as error:
        raise FatalError(f"cannot write {output}: {error}", remedy=remedy_of(error)) from error
