"""Ingest: every row of a source, once, to `tweets.raw` or to the dead letters, and the place where it stopped.

Running the same file twice: a run that was cut short goes on where it stopped, a finished one starts again (its tweets
are then duplicates). With a named cursor the place is kept for ever: each run takes only what was appended since.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from agents.ingest_cursor import bookmark_of
from agents.ingest_ledger import Acknowledged, Ledger
from agents.ingest_run import IngestRun, Plan, Progress
from agents.ingest_send import RowSender, UndeliveredError, partition_of
from schemas.topics import COVERAGE, RAW, RAW_DEAD_LETTER
from streams.connectors.source import Source
from streams.errors import FatalError
from streams.kafka.client import start_client
from streams.kafka.delivery import PRODUCER_OPTIONS
from streams.kafka.security import client_options
from streams.kafka.topics import missing_topics
from streams.settings import Settings

START_TIMEOUT_S: Final = 30.0
STOP_TIMEOUT_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestOptions:
    """How to read and send.

    Args:
        speed: event seconds per second; None is full speed.
        n_passes: how often the source is sent; None until interrupted. Only a run of one pass has a cursor.
        shift_to_now: move all dates so that the newest row is stamped with the instant at which it is sent.
        cursor: name of a cursor that is kept for ever.
        restart: start at the first row, whatever a cursor says.
        remember: whether a run that is cut short leaves a cursor for the next one.
        ledger: file of the acknowledged rows; a run that goes on appends to it.
        limit: stop after so many rows.
    """

    speed: float | None = None
    n_passes: int | None = 1
    shift_to_now: bool = False
    cursor: str | None = None
    restart: bool = False
    remember: bool = True
    ledger: Path | None = None
    limit: int | None = None


class IngestReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one run did, counted from the broker's acknowledgements.

    `n_rows` = `n_acknowledged` (in `tweets.raw`) + `n_refused` (in the dead letters). Lines are numbers in the source,
    counted on through the passes of a loop; those up to `after_line` were sent by an earlier run.
    """

    source: str
    n_rows: int
    n_acknowledged: int
    n_refused: int
    seconds: float
    records_per_s: float
    first_line: int | None = None
    last_line: int | None = None
    after_line: int = 0
    n_passes: int = 1
    interrupted: bool = False


async def ingest(
    settings: Settings,
    source: Source,
    options: IngestOptions | None = None,
    *,
    progress: Progress = lambda *_: None,
    say: Callable[[str], None] = lambda _: None,
    stop: asyncio.Event | None = None,
    on_acknowledged: Callable[[Acknowledged], None] | None = None,
) -> IngestReport:
    """Sends every row of a source and returns when the broker has acknowledged all.

    Args:
        settings: the deployment; its broker must be named and its topics exist.
        source: what to read.
        options: how.
        progress: see `Progress`.
        say: takes notes for people.
        stop: set it to end early: what is in flight is acknowledged and the cursor written.
        on_acknowledged: called for every row, in the order of the source.

    Raises:
        FatalError: the source cannot be read, a topic is missing, or the broker does not acknowledge; the message
            says how many rows it has acknowledged and how to go on.
    """
    options, stop = options or IngestOptions(), stop or asyncio.Event()
    await _require_topics(settings)
    bookmark = await bookmark_of(settings, source, name=options.cursor, identity=_identity(source, options))
    with bookmark, contextlib.ExitStack() as stack:
        bookmark.load(say, restart=options.restart)
        hooks = [on_acknowledged] if on_acknowledged else []
        if options.ledger is not None:
            ledger = stack.enter_context(Ledger(options.ledger, keep=bookmark.after is not None))
            hooks.append(ledger.write)
            bookmark.before_save = ledger.flush
        async with _open_producer(settings) as producer:
            sender = RowSender(settings, producer, source.name, hooks)
            plan = Plan(options.speed, options.n_passes, options.shift_to_now, options.limit)
            run = IngestRun(source, plan, sender, bookmark, stop=stop, progress=progress, say=say)
            started = time.perf_counter()
            try:
                await run.through()
            except UndeliveredError as error:
                n_rows, line = sender.tally.n_rows, sender.tally.last_line
                so_far = f"{n_rows} rows were acknowledged" + (f", the last from line {line}" if n_rows else "")
                raise FatalError(f"{so_far}; then: {error}", remedy=bookmark.advice) from error
            finally:
                sender.abandon()
            seconds = time.perf_counter() - started
    tally = sender.tally
    return IngestReport(
        source=source.name,
        n_rows=tally.n_rows,
        n_acknowledged=tally.n_tweets,
        n_refused=tally.n_refused,
        seconds=round(seconds, 3),
        records_per_s=round(tally.n_rows / seconds, 1),
        first_line=tally.first_line,
        last_line=tally.last_line,
        after_line=bookmark.after.line if bookmark.after else 0,
        n_passes=run.n_passes,
        interrupted=stop.is_set(),
    )


def _identity(source: Source, options: IngestOptions) -> str | None:
    """Names the source for a cursor without a name; None where none is wanted or possible."""
    path: Path | None = getattr(source, "path", None)
    if path is None or source.size is None or not options.remember or options.n_passes != 1:
        return None
    return str(path.resolve())


async def _require_topics(settings: Settings) -> None:
    wanted = {RAW, RAW_DEAD_LETTER, COVERAGE}
    if missing := sorted(wanted.intersection(await missing_topics(settings))):
        raise FatalError(f"the broker has no topic {', '.join(missing)}", remedy="Run: dallosh topics create")


@asynccontextmanager
async def _open_producer(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(**client_options(settings), **PRODUCER_OPTIONS, partitioner=partition_of)
    try:
        await start_client(producer, timeout_s=START_TIMEOUT_S)
        yield producer
    except BaseException:
        await _abandon(producer)
        raise
    await producer.stop()  # everything was settled: there is nothing to wait for


async def _abandon(producer: AIOKafkaProducer) -> None:
    """Closes a producer without what it still has to send: with the broker gone, `stop` would wait for ever."""
    producer._closed = True
    for close in (producer._sender.close, producer.client.close):
        with contextlib.suppress(KafkaError, TimeoutError):
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await close()
