"""`dallosh crisis plot`: a file's complaints against what was expected, as a picture."""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from agents.cli.crisis_input import opened, replay_options, tell_counts
from agents.cli.file_progress import tell
from agents.cli.instant import French
from agents.cli.scrub_input import name_of
from agents.cli.unread_rows import judge_rows
from agents.crisis.picture import draw, load_matplotlib
from agents.crisis.replaying import curve_of
from schemas.tweet import Tweet
from streams.connectors.file import Format
from streams.core.crisis.calendar import ZONE, minute_of
from streams.core.crisis.intake import FAMILIES
from streams.disk import write_whole
from streams.errors import FatalError


@click.command("plot")
@replay_options
@click.option("--output", "-o", "out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="A PNG.")
@click.option(
    "--topic",
    "family",
    type=click.Choice(FAMILIES),
    default="network",
    show_default=True,
    help="network takes equipment in; all is every complaint.",
)
@click.option("--from", "start", type=French(), help="First instant shown, French time; default: the first tweet.")
@click.option("--to", "end", type=French(), help="Last one; default: the last tweet.")  # fmt: skip
def plot_command(
    file: str, labels: Path | None, form: Format | None, maps: tuple[str, ...], out: Path, family: str,
    start: datetime | None, end: datetime | None,
) -> None:  # fmt: skip
    """Draw the complaints in FILE against what was expected of them, alerts shaded.

    FILE is read and judged as by `dallosh crisis replay`, all of it: --from and --to only say what is shown. Counts are
    of 10 minutes over up to 4 days, of hours over up to 60, else of days. 98 of 100 usual counts lie in the grey band.
    Red: confirmed, yellow: suspected. Needs matplotlib.
    """
    load_matplotlib()
    _check(file, out)
    if start is not None and end is not None and end <= start:
        raise click.UsageError("--to must be later than --from")
    with opened(file, labels, form, maps) as replayer:
        check_span(replayer.ready.tweets, start, end)
        curve = curve_of(replayer.ready, family, start, end)
        found = replayer.play(curve)
    write_whole(out, draw(curve, found.incidents))
    tell_counts(found.summary)
    tell(f"{out}: {found.summary.confirmed:,} confirmed, {found.summary.suspected:,} suspected in the whole file")
    judge_rows(found.summary.refused, name_of(file))


def check_span(tweets: Sequence[Tweet], start: datetime | None, end: datetime | None) -> None:
    """Refuses instants between which the file has nothing, in the time in which they are given."""
    if not tweets:
        return
    first, last = tweets[0].created_at, tweets[-1].created_at
    begin, stop = minute_of(first if start is None else start), minute_of(last) + 1 if end is None else minute_of(end)
    if begin > minute_of(last) or stop <= max(begin, minute_of(first)):
        span = " to ".join(f"{at.astimezone(ZONE):%Y-%m-%d %H:%M}" for at in (first, last))
        raise FatalError("no tweet lies between --from and --to", remedy=f"The file goes from {span}, French time")


def _check(file: str, out: Path) -> None:
    """Refuses what could not be written an hour later, or would be written over what is read."""
    if file != "-" and out.exists() and Path(file).exists() and out.samefile(file):
        raise click.UsageError("-o names the file that is read")
    if not out.parent.is_dir() or not os.access(out.parent, os.W_OK):
        why = "no right to write there" if out.parent.is_dir() else "there is no such folder"
        raise FatalError(f"cannot write {out}: {why}", remedy="Make the folder, or name another with -o")
