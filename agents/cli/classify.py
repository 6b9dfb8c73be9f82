"""`dallosh classify`: labels for every row of a file, without a broker."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import click

from agents.cli.classify_eval import eval_command
from agents.cli.classify_input import as_file, input_options, quiet
from agents.cli.column_map import changes_of
from agents.cli.counted import counted
from agents.cli.file_group import FileGroup
from agents.cli.file_progress import FileProgress, tell
from agents.cli.scrub_input import name_of
from agents.offline.evaluation import read_labelled
from agents.offline.job import Job, Report, classify_file
from agents.offline.lines import CsvWriter, JsonWriter
from agents.offline.output import BESIDE, beside
from schemas.taxonomy import Level
from streams.connectors.file import FileSource, Format
from streams.errors import FatalError
from streams.logging import configure
from streams.settings import load_settings


@click.group(cls=FileGroup, options_metavar="", subcommand_metavar="FILE [OPTIONS] | eval FILE --labels LABELS")
def classify_command() -> None:
    """Classify a file without a broker, or measure labels against right ones.

    FILE holds tweets: the business's CSV export or JSON lines; - reads standard input. `dallosh classify FILE` is short
    for `dallosh classify file FILE`.
    """


classify_command.add_command(eval_command)


@classify_command.command("file")
@click.argument("file")
@click.option("--output", "-o", "out", callback=lambda *given: _output(given[-1]), help="Default: standard output.")
@input_options
@click.option("--restart", is_flag=True, help="Begin anew, whatever OUT holds.")
def file_command(
    file: str, level: str, out: Path | None, form: Format | None, maps: tuple[str, ...], restart: bool
) -> None:
    """Classify every row of FILE, noise and official tweets, too.

    FILE is CSV or JSON lines; - reads standard input. One line a row comes out, in order: id, sentiment, priority,
    main_topic, the confidence of each, places, level (who answered). JSON lines, or CSV where OUT ends in .csv, with
    places as JSON in their cell. A reply is read with the tweet that it answers, wherever that stands in FILE. What the
    level gives up falls to the next one: api, gpu (where configured), bert. APIs see the text without personal data.

    With -o, a run that was cut short goes on where it stopped when the same command is given again. Rows that cannot
    be read are named with their line and kept byte for byte (base64) in OUT.rejected, calls to models in OUT.spend.
    Exit 1 when a row has no labels; the others have.
    """
    settings = load_settings()
    configure(quiet(settings))
    if out is not None:
        _check(file, out, restart=restart)
    with as_file(file) as path, FileProgress(name_of(file), path.stat().st_size) as display:
        if path.stat().st_size == 0:
            raise FatalError(f"{name_of(file)} is empty", remedy="See what should have written it")
        changes = changes_of(maps)
        is_csv = out is not None and out.suffix.lower() == ".csv"
        job = Job(
            settings=settings,
            source=FileSource(path, official_handles=settings.official_handles, form=form, changes=changes),
            level=Level(level),
            writer=CsvWriter() if is_csv else JsonWriter(),
            out=out,
            stream=sys.stdout.buffer,
            restart=restart,
            options={"level": level, "format": form or "", "map": repr(sorted(changes.items()))},
        )
        report = asyncio.run(_until_stopped(job, display))
    tell(_summary(report, out))
    _judge(report, name_of(file), out)


def _output(given: str | None) -> Path | None:
    """Reads -o; - is standard output, as it is standard input for FILE."""
    if given == "":
        raise click.BadParameter("it names no file")
    return None if given in (None, "-") else Path(given)


def _check(file: str, out: Path, *, restart: bool) -> None:
    """Refuses an output that cannot be written, or over what people would miss."""
    for path in (out, *(beside(out, what) for what in BESIDE)):
        if file != "-" and path.exists() and Path(file).exists() and path.samefile(file):
            raise click.UsageError("-o names the file that is read, or one beside it that a run writes")
    if not out.parent.is_dir() or not os.access(out.parent, os.W_OK):
        why = "no right to write there" if out.parent.is_dir() else "there is no such folder"
        raise FatalError(f"cannot write {out}: {why}", remedy="Make the folder, or name another with -o")
    if not out.exists():
        return
    if not out.is_file():
        raise click.UsageError(f"-o {out} is no regular file: leave -o out and redirect standard output")
    is_ours = out.stat().st_size == 0 or beside(out, "cursor").exists() or read_labelled(out) is not None
    if not is_ours and not restart:
        raise FatalError(f"{out} holds something else", remedy="Name another with -o; --restart writes over it")


async def _until_stopped(job: Job, display: FileProgress) -> Report:
    """Runs to the end, or until the first SIGINT or SIGTERM, which lets what is under way finish; the second kills."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def end() -> None:
        stop.set()
        display.say("stopping when what is under way is written")
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    return await classify_file(job, display, stop=stop)


def _summary(report: Report, out: Path | None) -> str:
    tally, calls = report.tally, report.calls
    levels = ", ".join(f"{level} {n:,}" for level, n in sorted(tally.by_level.items())) or "none"
    rate = report.n_rows_now / max(report.seconds, 0.001)
    said = f"{counted(tally.n_rows, 'row')}: classified by {levels}; {tally.n_rejected:,} without labels"
    if report.n_rows_now != tally.n_rows:
        said += f"; {report.n_rows_now:,} of them now"
    said += f"; {report.seconds:,.1f} s, {rate:,.0f} rows/s"
    if calls.n:
        cost = "of unknown cost" if calls.cost_usd is None else f"for {calls.cost_usd:f} USD"
        where = f" ({beside(out, 'spend')})" if out else ""
        said += f"; {calls.n:,} calls {cost}{where}"
    return said


def _judge(report: Report, name: str, out: Path | None) -> None:
    if report.interrupted:
        raise FatalError(
            f"interrupted after {report.tally.n_rows:,} rows",
            remedy="The same command goes on there" if out else "With -o FILE the same command would go on there",
        )
    if n := report.tally.n_rejected:
        where = f"their bytes are in {beside(out, 'rejected')}" if out else "-o FILE keeps their bytes beside it"
        raise FatalError(
            f"{counted(n, 'row')} of {name} {'has' if n == 1 else 'have'} no labels",
            remedy=f"They are named above; {where}",
        )
