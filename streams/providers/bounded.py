"""A call to an SDK that ends in time, whatever the SDK does."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from streams.core.retry import Failure, FailureKind
from streams.providers.errors import ProviderError, provider_error

T = TypeVar("T")


async def bounded(call: Coroutine[Any, Any, T], *, timeout_s: float) -> T:
    """Waits for a call at most `timeout_s`, even where the SDK swallows its cancellation.

    Raises:
        ProviderError: the time is over, or the call raised (classified).
    """
    task = asyncio.ensure_future(call)
    try:
        done, _ = await asyncio.wait({task}, timeout=timeout_s)
    except asyncio.CancelledError:
        _abandon(task)
        raise
    if not done:
        _abandon(task)
        raise ProviderError(Failure(FailureKind.TIMEOUT))
    try:
        return task.result()
    except Exception as error:  # noqa: BLE001 - an adapter's own mistake must not stop the stage
        raise provider_error(error) from None


def _abandon(task: "asyncio.Future[Any]") -> None:
    task.cancel()
    task.add_done_callback(_forget)


def _forget(task: "asyncio.Future[Any]") -> None:
    """Takes the result of an abandoned call, so that asyncio does not print it: it may quote the request."""
    if not task.cancelled():
        task.exception()
