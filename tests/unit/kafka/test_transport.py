"""The transport's own decisions, without a broker: the label of a fetch, what is handed on, what is committed."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaConnectionError
from aiokafka.structs import OffsetAndMetadata
from faust.types import TP

from streams.core.acks import Ledger
from streams.kafka import transport
from streams.kafka.transport import Block, LosslessConsumer, LosslessConsumerThread, _cut, _Fetched

T0, T1 = TopicPartition("t", 0), TopicPartition("t", 1)


def record(offset: int, value: bytes | None = b"v", partition: int = 0) -> ConsumerRecord:
    return ConsumerRecord("t", partition, offset, 1000, 0, b"k", value, None, 1, len(value or b""), ())


def records(offsets: Sequence[int], partition: int = 0) -> list[ConsumerRecord]:
    return [record(offset, partition=partition) for offset in offsets]


# --- the label of a fetch


def thread_on(assignment: object) -> Any:
    thread = object.__new__(LosslessConsumerThread)
    subscription = SimpleNamespace(subscription=SimpleNamespace(assignment=assignment))
    thread._consumer = SimpleNamespace(_subscription=subscription, _closed=False)
    thread.consumer = SimpleNamespace(flow_active=True)
    return thread


@pytest.mark.parametrize("spans_a_rebalance", [False, True])
async def test_a_fetch_is_labelled_with_the_assignment_at_its_return(spans_a_rebalance: bool) -> None:
    thread = thread_on("before")
    consumer = thread._consumer

    async def fetched_records(*_: object, **__: object) -> dict[TopicPartition, list[ConsumerRecord]]:
        await asyncio.sleep(0)
        if spans_a_rebalance:
            consumer._subscription.subscription.assignment = "after"
        return {T0: records([1])}

    consumer._fetcher = SimpleNamespace(
        _closed=False, fetched_records=fetched_records, _subscriptions=SimpleNamespace(fetch_context=nullcontext)
    )
    fetched = await thread._fetch_records(consumer, {T0})
    assert fetched.assignment == ("after" if spans_a_rebalance else "before")
    assert list(fetched.records) == [T0]


def test_before_the_first_subscription_there_is_no_assignment() -> None:
    thread = thread_on(None)
    thread._consumer._subscription.subscription = None
    assert thread.current_assignment() is None
    thread._consumer = None
    assert thread.current_assignment() is None


@pytest.mark.parametrize(
    ("position", "end", "expected"),
    [(None, 9, 0), (4, 9, 5), (9, 9, 0), (9, 4, 0)],
    ids=["not-yet", "lag", "none", "open"],
)
async def test_what_is_not_fetched_lies_between_position_and_stable_end(
    position: int | None, end: int, expected: int
) -> None:
    state = SimpleNamespace(has_valid_position=position is not None, position=position)
    thread = thread_on(SimpleNamespace(tps={T0}, state_value=lambda _: state))

    async def end_offsets(tps: set[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(tps, end)

    thread._consumer.end_offsets = end_offsets
    assert await thread._n_unfetched() == expected


async def test_without_partitions_nothing_waits() -> None:
    assert await thread_on(None)._n_unfetched() == 0
    assert await thread_on(SimpleNamespace(tps=set()))._n_unfetched() == 0


# --- what is handed on


class Handed:
    """A consumer whose agent takes every block at once; `rebalance_after` blocks a new assignment comes."""

    def __init__(self, *, block_records: int = 500, rebalance_after: int = -1) -> None:
        self.blocks: list[Block] = []
        self.assignment = "now"
        self._rebalance_after = rebalance_after
        consumer: Any = object.__new__(LosslessConsumer)
        consumer.ledger = Ledger()
        consumer.flow_active = True
        consumer.app = SimpleNamespace(block_records=block_records, consumer_generation_id=1)
        consumer._thread = SimpleNamespace(current_assignment=lambda: self.assignment)
        consumer.suspend_flow = SimpleNamespace(wait=lambda: None)
        consumer.callback = self._take
        consumer.wait_first = self._wait_first
        self.consumer = consumer

    async def _take(self, message: Any) -> None:
        self.blocks.append(message.value)
        if len(self.blocks) == self._rebalance_after:
            self.assignment = "next"

    async def _wait_first(self, taking: Coroutine[Any, Any, None], _: object) -> None:
        await taking

    def offsets(self) -> list[list[int]]:
        return [[one.offset for one in block.records] for block in self.blocks]


async def test_blocks_keep_order_and_partition_and_are_registered() -> None:
    handed = Handed(block_records=2)
    await handed.consumer._hand_on(_Fetched("now", {T0: records([5, 7, 8]), T1: records([1], partition=1)}))
    assert handed.offsets() == [[5, 7], [8], [1]]
    assert [block.partition for block in handed.blocks] == [T0, T0, T1]
    assert handed.consumer.ledger.n_pending == 4


async def test_records_of_a_past_assignment_are_dropped_unregistered() -> None:
    handed = Handed()
    await handed.consumer._hand_on(_Fetched("before", {T0: records([5])}))
    assert handed.blocks == []
    assert handed.consumer.ledger.n_pending == 0


async def test_what_was_handed_on_before_a_seek_is_not_handed_on_again() -> None:
    handed = Handed()
    await handed.consumer._hand_on(_Fetched("now", {T0: records([5, 6])}))
    await handed.consumer._hand_on(_Fetched("now", {T0: records([4, 5, 6, 7])}))
    await handed.consumer._hand_on(_Fetched("now", {T0: records([6, 7])}))
    assert handed.offsets() == [[5, 6], [7]]


async def test_a_rebalance_between_two_blocks_stops_the_handing_on() -> None:
    handed = Handed(block_records=1, rebalance_after=1)
    await handed.consumer._hand_on(_Fetched("now", {T0: records([5, 6, 7])}))
    assert handed.offsets() == [[5]]
    assert handed.consumer.ledger.n_pending == 1


@pytest.mark.parametrize(
    ("n", "most", "expected"), [(0, 2, []), (2, 2, [[0, 1]]), (3, 2, [[0, 1], [2]]), (5, 2, [[0, 1], [2, 3], [4]])]
)
def test_blocks_have_at_most_so_many_records(n: int, most: int, expected: list[list[int]]) -> None:
    assert [[one.offset for one in chunk] for chunk in _cut(records(range(n)), most)] == expected


def test_blocks_of_large_records_close_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MAX_BLOCK_BYTES", 10)
    sizes = (4, 6, 1, 30, 5, 5)
    chunks = _cut([record(offset, b"x" * size) for offset, size in enumerate(sizes)], 500)
    assert [[one.offset for one in chunk] for chunk in chunks] == [[0, 1], [2], [3], [4, 5]]
    assert [len(chunk) for chunk in _cut([record(0, None), record(1, None)], 500)] == [2]


# --- the commit


async def test_partitions_of_fausts_class_are_committed_as_aiokafkas() -> None:
    thread, sent = thread_on(None), []

    async def commit(marks: dict[TopicPartition, OffsetAndMetadata]) -> None:
        assert all(type(tp) is TopicPartition for tp in marks)  # aiokafka refuses any other class
        sent.append(marks)

    thread._consumer.commit = commit
    assert await thread._commit_offsets({TP("t", 0): 7})
    assert sent == [{T0: OffsetAndMetadata(7, "")}]


@pytest.mark.parametrize("error", [CommitFailedError(), IllegalStateError()])
async def test_a_commit_of_lost_partitions_is_refused_quietly(error: Exception) -> None:
    thread = thread_on(None)
    thread._consumer.commit = _raising(error)
    assert not await thread._commit_offsets({T0: 7})


async def test_any_other_failure_of_a_commit_is_raised() -> None:
    thread = thread_on(None)
    thread._consumer.commit = _raising(KafkaConnectionError())
    with pytest.raises(KafkaConnectionError):
        await thread._commit_offsets({T0: 7})


def _raising(error: Exception) -> Any:
    async def commit(_: object) -> None:
        raise error

    return commit


class Committing:
    """A consumer whose thread records the commits and answers them."""

    def __init__(self, *, accepted: bool = True, assigned: Sequence[TopicPartition] = (T0, T1)) -> None:
        self.commits: list[dict[TopicPartition, int]] = []
        consumer: Any = object.__new__(LosslessConsumer)
        consumer.ledger = Ledger()
        consumer.assignment = lambda: set(assigned)
        consumer.diag = SimpleNamespace(set_flag=lambda _: None, unset_flag=lambda _: None)
        consumer._thread = self
        self._accepted = accepted
        self.consumer = consumer

    async def commit_offsets(self, offsets: dict[TopicPartition, int]) -> bool:
        self.commits.append(offsets)
        return self._accepted


@pytest.mark.parametrize("accepted", [True, False])
async def test_the_prefix_is_committed_once_and_again_when_refused(accepted: bool) -> None:
    committing = Committing(accepted=accepted)
    ledger = committing.consumer.ledger
    ledger.partition(T0).register([5, 6, 7])
    ledger.finish(T0, [5, 7], epoch=ledger.epoch)
    assert await committing.consumer.force_commit() is accepted
    await committing.consumer.force_commit()
    assert committing.commits == [{T0: 6}] * (1 if accepted else 2)


async def test_partitions_that_are_gone_are_not_committed() -> None:
    committing = Committing(assigned=[T1])
    ledger = committing.consumer.ledger
    ledger.partition(T0).register([5])
    ledger.finish(T0, [5], epoch=ledger.epoch)
    assert not await committing.consumer.force_commit()
    assert committing.commits == []
