"""The batch pipeline: batches across blocks, several at work, each record finished with its own batch."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio
from aiokafka import ConsumerRecord

from schemas.taxonomy import Stage
from schemas.topics import CLASSIFIED, DEAD_LETTER
from streams.core.batching import Admitted, BatchLimits, TokenBatcher
from streams.core.output import Output
from streams.errors import FatalError
from streams.kafka.batch_stage import BatchPipeline
from tests.unit.kafka.pipeline_control import FakeControl, block, turn


class Processor:
    """Batches of two records; each call waits for its gate, named by its first offset, where there is one."""

    def __init__(self, linger_s: float = 60.0) -> None:
        self.calls: list[list[int]] = []
        self.gates: dict[int, asyncio.Event] = {}
        self.error: Exception | None = None
        self._limits = BatchLimits(max_tokens=20, max_items=1000, linger_s=linger_s)

    async def start(self) -> None: ...

    def admit(self, record: ConsumerRecord) -> Admitted[bytes] | Output:
        if record.value == b"poison":
            return Output(DEAD_LETTER, record.key, record.value)
        return Admitted(record, record.value, 10)

    def batcher(self) -> TokenBatcher[bytes]:
        return TokenBatcher(self._limits)

    async def process(self, items: Sequence[Admitted[bytes]]) -> list[Output]:
        offsets = [item.record.offset for item in items]
        self.calls.append(offsets)
        if gate := self.gates.get(offsets[0]):
            await gate.wait()
        if self.error is not None:
            raise self.error
        return [Output(CLASSIFIED, item.record.key, item.record.value) for item in items]

    async def close(self) -> None: ...


class Rig:
    def __init__(self, **changes: object) -> None:
        linger_s = changes.pop("linger_s", 60.0)
        assert isinstance(linger_s, float)
        self.control = FakeControl(Stage.CLASSIFIER, batches_in_flight=2, **changes)
        self.processor = Processor(linger_s)
        self.stage = BatchPipeline(self.control, self.processor)


@pytest_asyncio.fixture
async def rig() -> AsyncIterator[Rig]:
    made = Rig()
    await made.stage.start()
    yield made
    await made.stage.close()


async def test_a_batch_fills_across_blocks_and_finishes_its_own_records(rig: Rig) -> None:
    await rig.stage.submit(block([1, 2, 3]))
    await rig.stage.submit(block([4]))
    await turn()
    assert rig.processor.calls == [[1, 2], [3, 4]]
    assert rig.control.finished == [([1, 2], 1), ([3, 4], 1)]


async def test_batches_finish_in_any_order(rig: Rig) -> None:
    gate = rig.processor.gates[1] = asyncio.Event()
    await rig.stage.submit(block([1, 2, 3, 4, 5, 6]))
    await turn()
    assert rig.control.finished == [([3, 4], 1), ([5, 6], 1)]
    gate.set()
    await turn()
    assert rig.control.finished[-1] == ([1, 2], 1)


async def test_a_full_stage_holds_back_the_next_block(rig: Rig) -> None:
    gates = [rig.processor.gates.setdefault(offset, asyncio.Event()) for offset in (1, 3)]
    held = asyncio.create_task(rig.stage.submit(block([1, 2, 3, 4, 5, 6])))
    await turn()
    assert (held.done(), rig.processor.calls) == (False, [[1, 2], [3, 4]])
    gates[1].set()
    await asyncio.wait_for(held, 1.0)
    gates[0].set()
    await turn()
    assert rig.processor.calls[-1] == [5, 6]


async def test_the_oldest_record_does_not_wait_longer_than_the_linger() -> None:
    rig = Rig(linger_s=0.01)
    await rig.stage.start()
    await rig.stage.submit(block([1]))
    await asyncio.wait_for(rig.control.has_finished.wait(), 5.0)
    assert rig.control.finished == [([1], 1)]
    await rig.stage.close()


async def test_dead_letters_are_delivered_and_finished_without_a_batch(rig: Rig) -> None:
    await rig.stage.submit(block([7, 8], value=b"poison"))
    await turn()
    assert [output.topic for output in rig.control.delivery.sent] == [DEAD_LETTER] * 2
    assert (rig.control.finished, rig.processor.calls) == ([([7, 8], 1)], [])


async def test_the_breaker_stops_before_anything_is_written(rig: Rig) -> None:
    with pytest.raises(FatalError):
        await rig.stage.submit(block(range(60), value=b"poison"))
    await turn()
    assert rig.control.delivery.sent == []


async def test_what_the_processor_raises_fails_the_worker_and_finishes_nothing(rig: Rig) -> None:
    rig.processor.error = RuntimeError("x")
    await rig.stage.submit(block([1, 2]))
    await turn()
    assert (rig.control.failures, rig.control.finished) == ([rig.processor.error], [])


async def test_a_refused_delivery_fails_the_worker_and_finishes_nothing(rig: Rig) -> None:
    rig.control.delivery.error = FatalError("refused")
    await rig.stage.submit(block([1, 2]))
    await turn()
    assert (rig.control.failures, rig.control.finished) == ([rig.control.delivery.error], [])


async def test_a_drain_waits_for_the_batches_at_work_and_lets_the_rest_go(rig: Rig) -> None:
    gate = rig.processor.gates[1] = asyncio.Event()
    await rig.stage.submit(block([1, 2, 3]))
    await turn()
    draining = asyncio.create_task(rig.stage.drain(5.0))
    await turn()
    assert not draining.done()
    gate.set()
    assert await draining
    assert (rig.processor.calls, rig.control.finished) == ([[1, 2]], [([1, 2], 1)])


async def test_a_drain_ends_at_its_deadline(rig: Rig) -> None:
    rig.processor.gates[1] = asyncio.Event()
    await rig.stage.submit(block([1, 2]))
    assert not await rig.stage.drain(0.01)


async def test_a_batch_that_waits_for_a_slot_is_let_go_by_a_drain(rig: Rig) -> None:
    gates = [rig.processor.gates.setdefault(offset, asyncio.Event()) for offset in (1, 3)]
    held = asyncio.create_task(rig.stage.submit(block([1, 2, 3, 4, 5, 6])))
    await turn()
    draining = asyncio.create_task(rig.stage.drain(5.0))
    await turn()
    for gate in gates:
        gate.set()
    assert await draining
    await asyncio.wait_for(held, 1.0)
    assert rig.processor.calls == [[1, 2], [3, 4]]


async def test_a_batch_that_waits_for_a_slot_over_a_rebalance_is_let_go(rig: Rig) -> None:
    gates = [rig.processor.gates.setdefault(offset, asyncio.Event()) for offset in (1, 3)]
    held = asyncio.create_task(rig.stage.submit(block([1, 2, 3, 4, 5, 6])))
    await turn()
    assert not await rig.stage.drain(0.001)
    rig.stage.reset()
    for gate in gates:
        gate.set()
    await asyncio.wait_for(held, 1.0)
    await turn()
    assert rig.processor.calls == [[1, 2], [3, 4]]  # 5 and 6 come again, to whoever owns them now


async def test_the_next_assignment_begins_with_an_empty_batch(rig: Rig) -> None:
    await rig.stage.submit(block([9]))
    assert await rig.stage.drain(1.0)
    await rig.stage.submit(block([1, 2]))  # let go: the assignment is over
    rig.stage.reset()
    await rig.stage.submit(block([1, 2], epoch=2))
    await turn()
    assert (rig.processor.calls, rig.control.finished) == ([[1, 2]], [([1, 2], 2)])
