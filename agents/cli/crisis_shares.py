"""`dallosh crisis shares`: topics with an unusual share of a day, of a file or of a deployment."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import click
import msgspec

from agents.cli.counted import counted
from agents.cli.crisis_input import labels_options, opened
from agents.cli.dlq_report import NOTHING_MATCHED, deployment
from agents.cli.file_progress import tell
from agents.cli.instant import Since
from agents.cli.scrub_input import name_of
from agents.cli.table import print_table
from agents.cli.unread_rows import judge_rows
from agents.crisis.days import days_since
from agents.printable import escaped
from schemas.shares import DayShares, TopicShare
from streams.connectors.file import Format

_HEAD: Final = ("day", "topic", "of the", "over", "count", "share", "usual share", "ratio", "p-value")


@click.command("shares")
@click.argument("file", required=False)
@click.option("--since", type=Since(), help="What ops.shares holds of days since: 14d or an ISO instant.")
@labels_options
@click.option("--all", "every", is_flag=True, help="Every day, also those of which nothing is to be told.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a day, all topics; a summary on standard error.")
def shares_command(
    file: str | None, since: datetime | None, labels: Path | None, form: Format | None, maps: tuple[str, ...],
    every: bool, as_json: bool,
) -> None:  # fmt: skip
    """Find days on which a topic had an unusual share: what grows over days, and raises no alert.

    FILE is read as by `dallosh crisis replay`. Or --since reads ops.shares, to which the detector writes each French
    day when it is over.

    One line a topic that was unusual: of all tweets of customers or of complaints, over that day or over three days of
    which it is the last. Each author counts once for each topic. Usual is the share of the 28 days before; nothing is
    judged before 14 of them were seen (learning), nor a day of which more than six hours were not read.
    """
    if (file is None) == (since is None):
        raise click.UsageError("give either FILE or --since")
    if file is None:
        assert since is not None
        _refuse_with_since(labels=labels, format=form, map=maps)
        days = asyncio.run(days_since(deployment(), since))
        print_days(days, every=every, as_json=as_json)
        sys.exit(0 if days else NOTHING_MATCHED)
    with opened(file, labels, form, maps) as replayer:
        found = replayer.play()
    print_days(found.days, every=every, as_json=as_json)
    judge_rows(found.summary.refused, name_of(file))


def _refuse_with_since(**options: object) -> None:
    if given := [f"--{name}" for name, value in options.items() if value]:
        raise click.UsageError(f"{', '.join(given)} say how FILE is read: not with --since")


def print_days(days: Sequence[DayShares], *, every: bool, as_json: bool) -> None:
    """Prints the days, and on standard error how many were judged."""
    shown = [day for day in days if every or _unusual(day)]
    if as_json:
        for day in shown:
            click.echo(escaped(msgspec.json.encode(day)))
    elif shown:
        print_table(_HEAD, [line for day in shown for line in _lines(day)])
    else:
        click.echo("no unusual day" if any(day.topics for day in days) else "no day was judged")
    learning = [day.day for day in days if day.is_learning]
    tell(
        f"{counted(len(days), 'day')}: {sum(map(bool, map(_unusual, days))):,} unusual of "
        f"{sum(bool(day.topics) for day in days):,} judged"
        + (f"; learning until {learning[-1]:%Y-%m-%d}" if learning else "")
    )


def _unusual(day: DayShares) -> list[TopicShare]:
    """Returns what was unusual, each topic by the window in which it was least likely."""
    found: dict[tuple[str, str], TopicShare] = {}
    for one in day.topics:
        if one.is_unusual and ((old := found.get((one.topic, one.counted))) is None or one.p_value < old.p_value):
            found[one.topic, one.counted] = one
    return list(found.values())


def _lines(day: DayShares) -> Iterator[tuple[str, ...]]:
    at, found = f"{day.day:%Y-%m-%d}", _unusual(day)
    for one in found:
        yield (
            at, one.topic, one.counted, "1 day" if one.n_days == 1 else f"{one.n_days} days", f"{one.n:,}",
            f"{one.share:.1%}", f"{one.expected_share:.1%}", f"x{one.ratio:.1f}", f"{one.p_value:.1g}",
        )  # fmt: skip
    if not found:
        yield at, _why_nothing(day), *["-"] * (len(_HEAD) - 2)


def _why_nothing(day: DayShares) -> str:
    if day.topics:
        return "nothing unusual"
    return "learning" if day.is_learning else "not read"
