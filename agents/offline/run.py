"""One run over a file: windows are classified side by side and written in the order of their rows."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from agents.offline.bookmark import Tally
from agents.offline.levels import Decided, Levels
from agents.offline.lines import labelled
from agents.offline.output import Output, RejectedRow
from agents.offline.windows import Reading, Window
from schemas.spend import Spend
from streams.connectors.source import AnyRow, Cursor, Row

CHECKPOINT_S: Final = 1.0
"""How much work, at most, a kill takes with it, beside the windows that are under way."""


@dataclass(slots=True)
class Calls:
    """The calls of a run; the money is None once a price was unknown."""

    n: int = 0
    cost_usd: Decimal | None = field(default_factory=Decimal)

    def add(self, call: Spend) -> None:
        """Counts a call."""
        self.n += 1
        self.cost_usd = None if self.cost_usd is None or call.cost_usd is None else self.cost_usd + call.cost_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """Who hears of a run: the place and the rows after each window, each rejected row, each place to go on at."""

    progress: Callable[[int, int], None] = lambda *_: None
    rejected: Callable[[RejectedRow], None] = lambda _: None
    checkpoint: Callable[[Cursor, Tally], None] = lambda *_: None


class FileRun:
    """Classifies the windows of a file.

    Args:
        reading: the file.
        levels: the models, open.
        output: where rows go.
        tally: what earlier parts of the run have made.
        hooks: see `Hooks`.
        stop: set it to end early; what is under way is finished and written.
    """

    def __init__(
        self,
        reading: Reading,
        levels: Levels,
        output: Output,
        *,
        tally: Tally | None = None,
        hooks: Hooks | None = None,
        stop: asyncio.Event | None = None,
    ) -> None:
        self.tally = tally or Tally()
        self.calls = Calls()
        self._reading, self._levels, self._output = reading, levels, output
        self._hooks, self._stop = hooks or Hooks(), stop or asyncio.Event()
        self._written: AnyRow | None = None
        self._is_cut = False
        self._saved_at = time.monotonic()

    async def through(self, after: Cursor | None = None) -> None:
        """Returns when every row after the cursor is written, or the stop was set.

        Raises:
            FatalError: the file cannot be read, or the output not written.
        """
        under_way: deque[tuple[Window, asyncio.Task[Decided]]] = deque()
        try:
            async with aclosing(self._reading.windows(after)) as windows:
                async for window in windows:
                    if len(under_way) >= self._levels.n_in_flight:
                        await self._finish(*under_way.popleft())
                    if self._stop.is_set():
                        break
                    under_way.append((window, asyncio.create_task(self._classified(window))))
                    await asyncio.sleep(0)  # it begins before the next window is made
            while under_way:
                await self._finish(*under_way.popleft())
        finally:
            await _ended([task for _, task in under_way])
        if self._stop.is_set():
            self._save()

    async def _classified(self, window: Window) -> Decided:
        return await self._levels.classify(window.tweets, paid=self._paid, stop=self._stop)

    def _paid(self, calls: Sequence[Spend]) -> None:
        for call in calls:
            self.calls.add(call)
        self._output.spend(calls)

    async def _finish(self, window: Window, task: "asyncio.Task[Decided]") -> None:
        """Writes a window when it is decided; none behind one that the stop cut, for a run goes on at one place."""
        decided = await task
        self._is_cut = self._is_cut or decided.cut
        if self._is_cut:
            return
        levels = self._write(window, decided)
        self.tally.add(levels, len(window.rows) - levels.total())
        self._written = window.rows[-1]
        self._hooks.progress(self._written.end, self.tally.n_rows)
        if time.monotonic() - self._saved_at >= CHECKPOINT_S:
            self._save()

    def _save(self) -> None:
        """Keeps the place to go on at."""
        if self._written is None:
            return
        self._output.flush()
        self._hooks.checkpoint(self._reading.source.cursor_after(self._written), self.tally)
        self._saved_at = time.monotonic()

    def _write(self, window: Window, decided: Decided) -> Counter[str]:
        """Writes each row, in order, with its labels or among the rejected; returns how many each level answered."""
        levels: Counter[str] = Counter()
        n_tweets = 0
        for row in window.rows:
            if not isinstance(row, Row):
                self._reject(row, str(row.error))
                continue
            i, n_tweets = n_tweets, n_tweets + 1
            given = decided.given.get(i)
            if given is None:
                self._reject(row, f"no level could classify it: {decided.given_up[i]}")
                continue
            levels[given.level] += 1
            self._output.label(labelled(window.tweets[i], given.labels, given.level))
        return levels

    def _reject(self, row: AnyRow, reason: str) -> None:
        rejected = RejectedRow(line=row.line, reason=reason, raw=row.raw)
        self._output.reject(rejected)
        self._hooks.rejected(rejected)


async def _ended(tasks: Sequence["asyncio.Task[Decided]"]) -> None:
    """Cancels tasks and waits until they are done: what they paid for until then is written down."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
