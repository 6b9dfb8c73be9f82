"""Faust transport that loses nothing: a block per event, our ledger for the offsets, an idempotent producer.

Stock Faust 0.15.3 commits past records in flight, acks what an agent dropped, and spends four tasks on each record.
This transport keeps Faust's agents, rebalancing and services, and replaces what is between the fetch and the commit.
It overrides private methods, so the version is pinned and tests/integration/test_stock_faust.py fails when they change.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final, NamedTuple, Protocol

import aiokafka
import structlog
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import CommitFailedError, ConsumerStoppedError, IllegalStateError
from aiokafka.structs import OffsetAndMetadata
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.transport.drivers.aiokafka import Consumer as FaustConsumer
from faust.transport.drivers.aiokafka import Producer as FaustProducer
from faust.transport.drivers.aiokafka import Transport as FaustTransport
from faust.types.tuples import ConsumerMessage

from streams.core.acks import Ledger
from streams.kafka.event_loop import use_uvloop

# A loop that exists before the policy is set never becomes uvloop's.
use_uvloop()

log = structlog.get_logger()

IDLE_POLL_S: Final = 0.005
"""Pause when every partition is suspended (buffers full); stock sleeps a whole second."""
FETCH_TIMEOUT_S: Final = 0.05
"""A fetch waits for the partitions that were active when it began; one that is resumed meanwhile waits with it."""
MAX_BLOCK_BYTES: Final = 4 << 20
"""A block closes at this many bytes of values, so that a queue of blocks of large records stays bounded."""


class Block(NamedTuple):
    """Consecutive records of one partition, handed to a stage as one Faust event."""

    partition: TopicPartition
    records: Sequence[ConsumerRecord]
    epoch: int


class RebalanceHooks(Protocol):
    """What a stage does around a rebalance."""

    async def before_revoke(self) -> None:
        """Stops launching and waits for what is in flight; the offsets are committed right after."""

    def after_assign(self, n_partitions: int) -> None:
        """Accepts blocks again."""


class _Fetched(NamedTuple):
    """Records with the assignment that they were read under, as seen at the instant the fetch returned."""

    assignment: object
    records: dict[TopicPartition, list[ConsumerRecord]]


class LosslessConsumerThread(AIOKafkaConsumerThread):
    """The thread that polls Kafka; labels each fetch with its assignment."""

    def current_assignment(self) -> object:
        """Returns aiokafka's assignment object; a rebalance always makes a new one, even with the same generation."""
        consumer = self._consumer
        subscription = None if consumer is None else consumer._subscription.subscription
        return None if subscription is None else subscription.assignment

    async def _fetch_records(self, consumer: Any, active_partitions: Any, *args: Any, **options: Any) -> _Fetched:
        records = await super()._fetch_records(consumer, active_partitions, *args, **options)
        # Read AFTER the fetch returned, with no await in between: a fetch may span a rebalance.
        return _Fetched(self.current_assignment(), records)

    async def n_unfetched(self) -> int:
        """Asks the broker how many offsets lie behind the fetches' positions in the assigned partitions.

        Positions pass transaction markers, and ends stop before transactions that are open: an idle consumer has 0.
        """
        # Not by call_thread: its two workers belong to fetches and commits, and it cannot be cancelled.
        asked = asyncio.run_coroutine_threadsafe(self._n_unfetched(), self.thread_loop)
        return await asyncio.wrap_future(asked)

    async def _n_unfetched(self) -> int:
        assignment: Any = self.current_assignment()
        if assignment is None or not assignment.tps:
            return 0
        ends: dict[TopicPartition, int] = await self._consumer.end_offsets(assignment.tps)
        states = {tp: assignment.state_value(tp) for tp in ends}
        return sum(max(0, ends[tp] - int(state.position)) for tp, state in states.items() if state.has_valid_position)

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        self._assignor = RoundRobinPartitionAssignor
        return aiokafka.AIOKafkaConsumer(**self.app.consumer_options)

    async def commit_offsets(self, offsets: dict[TopicPartition, int]) -> bool:
        """Commits on the polling thread; False when the partitions are not ours any more."""
        return bool(await self.call_thread(self._commit_offsets, offsets))

    async def _commit_offsets(self, offsets: dict[TopicPartition, int]) -> bool:
        # A key may be Faust's own class of partitions, equal to aiokafka's and yet refused by it.
        marks = {TopicPartition(tp.topic, tp.partition): OffsetAndMetadata(at, "") for tp, at in offsets.items()}
        try:
            await self._consumer.commit(marks)
        except (CommitFailedError, IllegalStateError) as error:
            log.info("commit_refused", reason=type(error).__name__, n_partitions=len(offsets))
            return False
        return True


