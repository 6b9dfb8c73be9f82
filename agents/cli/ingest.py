"""`dallosh ingest`: a file's tweets to `tweets.raw`."""

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec

from agents.cli.column_map import changes_of
from agents.cli.file_bar import file_bar
from agents.embedded import connected
from agents.ingest import IngestOptions, IngestReport
from agents.ingest import ingest as ingest_source
from agents.printable import printable
from streams.connectors.file import FileSource, Format
from streams.kafka.event_loop import use_uvloop
from streams.kafka.topics import create_topics, missing_topics
from streams.logging import configure
from streams.settings import Settings, load_settings


class Speed(click.ParamType):
    """`max`, or event seconds per second such as `60x`."""

    name = "speed"

    def convert(
        self, value: str | float | None, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | None:
        """Returns the factor, None for full speed."""
        if value is None or value == "max" or isinstance(value, float):
            return None if value == "max" else value  # type: ignore[return-value]
        try:
            factor = float(str(value).removesuffix("x"))
        except ValueError:
            factor = 0.0
        if not 0 < factor < float("inf"):
            self.fail(f"{value!r} is neither max nor a factor such as 60x", param, ctx)
        return factor


@click.command()
@click.argument("file")
@click.option(
    "--format", "form", type=click.Choice(["csv", "jsonl"]), help="Default: by the name, else by the content."
)
@click.option("--speed", type=Speed(), default="max", show_default=True, help="max, or event time replayed: 60x.")
@click.option(
    "--loop",
    is_flag=True,
    help="Send the file again and again, from the second pass on with fresh ids, until interrupted.",
)
@click.option("--passes", type=click.IntRange(1), help="With --loop: stop after so many passes.")
@click.option("--shift-to-now", is_flag=True, help="Move all dates: the newest tweet is sent at its own date.")
@click.option("--map", "maps", multiple=True, metavar="FIELD=COLUMN", help="Column of a field, or a YAML or JSON file.")
@click.option("--cursor", help="Name of a place that is kept for ever: only rows appended since are sent.")
@click.option("--restart", is_flag=True, help="Start at the first row.")
@click.option("--ledger", type=click.Path(dir_okay=False, path_type=Path), help="Write each acknowledged id there.")
@click.option("--limit", type=click.IntRange(1), help="Stop after so many rows.")
@click.option("--json", "as_json", is_flag=True, help="The summary as one JSON object and nothing else, no bar.")
def ingest(
    file: str,
    form: Format | None,
    speed: float | None,
    loop: bool,
    passes: int | None,
    shift_to_now: bool,
    maps: tuple[str, ...],
    cursor: str | None,
    restart: bool,
    ledger: Path | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """Send every row of FILE (CSV or JSON lines; - reads standard input), and return when all are acknowledged.

    A row that is no tweet goes to tweets.raw.dead-letter byte for byte with its line number. A run that was cut short
    goes on where it stopped; a finished one starts again, unless --cursor names a place to keep. The summary is a JSON
    object on standard output.
    """
    _check(file, loop=loop, passes=passes, cursor=cursor)
    configured = load_settings()
    configure(configured)
    source = FileSource(
        None if file == "-" else Path(file),
        official_handles=configured.official_handles,
        form=form,
        changes=changes_of(maps),
    )
    options = IngestOptions(
        speed=speed, n_passes=passes if loop else 1, shift_to_now=shift_to_now, cursor=cursor, restart=restart,
        ledger=ledger, limit=limit,
    )  # fmt: skip
    settings = connected(configured, ("kafka",))
    use_uvloop()
    report = asyncio.run(_run(settings, source, options, own_broker=not configured.kafka_bootstrap, quiet=as_json))
    click.echo(msgspec.json.encode(report).decode())


async def _run(
    settings: Settings, source: FileSource, options: IngestOptions, *, own_broker: bool, quiet: bool
) -> IngestReport:
    if own_broker and await missing_topics(settings):
        await create_topics(settings)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with _bar(source, options, quiet=quiet) as progress:
        return await ingest_source(settings, source, options, progress=progress, say=_say, stop=stop)


def _check(file: str, *, loop: bool, passes: int | None, cursor: str | None) -> None:
    if passes is not None and not loop:
        raise click.UsageError("--passes goes with --loop")
    if file == "-" and (loop or cursor):
        raise click.UsageError("standard input can be read only once: no --loop, no --cursor")
    if loop and cursor:
        raise click.UsageError("--loop has no cursor")
    if cursor and not cursor.replace("-", "").replace("_", "").isalnum():
        raise click.UsageError("--cursor takes letters, digits, - and _")


@contextmanager
def _bar(source: FileSource, options: IngestOptions, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Draws the rows sent and the share of the file on standard error where that is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda _position, _n_rows: None
        return
    with file_bar() as bar:
        total = source.size if options.n_passes == 1 and options.limit is None else options.limit
        task = bar.add_task(f"ingest {printable(source.name)}", total=total, rows="0 rows")

        def show(position: int, n_rows: int) -> None:
            bar.update(task, completed=position if options.limit is None else n_rows, rows=f"{n_rows:,} rows")

        yield show


def _say(text: str) -> None:
    click.echo(text, err=True)
