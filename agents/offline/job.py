"""A whole run over a file: the models, the index of answered tweets, the output, and the place to go on at."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from agents.offline.bookmark import Bookmark, Standing, Tally
from agents.offline.display import Display
from agents.offline.levels import Levels, open_levels
from agents.offline.lines import Writer
from agents.offline.output import FileOutput, Output, RejectedRow, StreamOutput
from agents.offline.parents import Parents
from agents.offline.run import Calls, FileRun, Hooks
from agents.offline.windows import Reading
from agents.scrubber import rules_of
from schemas.taxonomy import Level
from streams.connectors.file import FileSource
from streams.connectors.source import Cursor
from streams.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be classified, by what, and where to.

    Args:
        settings: the deployment; no broker is asked.
        source: the file.
        level: where it begins.
        writer: the form of the lines.
        out: the file of lines; None: `stream`.
        stream: takes the lines where `out` is None; it is flushed, not closed.
        restart: begin anew, whatever a bookmark says.
        options: how the file is read, as far as a person said so.
    """

    settings: Settings
    source: FileSource
    level: Level
    writer: Writer
    out: Path | None
    stream: BinaryIO
    restart: bool = False
    options: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a run ended; `tally` counts earlier parts, too, `n_rows_now`, `seconds` and `calls` this one alone."""

    tally: Tally
    n_rows_now: int
    seconds: float
    calls: Calls
    interrupted: bool


async def classify_file(job: Job, display: Display, *, stop: asyncio.Event) -> Report:
    """Classifies every row of a file.

    Raises:
        FatalError: models are missing, the file cannot be read, the output not written, or the bookmark is of
            another run.
    """
    async with opened_levels(job.settings, job.level) as levels:
        with _destination(job, levels, display) as to, Parents() as parents:
            after, tally = to.after, to.after.tally if to.after else Tally()
            n_before = tally.n_rows
            await read_parents(job.source, parents, display, stop)
            reading = Reading(source=job.source, parents=parents, rules=rules_of(job.settings), budget=levels)
            hooks = Hooks(
                progress=display.show, rejected=lambda row: name_rejected(row, display), checkpoint=to.checkpoint
            )
            run = FileRun(reading, levels, to.output, tally=tally, hooks=hooks, stop=stop)
            display.phase("classify", after.cursor.position if after else 0, n_before)
            started = time.monotonic()
            if not stop.is_set():
                await run.through(after.cursor if after else None)
            to.output.flush()
            if not stop.is_set():
                to.forget()
    return Report(
        tally=tally,
        n_rows_now=tally.n_rows - n_before,
        seconds=time.monotonic() - started,
        calls=run.calls,
        interrupted=stop.is_set(),
    )


@asynccontextmanager
async def opened_levels(settings: Settings, level: Level) -> AsyncIterator[Levels]:
    """Opens the models of a level and of those below it, and closes them."""
    levels = open_levels(settings, level)
    try:
        await levels.start()
        yield levels
    finally:
        await levels.close()


async def read_parents(source: FileSource, parents: Parents, display: Display, stop: asyncio.Event) -> None:
    """Looks for the tweets that replies answer."""
    display.phase("read")
    await parents.read(source, progress=display.show, stop=stop)


def name_rejected(row: RejectedRow, display: Display) -> None:
    """Names a row without labels, and why it has none."""
    display.say(f"line {row.line}: {row.reason}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where the lines go, and what is known there of the place in the file; of a stream, nothing.

    Args:
        output: takes the lines.
        after: where the last run stopped; None: at the beginning.
        checkpoint: writes such a place down.
        forget: the run came to its end.
    """

    output: Output
    after: Standing | None = None
    checkpoint: Callable[[Cursor, Tally], None] = lambda *_: None
    forget: Callable[[], None] = lambda: None


@contextmanager
def _destination(job: Job, levels: Levels, display: Display) -> Iterator[Destination]:
    """Opens the output and, beside a file, its bookmark."""
    if job.out is None:
        yield Destination(output=StreamOutput(job.stream, job.writer))
        return
    made_of = {"input": _digest(job.source), "model": levels.names, **job.options}
    with Bookmark(job.out, made_of) as bookmark:
        if job.restart:
            bookmark.clear()
        after = bookmark.load()
        if after is not None:
            display.say(f"going on after line {after.cursor.line}; --restart begins anew")
        with FileOutput(job.out, job.writer, after.sizes if after else None) as output:
            yield Destination(
                output=output,
                after=after,
                checkpoint=lambda cursor, tally: bookmark.save(cursor, output.sizes(), tally),
                forget=bookmark.clear,
            )


def _digest(source: FileSource) -> str:
    assert source.path is not None
    with source.path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:32]
