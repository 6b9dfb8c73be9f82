"""Ends a command's work when its user asks, in order."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

T = TypeVar("T")

AGAIN_S: Final = 3.0
"""Pause before work that goes on is cancelled once more: in Python 3.11 `wait_for` may swallow a cancellation."""


async def until_interrupted(
    work: Coroutine[Any, Any, T], *, again_s: float | None = None, is_ending: Callable[[], bool] = lambda: False
) -> T | None:
    """Awaits work and returns its result, or None when SIGINT or SIGTERM ended it.

    Args:
        work: it is cancelled, and may clean up until it is cancelled again.
        again_s: pause before that; None: `AGAIN_S`.
        is_ending: whether the clean-up has begun, which no further cancellation may cut short.
    """
    running = asyncio.ensure_future(work)
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    pause_s = AGAIN_S if again_s is None else again_s
    cancelling = asyncio.create_task(_cancel_when_told(told, running, pause_s, is_ending))
    try:
        return await running
    except asyncio.CancelledError:
        if not told.is_set():
            raise
        return None
    finally:
        cancelling.cancel()


async def _cancel_when_told(
    told: asyncio.Event, running: "asyncio.Future[Any]", pause_s: float, is_ending: Callable[[], bool]
) -> None:
    await told.wait()
    while not (running.done() or is_ending()):
        running.cancel()
        await asyncio.wait({running}, timeout=pause_s)
