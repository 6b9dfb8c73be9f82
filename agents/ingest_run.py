"""One run of ingest: reads, paces, sends, and writes down how far it came."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Final

from agents.ingest_cursor import Bookmark
from agents.ingest_send import RowSender
from streams.connectors.source import AnyRow, Row, Source
from streams.core.replay_clock import Pace, Rewrite, Span, shift_to_now
from streams.errors import FatalError

CHECKPOINT_S: Final = 1.0
"""How much, at most, a kill -9 makes a later run send again."""
COVERAGE_S: Final = 5.0
IDLE_S: Final = 0.2
"""After so long without a row, what was sent is settled: a slow feed holds nothing back."""
TOGETHER_S: Final = 0.02
"""Rows due within so long leave together: at 60x a thousand a second would otherwise be a thousand waits."""

Progress = Callable[[int, int], None]
"""Called after every group of rows with the position in the source and the number of acknowledged rows."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is to do; see `IngestOptions`."""

    speed: float | None
    n_passes: int | None
    shift_to_now: bool
    limit: int | None


class IngestRun:
    """Sends a source's rows from its bookmark to its end.

    Args:
        source: what to read.
        plan: how.
        sender: sends the rows.
        bookmark: remembers the place.
        stop: set it to end early.
        progress: see `Progress`.
        say: takes notes for people.
    """

    def __init__(
        self,
        source: Source,
        plan: Plan,
        sender: RowSender,
        bookmark: Bookmark,
        *,
        stop: asyncio.Event,
        progress: Progress,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.n_passes = 0
        self._say = say
        self._source, self._plan, self._sender = source, plan, sender
        self._bookmark, self._stop, self._progress = bookmark, stop, progress
        self._n_left = plan.limit
        self._saved_at = self._covered_at = time.perf_counter()

    async def through(self) -> None:
        """Returns when everything is acknowledged, or what was in flight when it was stopped.

        Raises:
            FatalError: the source cannot be read or the broker does not acknowledge.
        """
        try:
            await self._passes()
            await self._sender.settle()
            self._show()
            await self._sender.cover()
        finally:
            self._bookmark.save(self._sender.tally)
        if not self._stop.is_set():
            self._bookmark.finish()

    async def _passes(self) -> None:
        plan = self._plan
        span = await self._span() if plan.shift_to_now or plan.n_passes != 1 else None
        for n_pass in count():
            n_tweets = self._sender.tally.n_tweets
            self.n_passes += 1
            await self._pass(n_pass, span)
            await self._sender.settle()
            if self.n_passes == plan.n_passes or self._is_over():
                return
            if span is None or self._sender.tally.n_tweets == n_tweets:
                self._say(f"no row of {self._source.name} is a readable tweet: not sending it again")
                return

    async def _pass(self, n_pass: int, span: Span | None) -> None:
        rewrite = self._rewrite(n_pass, span)
        line_shift = span.n_lines * n_pass if span else 0
        pace, started = Pace(self._plan.speed), time.perf_counter()
        batches = self._source.batches(None if n_pass else self._bookmark.after)
        async with contextlib.aclosing(self._until_stopped(batches)) as arriving:
            async for rows in arriving:
                for due_s, group in _groups(rows, pace):
                    await self._wait_until(started + due_s)
                    if self._is_over():
                        return
                    await self._sender.send(group[: self._n_left], rewrite, line_shift=line_shift)
                    self._n_left = None if self._n_left is None else self._n_left - len(group[: self._n_left])
                    await self._checkpoint()

    def _is_over(self) -> bool:
        return self._stop.is_set() or self._n_left == 0

    async def _until_stopped(self, batches: AsyncIterator[Sequence[AnyRow]]) -> AsyncGenerator[Sequence[AnyRow]]:
        """Yields the batches until the stop; settles what is in flight while none comes."""
        stopping = asyncio.create_task(self._stop.wait())
        try:
            while True:
                coming = asyncio.ensure_future(_next(batches))
                try:
                    while not coming.done() and not stopping.done():
                        await asyncio.wait({coming, stopping}, timeout=IDLE_S, return_when=asyncio.FIRST_COMPLETED)
                        if not coming.done():
                            await self._sender.settle()
                            await self._checkpoint()
                finally:
                    if not coming.done():
                        coming.cancel()
                        await asyncio.wait({coming})
                if stopping.done() or (rows := coming.result()) is None:
                    return
                yield rows
        finally:
            stopping.cancel()

    async def _wait_until(self, at: float) -> None:
        if (delay_s := at - time.perf_counter()) <= 0:
            return
        await self._sender.settle()
        await self._checkpoint()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), delay_s)

    async def _checkpoint(self) -> None:
        now = time.perf_counter()
        self._show()
        if now - self._saved_at >= CHECKPOINT_S:
            self._bookmark.save(self._sender.tally)
            self._saved_at = now
        if now - self._covered_at >= COVERAGE_S:
            await self._sender.cover()
            self._covered_at = now

    def _show(self) -> None:
        tally = self._sender.tally
        self._progress(tally.last.end if tally.last else 0, tally.n_rows)

    def _rewrite(self, n_pass: int, span: Span | None) -> Rewrite:
        if span is None:
            return Rewrite()
        if self._plan.shift_to_now:
            shift = shift_to_now(span, now=datetime.now(UTC), speed=self._plan.speed)
        else:
            shift = span.period * n_pass
        return Rewrite(n_pass, shift)

    async def _span(self) -> Span | None:
        """Reads the source once for its dates; None where it holds no tweet."""
        if self._source.size is None:
            raise FatalError(
                f"{self._source.name} can be read only once", remedy="--loop and --shift-to-now need a file"
            )
        oldest = newest = None
        n_rows = n_lines = 0
        async for rows in self._source.batches(self._bookmark.after):
            for row in rows[: None if self._plan.limit is None else max(0, self._plan.limit - n_rows)]:
                n_lines = row.end_line
                if isinstance(row, Row):
                    at = row.tweet.created_at
                    oldest, newest = min(oldest or at, at), max(newest or at, at)
            n_rows += len(rows)
            if self._stop.is_set():
                break
        return Span(oldest, newest, n_lines) if oldest and newest else None


async def _next(batches: AsyncIterator[Sequence[AnyRow]]) -> Sequence[AnyRow] | None:
    return await anext(batches, None)


def _groups(rows: Sequence[AnyRow], pace: Pace) -> Iterator[tuple[float, Sequence[AnyRow]]]:
    """Cuts rows where one is due noticeably later than the first of its group; a refused row is due at once."""
    if pace.speed is None:
        yield 0.0, rows
        return
    start, due_s = 0, 0.0
    for place, row in enumerate(rows):
        row_due_s = pace.due_s(row.tweet.created_at) if isinstance(row, Row) else 0.0
        if row_due_s > due_s + TOGETHER_S:
            if place > start:
                yield due_s, rows[start:place]
            start, due_s = place, row_due_s
    yield due_s, rows[start:]