class LosslessConsumer(FaustConsumer):
    """Hands blocks to the agents and commits what the ledger says, never what Faust's own ack arithmetic says."""

    consumer_stopped_errors: ClassVar[tuple[type[BaseException], ...]] = (ConsumerStoppedError,)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ledger: Ledger[TopicPartition] = Ledger()
        self.fetched_at = time.monotonic()

    async def lag(self) -> int:
        """Counts what waits on the broker and what is in the ledger."""
        n_unfetched: int = await self._thread.n_unfetched()
        return n_unfetched + self.ledger.n_pending

    def _new_consumer_thread(self) -> LosslessConsumerThread:
        return LosslessConsumerThread(self, loop=self.loop, beacon=self.beacon)

    # --- fetch -> agent

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self.should_stop or fetcher.should_stop):
                fetched = await self._fetch()
                self.fetched_at = time.monotonic()
                if fetched is not None and fetched.records:
                    await self._hand_on(fetched)
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise

    async def _fetch(self) -> _Fetched | None:
        if not self.flow_active:
            await self.wait(self.can_resume_flow)
        active = set(self._get_active_partitions())
        if not active or self.should_stop:
            await asyncio.sleep(IDLE_POLL_S)
            return None
        fetched: _Fetched | dict[Any, Any] = await self._thread.getmany(active, FETCH_TIMEOUT_S)
        return fetched if isinstance(fetched, _Fetched) else None

    async def _hand_on(self, fetched: _Fetched) -> None:
        """Passes every record to its agent, or none that could be skipped.

        Records of a past assignment are dropped: they come again, to whoever owns the partition, from the committed
        offset. Records of the present one are never dropped: the position of the fetcher is already past them.
        """
        if not self.flow_active:
            await self.wait(self.can_resume_flow)
        for tp, records in fetched.records.items():
            ledger = self.ledger.partition(tp)
            fresh = records if records[0].offset >= ledger.next_offset else [
                record for record in records if record.offset >= ledger.next_offset
            ]  # fmt: skip
            for chunk in _cut(fresh, self.app.block_records):
                if not self.flow_active or fetched.assignment is not self._thread.current_assignment():
                    return
                ledger.register([record.offset for record in chunk])
                message = self._block_message(tp, chunk)
                await self.wait_first(self.callback(message), self.suspend_flow.wait())

    def _block_message(self, tp: TopicPartition, records: Sequence[ConsumerRecord]) -> ConsumerMessage:
        first = records[0]
        return ConsumerMessage(
            first.topic, first.partition, first.offset, first.timestamp / 1000.0, first.timestamp_type, (), None,
            Block(tp, records, self.ledger.epoch), None, 0, 0, tp, generation_id=self.app.consumer_generation_id,
        )  # fmt: skip

    # --- agent -> commit

    async def force_commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commits the contiguous prefix of finished records of every partition."""
        epoch, assigned = self.ledger.epoch, self.assignment()
        offsets = {tp: offset for tp, offset in self.ledger.committable().items() if tp in assigned}
        if not offsets or not await self._thread.commit_offsets(offsets):
            return False
        self.ledger.committed(offsets, epoch=epoch)
        return True

    async def on_stop(self) -> None:
        """Commits no more, for the stage has: what a commit raises here would leave the polling thread running."""
        self.transport._topic_waiters.clear()

    async def commit_all(self) -> None:
        """Commits until nothing new is left; `commit` alone only waits where another one is under way."""
        while await self.maybe_wait_for_commit_to_finish():
            pass
        await self.commit()

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TopicPartition]:
        return iter(self.ledger.committable())

    def _new_offset(self, tp: TopicPartition) -> int | None:
        return self.ledger.partition(tp).committable()

    # --- rebalance

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """Waits for what is in flight and commits it, then lets the partitions go.

        Faust stops the flow only where there was something to revoke. A worker's first partitions would be read before
        its stage accepts them, and what is let go then would hold the offset back until the watchdog ends the worker.
        """
        await self.app.hooks.before_revoke()
        self.stop_flow()
        self.ledger.reset()
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: Any, generation_id: int = 0) -> None:
        """Begins a new epoch: every partition starts again at its committed offset."""
        self.ledger.reset()
        await super().on_partitions_assigned(assigned, generation_id)
        self.app.hooks.after_assign(len(assigned))

    async def perform_seek(self) -> None:
        """Seeks to the committed offsets; a rebalance under way makes that unnecessary, for it seeks anyway."""
        try:
            await super().perform_seek()
        except IllegalStateError as error:
            log.info("seek_skipped", reason=str(error))

    async def verify_all_partitions_active(self) -> None:
        """Does nothing: stock's detector reads ack counters that are not in use here; the stage has a watchdog."""


class IdempotentProducer(FaustProducer):
    """Producer with acks=all and sequence numbers, so that its own retries neither lose nor repeat."""

    def _new_producer(self, transactional_id: str | None = None) -> aiokafka.AIOKafkaProducer:
        return aiokafka.AIOKafkaProducer(**self.app.producer_options)


class LosslessTransport(FaustTransport):
    """Binds the consumer and the producer of this module to a Faust app."""

    Consumer: ClassVar[type[LosslessConsumer]] = LosslessConsumer
    Producer: ClassVar[type[IdempotentProducer]] = IdempotentProducer


def _cut(records: Sequence[ConsumerRecord], most: int) -> Iterator[Sequence[ConsumerRecord]]:
    """Cuts records into blocks of at most `most` records and about `MAX_BLOCK_BYTES`."""
    if len(records) <= most and sum(len(record.value or b"") for record in records) <= MAX_BLOCK_BYTES:
        if records:
            yield records
        return
    start = n_bytes = 0
    for index, record in enumerate(records):
        size = len(record.value or b"")
        if index > start and (index - start >= most or n_bytes + size > MAX_BLOCK_BYTES):
            yield records[start:index]
            start, n_bytes = index, 0
        n_bytes += size
    yield records[start:]
