"""The block pipeline: one block at a time, several deliveries at once, nothing finished before its delivery."""

import asyncio
from collections.abc import Sequence

import pytest
from aiokafka import ConsumerRecord

from schemas.taxonomy import Stage
from schemas.topics import RAW_DEAD_LETTER, SCRUBBED
from streams.core.output import Output
from streams.errors import FatalError
from streams.kafka.block_stage import BLOCKS_IN_FLIGHT, BlockPipeline
from tests.unit.kafka.pipeline_control import FakeControl, block, turn


class Processor:
    """Copies records to a topic; `gate` holds it, `error` makes it raise."""

    def __init__(self, topic: str = SCRUBBED) -> None:
        self.calls: list[list[int]] = []
        self.marked: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None
        self._topic = topic

    async def start(self) -> None: ...

    async def process(self, records: Sequence[ConsumerRecord]) -> list[Output]:
        self.calls.append([record.offset for record in records])
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return [Output(self._topic, record.key, record.value) for record in records]

    async def delivered(self, records: Sequence[ConsumerRecord]) -> None:
        self.marked.append([record.offset for record in records])

    async def close(self) -> None: ...


def pipeline(topic: str = SCRUBBED) -> tuple[BlockPipeline, FakeControl, Processor]:
    control, processor = FakeControl(Stage.SCRUBBER), Processor(topic)
    return BlockPipeline(control, processor), control, processor


async def test_a_block_is_finished_and_marked_after_its_delivery() -> None:
    stage, control, processor = pipeline()
    control.delivery.acknowledged.clear()
    await stage.submit(block([3, 4], epoch=7))
    await turn()
    assert (len(control.delivery.sent), control.finished, processor.marked) == (2, [], [])
    control.delivery.acknowledged.set()
    await turn()
    assert (control.finished, processor.marked) == ([([3, 4], 7)], [[3, 4]])


async def test_deliveries_in_flight_hold_back_the_next_block() -> None:
    stage, control, processor = pipeline()
    control.delivery.acknowledged.clear()
    for offset in range(BLOCKS_IN_FLIGHT):
        await stage.submit(block([offset]))
    held = asyncio.create_task(stage.submit(block([99])))
    await turn()
    assert not held.done()
    assert [99] not in processor.calls
    control.delivery.acknowledged.set()
    await asyncio.wait_for(held, 20)


async def test_a_refused_delivery_fails_the_worker_and_finishes_nothing() -> None:
    stage, control, processor = pipeline()
    control.delivery.error = FatalError("refused")
    await stage.submit(block([1]))
    await turn()
    assert control.failures == [control.delivery.error]
    assert (control.finished, processor.marked) == ([], [])


async def test_what_the_processor_raises_reaches_the_worker_and_frees_its_slot() -> None:
    stage, control, processor = pipeline()
    processor.error = RuntimeError("x")
    for offset in range(BLOCKS_IN_FLIGHT + 1):
        with pytest.raises(RuntimeError):
            await asyncio.wait_for(stage.submit(block([offset])), 20)
    assert (control.delivery.sent, control.finished) == ([], [])


async def test_the_breaker_stops_before_anything_is_written() -> None:
    stage, control, _ = pipeline(RAW_DEAD_LETTER)
    with pytest.raises(FatalError):
        await stage.submit(block(range(60)))
    assert control.delivery.sent == []


async def test_small_blocks_hide_no_flood_and_a_rebalance_begins_the_count_anew() -> None:
    stage, control, _ = pipeline(RAW_DEAD_LETTER)
    for n in range(4):
        await stage.submit(block(range(10 * n, 10 * n + 10)))
    stage.reset()
    for n in range(4):
        await stage.submit(block(range(10 * n, 10 * n + 10), epoch=2))
    with pytest.raises(FatalError, match="50 of 50 records"):
        await stage.submit(block(range(40, 50), epoch=2))
    assert len(control.delivery.sent) == 80


async def test_a_drain_waits_for_the_block_at_work_and_its_delivery() -> None:
    stage, control, processor = pipeline()
    processor.gate.clear()
    working = asyncio.create_task(stage.submit(block([1])))
    await turn()
    draining = asyncio.create_task(stage.drain(5.0))
    await turn()
    assert not draining.done()
    processor.gate.set()
    assert await draining
    await working
    assert control.finished == [([1], 1)]


async def test_a_drain_ends_at_its_deadline() -> None:
    stage, control, processor = pipeline()
    processor.gate.clear()
    working = asyncio.create_task(stage.submit(block([1])))
    await turn()
    assert not await stage.drain(0.01)
    processor.gate.set()
    await working
    control.delivery.acknowledged.clear()
    stage.reset()
    await stage.submit(block([2]))
    assert not await stage.drain(0.01)
    await stage.close()


async def test_after_a_drain_blocks_are_let_go_until_the_next_assignment() -> None:
    stage, control, processor = pipeline()
    assert await stage.drain(1.0)
    await stage.submit(block([1]))
    assert processor.calls == []
    stage.reset()
    await stage.submit(block([1], epoch=2))
    await turn()
    assert control.finished == [([1], 2)]


async def test_a_block_that_waits_for_a_slot_over_a_rebalance_is_let_go() -> None:
    stage, control, processor = pipeline()
    control.delivery.acknowledged.clear()
    for offset in range(BLOCKS_IN_FLIGHT):
        await stage.submit(block([offset]))
    held = asyncio.create_task(stage.submit(block([99])))
    await turn()
    assert not await stage.drain(0.001)
    stage.reset()
    control.delivery.acknowledged.set()
    await asyncio.wait_for(held, 20)
    assert [99] not in processor.calls  # it comes again, to whoever owns its partition now
