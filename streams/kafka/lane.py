"""One input partition of a transactional stage: fence, find the place, remember, then one transaction per block."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from schemas.taxonomy import Stage
from streams import metrics
from streams.core.output import Output
from streams.errors import FatalError, RetryableError
from streams.kafka.stage_breaker import StageBreaker
from streams.kafka.transactions import PartitionProducer
from streams.settings import Settings

log = structlog.get_logger()

POLL_MS: Final = 500
TURN_INTERVAL_S: Final = 0.1
"""A lane that has just committed gathers until this has passed since; one that was idle goes at once."""
MAX_TURN_BYTES: Final = 16 << 20
"""A turn takes no further fetch once its records' values have this size: they and their outputs are held at once."""
RETRY_S: Final = 1.0
CANCEL_TIMEOUT_S: Final = 8.0


class BlockDecider(Protocol):
    """What a stage decides for one partition. `settle` or `undo` follows each `decide`."""

    topics: Sequence[str]
    """Every topic that `decide` may write to."""

    async def restore(self, partition: int) -> None:
        """Rebuilds what it remembers; called when no other worker can write for this partition any more."""

    def decide(self, records: Sequence[ConsumerRecord]) -> list[Output]:
        """Turns records, in offset order, into outputs that hold every record's fate."""

    def settle(self) -> None:
        """The outputs are committed."""

    def undo(self) -> None:
        """The outputs were not committed; the records come again."""


class Lane:
    """Works one partition from its assignment to its revocation.

    Args:
        settings: the deployment.
        stage: for metrics and messages.
        source: the input partition.
        group: the consumer group.
        consumer: the group's consumer; the lane reads its own partition from it.
        decider: what becomes of the records.
        fail: called with what the process cannot go on from.
    """

    def __init__(
        self,
        settings: Settings,
        stage: Stage,
        source: TopicPartition,
        *,
        group: str,
        consumer: AIOKafkaConsumer,
        decider: BlockDecider,
        fail: Callable[[BaseException], None],
    ) -> None:
        self._settings = settings
        self._stage = stage
        self._source = source
        self._group = group
        self._consumer = consumer
        self._decider = decider
        self._fail = fail
        self._breaker = StageBreaker(stage, settings)
        self._stopping = False
        self._in_turn = False
        self._turn_at = 0.0
        self._idle_at = 0
        self.ready = False
        self.next_offset: int | None = None
        self.progress_at = time.monotonic()
        self._task = asyncio.create_task(self._run())

    @property
    def lag(self) -> int:
        """Records between what is done and the end of the partition, as far as fetches have told.

        Markers of transactions count as done once they were read past: no record stands for them.
        """
        if self.next_offset is None:
            return 0
        return max(0, self._highwater() - max(self.next_offset, self._idle_at))

    def _highwater(self) -> int:
        try:
            return int(self._consumer.highwater(self._source) or 0)
        except (AssertionError, IllegalStateError):  # a rebalance has just taken the partition
            return 0

    async def stop(self, timeout_s: float) -> bool:
        """Lets the transaction in flight finish, takes no other; False when it was cut off at the deadline."""
        self._stopping = True
        finished = True
        if self._in_turn:
            _, pending = await asyncio.wait({self._task}, timeout=timeout_s)
            finished = not pending
        self._task.cancel()
        await asyncio.wait({self._task}, timeout=CANCEL_TIMEOUT_S)
        return finished

    async def _run(self) -> None:
        while not self._stopping:
            try:
                await self._serve()
            except (KafkaError, TimeoutError, RetryableError) as error:
                if isinstance(error, KafkaError) and not error.retriable:
                    self._fail(FatalError(f"the broker refused partition {self._source.partition}: "
                                          f"{type(error).__name__}", remedy="See the broker's log"))  # fmt: skip
                    return
                log.warning("lane_retried", stage=self._stage, partition=self._source.partition,
                            reason=type(error).__name__)  # fmt: skip
                await asyncio.sleep(RETRY_S)
            except Exception as error:  # noqa: BLE001 the boundary of the lane: nothing of the block was committed
                self._fail(error)
                return

    async def _serve(self) -> None:
        producer = PartitionProducer(self._settings, self._source, group=self._group)
        try:
            await producer.open(self._decider.topics)  # from here on nobody else commits for this partition
            await self._find_place()
            self._breaker.forget()
            await self._decider.restore(self._source.partition)
            self.ready = True
            self.progress_at = time.monotonic()
            while not self._stopping:
                if records := await self._gather():
                    await self._turn(producer, records)
        finally:
            self.ready = False
            await producer.close()

    async def _find_place(self) -> None:
        """Seeks to the committed offset, read after the fence; the consumer's own position may be older."""
        tp, consumer = self._source, self._consumer
        async with asyncio.timeout(self._settings.delivery_timeout_s):
            await consumer.position(tp)  # aiokafka resolves it by itself first; a seek before that could be undone
            offset = await consumer.committed(tp)
            if offset is None:
                offset = (await consumer.beginning_offsets([tp]))[tp]
        consumer.seek(tp, offset)
        self.next_offset = offset
        log.info("lane_opened", stage=self._stage, partition=tp.partition, offset=offset)

    async def _gather(self) -> list[ConsumerRecord]:
        most = self._settings.poll_records
        records = await self._poll(POLL_MS, most)
        if not records:
            self._idle_at = await self._consumer.position(self._source)
        while records and len(records) < most and _n_bytes(records) < MAX_TURN_BYTES and not self._stopping:
            wait_ms = int((self._turn_at + TURN_INTERVAL_S - time.monotonic()) * 1000)
            if wait_ms <= 0:
                break
            records += await self._poll(wait_ms, most - len(records))
        return records

    async def _poll(self, timeout_ms: int, most: int) -> list[ConsumerRecord]:
        polled = await self._consumer.getmany(self._source, timeout_ms=timeout_ms, max_records=most)
        return list(polled.get(self._source, ()))

    async def _turn(self, producer: PartitionProducer, records: Sequence[ConsumerRecord]) -> None:
        self._in_turn = True
        settled = False
        try:
            outputs = self._decider.decide(records)
            n_dead = self._breaker.check(outputs, n_records=len(records))
            next_offset = records[-1].offset + 1
            await producer.deliver(outputs, next_offset=next_offset)
            settled = True
            self._decider.settle()
        finally:
            self._in_turn = False
            if not settled:
                self._decider.undo()
        self.next_offset = next_offset
        self.progress_at = self._turn_at = time.monotonic()
        metrics.RECORDS_IN.labels(self._stage.value).inc(len(records))
        if n_dead:
            metrics.DEAD_LETTERS.labels(self._stage.value).inc(n_dead)


def _n_bytes(records: Sequence[ConsumerRecord]) -> int:
    return sum(len(record.value or b"") for record in records)
