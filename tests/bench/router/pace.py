"""Runs one piece of work after another at a fixed pace, whatever becomes of them; standard library alone."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable

Run = Callable[[int], Awaitable[bool]]
"""Runs the work of an index and tells whether all of it was answered; raises nothing."""


async def paced(run: Run, *, n_works: int, interval_s: float) -> None:
    """Says `ready`, waits for the line that starts the clock, and prints one JSON line for each work that ended.

    A work's time counts from when it was due, so that a router that cannot keep the pace does not hide it.
    """
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    begin = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        for i in range(n_works):
            due_s = i * interval_s
            await asyncio.sleep(max(0.0, begin + due_s - time.monotonic()))
            tasks.create_task(_timed(run, i, begin, due_s))


async def _timed(run: Run, i: int, begin: float, due_s: float) -> None:
    ok = await run(i)
    took_s = time.monotonic() - begin - due_s
    print(json.dumps({"due_s": due_s, "took_s": took_s, "ok": ok}), flush=True)
