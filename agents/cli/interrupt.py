"""Ends a command that reads for ever when its user asks, in order."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, Final

AGAIN_S: Final = 3.0
"""Pause before work that goes on is cancelled once more: in Python 3.11 `wait_for` may swallow a cancellation."""


async def until_interrupted(work: Coroutine[Any, Any, None]) -> None:
    """Awaits work; SIGINT and SIGTERM cancel it, and it may clean up for `AGAIN_S`."""
    running = asyncio.ensure_future(work)
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    cancelling = asyncio.create_task(_cancel_when_told(told, running))
    try:
        await running
    except asyncio.CancelledError:
        if not told.is_set():
            raise
    finally:
        cancelling.cancel()


async def _cancel_when_told(told: asyncio.Event, running: "asyncio.Future[None]") -> None:
    await told.wait()
    while not running.done():
        running.cancel()
        await asyncio.wait({running}, timeout=AGAIN_S)
