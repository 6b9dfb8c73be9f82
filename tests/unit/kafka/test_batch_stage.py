"""The batch pipeline: batches across blocks and lanes, several at work, each record finished with its own batch."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio
from aiokafka import ConsumerRecord

from schemas.taxonomy import Stage
from schemas.topics import CLASSIFIED, DEAD_LETTER
from streams.core.batching import Admitted, Batch, BatchLimits, Lane
from streams.core.output import Output
from streams.errors import FatalError
from streams.kafka.batch_stage import BatchPipeline
from streams.kafka.transport import Block
from tests.unit.kafka.pipeline_control import T0, FakeControl, block, turn


class Processor:
    """Batches of two records; each call waits for its gate, named by its first offset, where there is one.

    `known` has the outputs of records that need no batch, by offset; `recalling` lets the look for them return.
    """

    def __init__(self, linger_s: float = 60.0) -> None:
        self.calls: list[list[int]] = []
        self.gates: dict[int, asyncio.Event] = {}
        self.known: dict[int, list[Output]] = {}
        self.recalling = asyncio.Event()
        self.recalling.set()
        self.error: Exception | None = None
        self.topic = CLASSIFIED
        self.now = BatchLimits(max_tokens=20, max_items=1000, linger_s=linger_s)

    async def start(self) -> None: ...

    def admit(self, record: ConsumerRecord) -> Admitted[bytes] | Output:
        if record.value == b"poison":
            return Output(DEAD_LETTER, record.key, record.value)
        return Admitted(record, record.value, 10, Lane.VIP if record.value == b"vip" else Lane.BULK)

    def limits(self) -> BatchLimits:
        return self.now

    async def recall(self, items: Sequence[Admitted[bytes]]) -> dict[int, list[Output]]:
        await self.recalling.wait()
        return {i: self.known[item.record.offset] for i, item in enumerate(items) if item.record.offset in self.known}

    async def process(self, batch: Batch[bytes]) -> list[Output]:
        offsets = [item.record.offset for item in batch.items]
        self.calls.append(offsets)
        if gate := self.gates.get(offsets[0]):
            await gate.wait()
        if self.error is not None:
            raise self.error
        return [Output(self.topic, item.record.key, item.record.value) for item in batch.items]

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
    await asyncio.wait_for(held, 20)
    gates[0].set()
    await turn()
    assert rig.processor.calls[-1] == [5, 6]


async def test_the_oldest_record_does_not_wait_longer_than_the_linger() -> None:
    rig = Rig(linger_s=0.01)
    await rig.stage.start()
    await rig.stage.submit(block([1]))
    await asyncio.wait_for(rig.control.has_finished.wait(), 20)
    assert rig.control.finished == [([1], 1)]
    await rig.stage.close()


async def test_dead_letters_are_delivered_and_finished_without_a_batch(rig: Rig) -> None:
    await rig.stage.submit(block([7, 8], value=b"poison"))
    await turn()
    assert [output.topic for output in rig.control.delivery.sent] == [DEAD_LETTER] * 2
    assert (rig.control.finished, rig.processor.calls) == ([([7, 8], 1)], [])


async def test_what_is_known_is_delivered_at_once_and_the_rest_fills_batches(rig: Rig) -> None:
    rig.processor.known = {2: [Output(CLASSIFIED, b"k", b"known")], 4: []}
    await rig.stage.submit(block([1, 2, 3, 4, 5]))
    await turn()
    assert [output.value for output in rig.control.delivery.sent] == [b"known", b"v", b"v"]
    assert (rig.control.finished, rig.processor.calls) == ([([2, 4], 1), ([1, 3], 1)], [[1, 3]])


async def test_what_is_known_to_die_stops_the_stage_like_what_dies_in_its_batch(rig: Rig) -> None:
    rig.processor.known = {offset: [Output(DEAD_LETTER, b"k", b"v")] for offset in range(60)}
    with pytest.raises(FatalError, match="send 60 of 60 records"):
        await rig.stage.submit(block(range(60)))
    assert rig.control.delivery.sent == []


async def test_a_vip_that_is_known_waits_for_no_slot_of_the_bulk(rig: Rig) -> None:
    gated(rig, 1, 3)
    rig.processor.known = {7: [Output(CLASSIFIED, b"k", b"known")]}
    held = asyncio.create_task(rig.stage.submit(mixed(dict.fromkeys(range(1, 7), b"v") | {7: b"vip"})))
    await turn()
    assert (held.done(), rig.control.finished) == (False, [([7], 1)])
    await end_of(held, rig)


@pytest.mark.parametrize("is_back", [False, True])
async def test_what_is_recalled_over_a_rebalance_is_let_go(rig: Rig, is_back: bool) -> None:
    rig.processor.known = {2: [Output(CLASSIFIED, b"k", b"known")]}
    rig.processor.recalling.clear()
    recalled = asyncio.create_task(rig.stage.submit(block([1, 2, 3])))
    await turn()
    assert await rig.stage.drain(1.0)
    if is_back:
        rig.stage.reset()
    rig.processor.recalling.set()
    await asyncio.wait_for(recalled, 20)
    await turn()
    assert (rig.control.delivery.sent, rig.control.finished, rig.processor.calls) == ([], [], [])


async def test_the_breaker_stops_before_anything_is_written(rig: Rig) -> None:
    with pytest.raises(FatalError):
        await rig.stage.submit(block(range(60), value=b"poison"))
    await turn()
    assert rig.control.delivery.sent == []


async def test_what_dies_at_once_counts_among_all_that_comes_and_what_dies_in_its_batch_among_the_batched(
    rig: Rig,
) -> None:
    for n in range(60):  # a third of what comes, in small blocks
        await rig.stage.submit(block([3 * n, 3 * n + 1]))
        await rig.stage.submit(block([3 * n + 2], value=b"poison"))
        await turn()
    assert len(rig.control.delivery.sent) == 180
    rig.stage.reset()
    rig.processor.topic = DEAD_LETTER
    for n in range(25):
        assert rig.control.failures == []
        await rig.stage.submit(block([2 * n, 2 * n + 1], epoch=2))
        await turn()
    (error,) = rig.control.failures
    assert "50 of 50 records" in str(error)
    assert len(rig.control.delivery.sent) == 180 + 48


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
    await asyncio.wait_for(held, 20)
    assert rig.processor.calls == [[1, 2], [3, 4]]


async def test_a_batch_that_waits_for_a_slot_over_a_rebalance_is_let_go(rig: Rig) -> None:
    gates = [rig.processor.gates.setdefault(offset, asyncio.Event()) for offset in (1, 3)]
    held = asyncio.create_task(rig.stage.submit(block([1, 2, 3, 4, 5, 6])))
    await turn()
    assert not await rig.stage.drain(0.001)
    rig.stage.reset()
    for gate in gates:
        gate.set()
    await asyncio.wait_for(held, 20)
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


def mixed(values: dict[int, bytes]) -> Block:
    """A block whose records have these values."""
    return Block(T0, [block([offset], value=value).records[0] for offset, value in values.items()], 1)


def gated(rig: Rig, *offsets: int) -> None:
    for offset in offsets:
        rig.processor.gates[offset] = asyncio.Event()


async def test_vips_of_a_block_leave_before_its_bulk(rig: Rig) -> None:
    await rig.stage.submit(mixed({1: b"v", 2: b"v", 3: b"vip", 4: b"v", 5: b"vip", 6: b"v"}))
    await turn()
    assert rig.processor.calls == [[3, 5], [1, 2], [4, 6]]


async def test_vips_get_a_slot_while_those_of_the_bulk_are_taken(rig: Rig) -> None:
    gated(rig, 1, 3)
    held = asyncio.create_task(rig.stage.submit(mixed(dict.fromkeys(range(1, 7), b"v") | {7: b"vip", 8: b"vip"})))
    await turn()
    assert (held.done(), rig.control.finished) == (False, [([7, 8], 1)])
    await end_of(held, rig)


async def test_a_vip_leaves_by_its_linger_while_the_bulk_waits_for_slots() -> None:
    rig = Rig(vip_linger_s=0.01)
    await rig.stage.start()
    gated(rig, 1, 3)
    held = asyncio.create_task(rig.stage.submit(mixed(dict.fromkeys(range(1, 7), b"v") | {7: b"vip"})))
    await asyncio.wait_for(rig.control.has_finished.wait(), 20)
    assert (held.done(), rig.control.finished) == (False, [([7], 1)])
    await end_of(held, rig)
    await rig.stage.close()


async def test_the_bulk_does_not_wait_for_the_slots_of_vips(rig: Rig) -> None:
    gated(rig, 1, 3)
    held = asyncio.create_task(rig.stage.submit(mixed(dict.fromkeys(range(1, 7), b"vip") | {7: b"v", 8: b"v"})))
    await turn()
    assert (held.done(), rig.processor.calls) == (False, [[1, 2], [3, 4], [7, 8]])
    await end_of(held, rig)


async def end_of(held: "asyncio.Task[None]", rig: Rig) -> None:
    for gate in rig.processor.gates.values():
        gate.set()
    await asyncio.wait_for(held, 20)


async def test_a_drain_waits_for_both_lanes(rig: Rig) -> None:
    gated(rig, 1)
    await rig.stage.submit(mixed({1: b"vip", 2: b"vip", 3: b"v"}))
    assert not await rig.stage.drain(0.01)
    rig.processor.gates[1].set()
    assert await rig.stage.drain(1.0)
    assert rig.control.finished == [([1, 2], 1)]


async def test_the_limits_are_asked_anew_and_what_waits_is_not_lost(rig: Rig) -> None:
    rig.processor.now = BatchLimits(max_tokens=40, max_items=1000, linger_s=60.0)
    await rig.stage.submit(block([1, 2, 3]))
    await turn()
    assert rig.processor.calls == []
    rig.processor.now = BatchLimits(max_tokens=20, max_items=1000, linger_s=60.0)
    await rig.stage.submit(block([4]))
    await turn()
    assert rig.processor.calls == [[1, 2], [3, 4]]
