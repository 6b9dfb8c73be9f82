"""`dallosh crisis plot`: a file's complaints against what was expected, as a picture."""

import os
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
from streams.connectors.file import Format
from streams.core.crisis.intake import FAMILIES, NETWORK
from streams.disk import write_whole
from streams.errors import FatalError


@click.command("plot")
@replay_options
@click.option("--output", "-o", "out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="A PNG.")
@click.option(
    "--topic",
    "family",
    type=click.Choice(FAMILIES),
    default=NETWORK,
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
        curve = curve_of(replayer.ready.tweets, family, start, end)
        found = replayer.play(curve)
    write_whole(out, draw(curve, found.incidents))
    tell_counts(found.summary)
    tell(f"{out}: {found.summary.confirmed:,} confirmed, {found.summary.suspected:,} suspected in the whole file")
    judge_rows(found.summary.refused, name_of(file))


def _check(file: str, out: Path) -> None:
    """Refuses what could not be written an hour later, or would be written over what is read."""
    if file != "-" and out.exists() and Path(file).exists() and out.samefile(file):
        raise click.UsageError("-o names the file that is read")
    if not out.parent.is_dir() or not os.access(out.parent, os.W_OK):
        why = "no right to write there" if out.parent.is_dir() else "there is no such folder"
        raise FatalError(f"cannot write {out}: {why}", remedy="Make the folder, or name another with -o")
