"""Work in flight: bounded, waited for on a rebalance and on SIGTERM, its first failure reported once."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class InFlight:
    """A bounded set of tasks.

    Args:
        limit: most tasks at once.
        on_failure: called with the exception of a task that failed.
    """

    def __init__(self, limit: int, on_failure: Callable[[BaseException], None]) -> None:
        self._slots = asyncio.Semaphore(limit)
        self._tasks: set[asyncio.Task[None]] = set()
        self._on_failure = on_failure

    def __len__(self) -> int:
        return len(self._tasks)

    async def acquire(self) -> None:
        """Waits for a free slot; each acquired slot is spent by one `start` or given back by `release`."""
        await self._slots.acquire()

    def release(self) -> None:
        """Gives a slot back unused."""
        self._slots.release()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs work in an acquired slot."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    async def wait(self, timeout_s: float) -> bool:
        """Waits for all tasks; returns False when some were still running at the deadline. Cancels nothing."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=timeout_s)
        return not self._tasks

    async def cancel(self) -> None:
        """Cancels what is left."""
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._slots.release()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._on_failure(error)
