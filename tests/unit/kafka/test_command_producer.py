"""A transaction of an operator's command that is interrupted on its way."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from schemas.topics import COMMANDS
from streams.core.output import Output
from streams.kafka.command_producer import commit_outputs
from streams.settings import load_settings


class Producer:
    """Commits when `gate` opens; notes what was done."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.gate = asyncio.Event()
        self._txn_manager = SimpleNamespace(transaction_id=None)

    async def begin_transaction(self) -> None:
        self.done.append("begin")

    async def send(self, *_: Any, **__: Any) -> "asyncio.Future[int]":
        sent: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        sent.set_result(7)
        return sent

    async def commit_transaction(self) -> None:
        await self.gate.wait()
        self.done.append("commit")

    async def abort_transaction(self) -> None:
        self.done.append("abort")


async def test_an_interrupt_while_it_commits_is_told_once_it_has() -> None:
    producer, told = Producer(), []

    async def command() -> None:
        told.append(await commit_outputs(load_settings(), producer, [Output(COMMANDS, b"k", b"v")]))
        await asyncio.sleep(60)

    running = asyncio.create_task(command())
    await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.sleep(0.01)
    producer.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (producer.done, told, running.cancelling()) == (["begin", "commit"], [[7]], 1)
