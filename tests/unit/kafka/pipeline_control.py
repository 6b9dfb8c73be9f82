"""A stage's control without a worker: it remembers what a pipeline finished, delivered and failed with."""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition

from schemas.taxonomy import Stage
from streams.core.output import Output
from streams.kafka.transport import Block
from streams.settings import Settings

T0 = TopicPartition("t", 0)


def block(offsets: Sequence[int], *, epoch: int = 1, value: bytes = b"v") -> Block:
    """A block of partition 0 whose records have these offsets."""
    made = [ConsumerRecord("t", 0, offset, 1000, 0, b"k", value, None, 1, len(value), ()) for offset in offsets]
    return Block(T0, made, epoch)


class FakeDelivery:
    """Delivers when `acknowledged` is set; raises `error` then, when there is one."""

    def __init__(self) -> None:
        self.sent: list[Output] = []
        self.acknowledged = asyncio.Event()
        self.acknowledged.set()
        self.error: Exception | None = None

    async def send(self, outputs: Sequence[Output]) -> list[Any]:
        self.sent += outputs
        return []

    async def confirm(self, pending: list[Any]) -> None:
        await self.acknowledged.wait()
        if self.error is not None:
            raise self.error

    async def deliver(self, outputs: Sequence[Output]) -> None:
        await self.confirm(await self.send(outputs))


class FakeControl:
    """What a pipeline sees of its worker."""

    def __init__(self, stage: Stage, **changes: object) -> None:
        self.settings = Settings(_env_file=None, **changes)  # type: ignore[arg-type]
        self.stage = stage
        self.delivery: Any = FakeDelivery()
        self.finished: list[tuple[list[int], int]] = []
        self.has_finished = asyncio.Event()
        self.failures: list[BaseException] = []

    def finish(self, partition: TopicPartition, offsets: list[int], *, epoch: int) -> None:
        assert partition == T0
        self.finished.append((offsets, epoch))
        self.has_finished.set()

    def fail(self, error: BaseException) -> None:
        self.failures.append(error)

    def request_stop(self) -> None: ...


async def turn(n: int = 20) -> None:
    """Lets every task that can run do so."""
    for _ in range(n):
        await asyncio.sleep(0)
