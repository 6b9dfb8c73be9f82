"""One run over a file: windows are classified side by side and written in the order of their rows."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
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
from streams.connectors.source import Cursor, Row

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
                    under_way.append((window, asyncio.create_task(self._levels.classify(window.tweets))))
                    await asyncio.sleep(0)  # it begins before the next window is made
                    if len(under_way) > self._levels.n_in_flight:
                        await self._finish(*under_way.popleft())
                    if self._stop.is_set():
                        break
            while under_way:
                await self._finish(*under_way.popleft())
        finally:
            for _, task in under_way:
                task.cancel()

    async def _finish(self, window: Window, task: "asyncio.Task[Decided]") -> None:
        decided = await task
        levels: Counter[str] = Counter()
        for row in self._rejected(window, decided, levels):
            self._output.reject(row)
            self._hooks.rejected(row)
        for call in decided.spend:
            self.calls.add(call)
        self._output.spend(decided.spend)
        self.tally.add(levels, len(window.rows) - levels.total())
        last = window.rows[-1]
        self._hooks.progress(last.end, self.tally.n_rows)
        if time.monotonic() - self._saved_at >= CHECKPOINT_S or self._stop.is_set():
            self._output.flush()
            self._hooks.checkpoint(self._reading.source.cursor_after(last), self.tally)
            self._saved_at = time.monotonic()

    def _rejected(self, window: Window, decided: Decided, levels: Counter[str]) -> Iterator[RejectedRow]:
        """Writes the rows with labels and yields those without, in order."""
        n_tweets = 0
        for row in window.rows:
            if not isinstance(row, Row):
                yield RejectedRow(line=row.line, reason=str(row.error), raw=row.raw)
                continue
            i, n_tweets = n_tweets, n_tweets + 1
            given = decided.given.get(i)
            if given is None:
                reason = f"no level could classify it: {decided.given_up[i]}"
                yield RejectedRow(line=row.line, reason=reason, raw=row.raw)
                continue
            levels[given.level] += 1
            self._output.label(labelled(window.tweets[i], given.labels, given.level))
