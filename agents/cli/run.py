"""`dallosh run FILE`: the whole pipe, once, for one file."""

import asyncio
import sys
import time
from pathlib import Path
from typing import Final, Literal

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from agents.cli.interrupt import until_interrupted
from agents.one_shot import PARTITIONS, OneShot, RunProgress, RunResult
from agents.run_report import RunReport, show
from schemas.taxonomy import Service
from streams.connectors.file import FileSource
from streams.errors import FatalError
from streams.logging import configure
from streams.settings import Settings, load_settings

CANCEL_INTERVAL_S: Final = 1.0


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--format", "form", type=click.Choice(["csv", "jsonl"]), help="Default: by the file's name and start.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the last line of standard output.")
@click.option("--keep", is_flag=True, help="Keep the topics of this run, to read them with DALLOSH_NAMESPACE.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Write where each origin ended there.")
@click.option(
    "--partitions", type=click.IntRange(1, 64), default=PARTITIONS, show_default=True, help="Of the topics of tweets."
)
def run(
    file: Path, form: Literal["csv", "jsonl"] | None, as_json: bool, keep: bool, out: Path | None, partitions: int
) -> None:
    """Run FILE (CSV or JSON lines; - is standard input) through the whole pipe and count every record.

    Starts Kafka, Redis and the workers where they do not run, waits until every row is in a terminal place, prints the
    table, removes its topics and stops what it started. Exit 1 when a record was lost.
    """
    started_at_s = time.monotonic()
    settings = load_settings()
    configure(_quiet(settings))
    path = None if str(file) == "-" else file
    source = FileSource(path, official_handles=settings.official_handles, form=form)
    report = RunReport(out)
    try:
        with RunDisplay() as display:
            one_shot = OneShot(
                settings, source, report, on_progress=display.update, keep=keep, started_at_s=started_at_s,
                n_partitions=partitions,
            )  # fmt: skip
            result = asyncio.run(_interruptible(one_shot))
    finally:
        report.close()
    _tell(result, report, keep=keep, as_json=as_json)
    sys.exit(1 if result.summary.lost else 0)


def _quiet(settings: Settings) -> Settings:
    """The run tells its phases itself; of the log only what is wrong, unless a level was asked for."""
    asked_for = "log_level" in settings.model_fields_set
    return settings if asked_for else settings.model_copy(update={"log_level": "warning"})


async def _interruptible(one_shot: OneShot) -> RunResult:
    """SIGINT and SIGTERM cancel the run, which cleans up; further ones do not cut that short."""
    result = await until_interrupted(one_shot.run(), again_s=CANCEL_INTERVAL_S, is_ending=lambda: one_shot.is_ending)
    if result is None:
        raise FatalError("interrupted", remedy="Its topics are removed and what it started is stopped")
    return result


def _tell(result: RunResult, report: RunReport, *, keep: bool, as_json: bool) -> None:
    show(result.summary, result.tally, report, Console(stderr=as_json), with_texts=not as_json)
    if keep:
        fullest = max(Service, key=result.tally.n_of)
        start = "dallosh dev start; " if result.stopped_services else ""
        click.echo(f"kept: {start}DALLOSH_NAMESPACE={result.namespace} dallosh consume {fullest.value}", err=True)
    if as_json:
        click.echo(msgspec.json.encode(result.summary))


class RunDisplay:
    """A live bar on a terminal; elsewhere a line for each phase, all on standard error."""

    def __init__(self) -> None:
        self._what = ""
        self._console = Console(stderr=True)
        self._bar = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=self._console, transient=True, disable=not self._console.is_terminal,
        )  # fmt: skip
        self._task = self._bar.add_task("starting", total=None)

    def __enter__(self) -> "RunDisplay":
        """Shows the bar."""
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Takes the bar away."""
        self._bar.stop()

    def update(self, progress: RunProgress) -> None:
        """Shows how far the run is."""
        what = progress.what if progress.n_rows is None else f"{progress.what}, {progress.n_rows} rows read"
        if what != self._what and not self._console.is_terminal:
            self._console.print(what, highlight=False)
        self._what = what
        total = progress.n_rows if progress.n_rows is not None else progress.n_ingested or None
        self._bar.update(self._task, description=what, completed=progress.n_ended, total=total)
