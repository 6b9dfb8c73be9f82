"""The work of a worker of which one is at work at a time, without the group that chooses it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from streams.kafka.sole_worker import Work

W = TypeVar("W", bound=Work)

STOP_TIMEOUT_S: Final = 30.0


@asynccontextmanager
async def at_work(work: W) -> AsyncIterator[W]:
    """Runs it until the block ends, then its orderly end."""
    task = asyncio.create_task(work.run())
    try:
        yield work
    finally:
        work.stop()
        await asyncio.wait_for(task, STOP_TIMEOUT_S)
