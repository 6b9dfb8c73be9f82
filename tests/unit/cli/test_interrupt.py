"""A signal ends work that goes on for ever, also where its first cancellation is swallowed."""

import asyncio
import os
import signal

import pytest

from agents.cli import interrupt
from agents.cli.interrupt import until_interrupted


@pytest.mark.parametrize("n_swallowed", [0, 1, 2])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it(monkeypatch: pytest.MonkeyPatch, n_swallowed: int, number: signal.Signals) -> None:
    monkeypatch.setattr(interrupt, "AGAIN_S", 0.01)
    n_cancelled = 0

    async def reads_for_ever() -> None:
        nonlocal n_cancelled
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), number)
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                n_cancelled += 1
                if n_cancelled > n_swallowed:
                    raise

    await asyncio.wait_for(until_interrupted(reads_for_ever()), 5)
    assert n_cancelled == n_swallowed + 1


async def test_work_that_ends_by_itself_just_ends_and_its_error_is_told() -> None:
    async def short() -> None:
        await asyncio.sleep(0)

    async def broken() -> None:
        raise ValueError("told")

    await until_interrupted(short())
    with pytest.raises(ValueError, match="told"):
        await until_interrupted(broken())
