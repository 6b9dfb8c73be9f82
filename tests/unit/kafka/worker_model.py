"""A broker, a group and a stage in memory, around the consumer of streams/kafka/transport.py as it is.

Nothing here happens by itself: a fetch returns, a rebalance goes on and a record is finished when the caller says so,
so that every order of these can be tried. What Faust and aiokafka do around the consumer follows their sources.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, Final, NamedTuple

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError
from aiokafka.structs import OffsetAndMetadata
from faust.types import TP

from streams.core.acks import Ledger
from streams.kafka.transport import Block, LosslessConsumer, LosslessConsumerThread

PARTITIONS: Final = (TP("t", 0), TP("t", 1))
QUEUED_BLOCKS: Final = 2
BLOCK_RECORDS: Final = 2


class Broker:
    """The log of each partition, what was finished of it by anyone, and the group's offsets."""

    def __init__(self) -> None:
        self.log: dict[TopicPartition, list[int]] = {tp: [] for tp in PARTITIONS}
        self.finished: dict[TopicPartition, set[int]] = {tp: set() for tp in PARTITIONS}
        self.committed: dict[TopicPartition, int] = dict.fromkeys(PARTITIONS, 0)

    def produce(self, tp: TopicPartition, n_records: int, gap: int) -> None:
        """Appends records; `gap` offsets before them hold none, as after compaction."""
        first = self.end(tp) + gap
        self.log[tp] += range(first, first + n_records)

    def end(self, tp: TopicPartition) -> int:
        """Returns the offset behind the last record."""
        return self.log[tp][-1] + 1 if self.log[tp] else 0

    def behind(self, tp: TopicPartition, offset: int) -> list[int]:
        """Returns the records from an offset on."""
        return [found for found in self.log[tp] if found >= offset]

    def unfinished(self, tp: TopicPartition) -> list[int]:
        """Returns the records that nobody has finished."""
        return [offset for offset in self.log[tp] if offset not in self.finished[tp]]


class Assignment:
    """aiokafka's object of one assignment: a position per partition, from the committed offset on."""

    def __init__(self, broker: Broker, tps: Iterable[TopicPartition]) -> None:
        self.tps = frozenset(tps)
        self.positions = {tp: broker.committed[tp] for tp in self.tps}


class Client:
    """aiokafka's consumer as the polling thread sees it."""

    _closed = False
    _max_poll_records = 100

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._subscription = SimpleNamespace(subscription=SimpleNamespace(assignment=None))
        self._fetcher = SimpleNamespace(
            _closed=False, fetched_records=self._fetch, _subscriptions=SimpleNamespace(fetch_context=nullcontext)
        )
        self.is_member = False
        self.fetching: asyncio.Future[int] | None = None
        self.committing: asyncio.Future[bool] | None = None
        self.holds_commits = False

    @property
    def current(self) -> Assignment | None:
        """The assignment in force."""
        assignment: Assignment | None = self._subscription.subscription.assignment
        return assignment

    def assign(self, tps: Iterable[TopicPartition]) -> None:
        """Joins the group: always a new object, even for the same partitions."""
        self._subscription.subscription.assignment = Assignment(self._broker, tps)
        self.is_member = True

    def assignment(self) -> frozenset[TopicPartition]:
        return self.current.tps if self.current else frozenset()

    async def _fetch(self, active: Iterable[TopicPartition], **_: Any) -> dict[TopicPartition, list[ConsumerRecord]]:
        """Returns so many records of each partition as `fetching` is told, from the positions at its return."""
        active = frozenset(active)
        self.fetching = asyncio.get_running_loop().create_future()
        try:
            n_records = await self.fetching
        finally:
            self.fetching = None
        found: dict[TopicPartition, list[ConsumerRecord]] = {}
        for tp in sorted(active & self.assignment()):
            assert self.current
            if offsets := self._broker.behind(tp, self.current.positions[tp])[:n_records]:
                self.current.positions[tp] = offsets[-1] + 1
                found[tp] = [_record(tp, offset) for offset in offsets]
        return found

    async def commit(self, marks: dict[TopicPartition, OffsetAndMetadata]) -> None:
        """Takes the offsets of a member; a commit that is held waits for `committing` to say whether it is taken."""
        is_taken = True
        if self.holds_commits:
            self.holds_commits = False
            self.committing = asyncio.get_running_loop().create_future()
            is_taken = await self.committing
            self.committing = None
        if not (is_taken and self.is_member):
            raise CommitFailedError()
        if not marks.keys() <= self.assignment():
            raise IllegalStateError("not assigned")
        self._broker.committed.update({tp: mark.offset for tp, mark in marks.items()})

    async def seek_to_committed(self) -> dict[TopicPartition, int]:
        if self.current is None or not self.is_member:
            raise IllegalStateError("a rebalance is under way")
        self.current.positions.update({tp: self._broker.committed[tp] for tp in self.current.tps})
        return dict(self.current.positions)


class Work(NamedTuple):
    """A record that the stage works on."""

    tp: TopicPartition
    offset: int
    epoch: int


class Stage:
    """Faust's queue of blocks, and the pipeline behind it: what it takes while it is closed is let go."""

    def __init__(self) -> None:
        self.is_open = False
        self.queue: list[Block] = []
        self.at_work: list[Work] = []
        self.handed_on: set[Work] = set()
        self.twice: set[Work] = set()
        self._room = asyncio.Event()

    async def put(self, message: Any) -> None:
        """Queues a block; waits while the queue is full."""
        while len(self.queue) >= QUEUED_BLOCKS:
            self._room.clear()
            await self._room.wait()
        block: Block = message.value
        works = {Work(block.partition, record.offset, block.epoch) for record in block.records}
        self.twice |= works & self.handed_on
        self.handed_on |= works
        self.queue.append(block)

    def take(self) -> None:
        """Lets the pipeline take the next block."""
        block = self.queue.pop(0)
        if self.is_open:
            self.at_work += [Work(block.partition, record.offset, block.epoch) for record in block.records]
        self._room.set()

    def clear(self) -> None:
        """Forgets what is queued, as Faust does when partitions are revoked."""
        self.queue.clear()
        self._room.set()


class Worker:
    """The real consumer and the real label of its fetches, on a client, with a stage behind."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.client = Client(broker)
        self.stage = Stage()
        self.arriving: asyncio.Future[None] | None = None
        self.drained = asyncio.Event()
        self.announced = asyncio.Event()
        self.draining: asyncio.Task[None] | None = None
        self.consumer = self._make_consumer()

    def _make_consumer(self) -> Any:
        consumer: Any = object.__new__(LosslessConsumer)
        consumer.ledger = Ledger()
        consumer.loop = asyncio.get_running_loop()
        consumer.can_resume_flow, consumer.suspend_flow = asyncio.Event(), asyncio.Event()
        consumer.flow_active = True
        consumer._active_partitions, consumer._paused_partitions = None, set()
        consumer._buffered_partitions = set()
        consumer._gap, consumer._acked, consumer._acked_index = {}, {}, {}
        consumer._read_offset, consumer._committed_offset = {}, {}
        consumer._commit_fut = None
        consumer._stopped, consumer._crashed = asyncio.Event(), asyncio.Event()
        consumer.diag = SimpleNamespace(set_flag=lambda _: None, unset_flag=lambda _: None)
        consumer.app = SimpleNamespace(
            block_records=BLOCK_RECORDS, consumer_generation_id=0, client_only=False, in_recovery=False, hooks=self,
            _start_span_from_rebalancing=lambda _: nullcontext(), on_rebalance_return=lambda: None,
        )  # fmt: skip
        consumer.callback = self.stage.put
        consumer.wait, consumer.wait_first = _wait, _wait_first
        consumer._on_partitions_revoked, consumer._on_partitions_assigned = self._on_revoked, self._on_assigned
        thread: Any = object.__new__(LosslessConsumerThread)
        thread._consumer, thread.consumer = self.client, consumer
        thread.call_thread = self._call_thread
        consumer._thread = thread
        return consumer

    async def _call_thread(self, call: Callable[..., Coroutine[Any, Any, Any]], *args: Any, **options: Any) -> Any:
        """Calls as on the polling thread; what a fetch brought reaches the main one when `arriving` says so."""
        answer = await call(*args, **options)
        if call == self.consumer._thread._fetch_records:
            self.arriving = asyncio.get_running_loop().create_future()
            await self.arriving
            self.arriving = None
        return answer

    # --- what the stage does around a rebalance

    async def before_revoke(self) -> None:
        self.stage.is_open = False
        await self.drained.wait()
        await self.consumer.commit_all()

    def after_assign(self, n_partitions: int) -> None:
        self.stage.is_open = True

    # --- what Faust's app does around a rebalance

    async def _on_revoked(self, _: object) -> None:
        if assignment := self.consumer.assignment():
            self.consumer.stop_flow()
            self.consumer.pause_partitions(assignment)
            self.stage.clear()

    async def _on_assigned(self, assigned: set[TP], _: int) -> None:
        await self.announced.wait()  # to the agents, the conductor and the tables, one after another
        self.consumer.pause_partitions(assigned)

    async def resume(self) -> None:
        """Does what Faust's recovery does at its end; the first one starts the fetcher."""
        self.consumer.resume_flow()
        if self.draining is None:
            fetcher = SimpleNamespace(should_stop=False)
            self.draining = asyncio.create_task(self.consumer._drain_messages(fetcher))

    def finish(self, work: Work) -> bool:
        """Finishes a record as the stage does; False when its epoch has passed."""
        if not self.consumer.ledger.finish(work.tp, [work.offset], epoch=work.epoch):
            return False
        self.broker.finished[work.tp].add(work.offset)
        return True

    async def kill(self) -> None:
        """Ends the process: nothing of it goes on, nothing is committed."""
        if self.draining is not None:
            self.draining.cancel()
            await asyncio.wait({self.draining})


def _record(tp: TopicPartition, offset: int) -> ConsumerRecord:
    return ConsumerRecord(tp.topic, tp.partition, offset, 1000, 0, b"k", b"v", None, 1, 1, ())


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


async def _wait_first(*waiting: Coroutine[Any, Any, Any]) -> None:
    """Waits for the first of them and ends the others, as `Service.wait_first` does."""
    tasks: Sequence[asyncio.Task[Any]] = [asyncio.ensure_future(one) for one in waiting]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
