"""Stages that gather records into batches filled by tokens, in lanes, several batches in flight: the classifiers."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from aiokafka import ConsumerRecord, TopicPartition

from schemas.taxonomy import Stage
from streams import metrics
from streams.core.batching import Admitted, Batch, BatchLimits, CloseReason, Lane
from streams.core.lanes import LanedBatcher, lane_limits
from streams.core.output import Output
from streams.kafka.in_flight import InFlight
from streams.kafka.stage import StageControl, StageWorker, run_stage
from streams.kafka.stage_breaker import StageBreaker
from streams.kafka.transport import Block
from streams.settings import Settings

T = TypeVar("T")
Work = Callable[[], Coroutine[Any, Any, None]]


class BatchProcessor(Protocol[T]):
    """What a batch stage does with its records."""

    async def start(self) -> None:
        """Opens what it needs; raises FatalError with a remedy when that is missing."""

    def admit(self, record: ConsumerRecord) -> Admitted[T] | Output:
        """Decodes a record, counts its tokens and names its lane; an `Output` is its dead letter when it cannot be."""

    def limits(self) -> BatchLimits:
        """Tells how a batch of the bulk is filled now; asked before each block, for a model's limits may change."""

    async def recall(self, items: Sequence[Admitted[T]]) -> Mapping[int, Sequence[Output]]:
        """Returns the outputs of those items, by position, that need no batch: what became of them is known."""

    async def process(self, batch: Batch[T]) -> list[Output]:
        """Turns a batch into outputs that hold every item's next place.

        Several calls run at once. What it raises stops the worker without a commit.
        """

    async def close(self) -> None:
        """Releases what `start` opened."""


class BatchPipeline(Generic[T]):
    """Fills batches across blocks and partitions, in lanes with slots of their own.

    `batches_in_flight` of the bulk and `vip_batches_in_flight` of the VIPs are at work at once; no VIP that was
    admitted waits for a slot of the bulk.
    """

    def __init__(self, control: StageControl, processor: BatchProcessor[T]) -> None:
        settings = control.settings
        self._control = control
        self._processor = processor
        self._in_flight = {
            Lane.BULK: InFlight(settings.batches_in_flight, control.fail),
            Lane.VIP: InFlight(settings.vip_batches_in_flight, control.fail),
        }
        self._refusals = StageBreaker(control.stage, settings)  # what dies at once, among all that comes
        self._failures = StageBreaker(control.stage, settings)  # what dies in its batch, among what was batched
        self._batcher = LanedBatcher[T](self._limits())
        self._epoch = -1
        self._open = True
        self._n_resets = 0
        self._filled = {lane: asyncio.Event() for lane in Lane}
        self._lingering: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Opens what the processor needs and begins to watch the age of waiting records."""
        await self._processor.start()
        self._lingering = [asyncio.create_task(self._watch_linger(lane)) for lane in Lane]

    async def submit(self, block: Block) -> None:
        """Admits a block's records; returns when every batch that they filled is at work.

        The lanes wait for their slots side by side.
        """
        if not self._open:  # revoked or stopping: unfinished, they come again
            return
        n_resets = self._n_resets
        items, refused = self._admit(block)
        known = await self._processor.recall(items)
        if not self._open or n_resets != self._n_resets:  # revoked meanwhile
            return
        if block.epoch != self._epoch:
            self._batcher, self._epoch = LanedBatcher(self._limits()), block.epoch
        metrics.RECORDS_IN.labels(self._control.stage.value).inc(len(block.records))
        closed = self._fill(item for i, item in enumerate(items) if i not in known)
        for filled in self._filled.values():
            filled.set()
        self._judge(block, refused, known)
        settled: dict[Lane, dict[int, Sequence[Output]]] = {Lane.VIP: {}, Lane.BULK: dict(refused)}
        for i, outputs in known.items():
            settled[items[i].lane][items[i].record.offset] = outputs
        work = {lane: self._settling(block, by_offset) for lane, by_offset in settled.items()}
        for batch in closed:
            work[batch.lane].append(partial(self._work, batch, block.epoch))
        await asyncio.gather(*(self._launch(lane, waiting, n_resets) for lane, waiting in work.items()))

    def _limits(self) -> dict[Lane, BatchLimits]:
        settings = self._control.settings
        return lane_limits(
            self._processor.limits(), vip_max_tokens=settings.vip_max_batch_tokens, vip_linger_s=settings.vip_linger_s
        )

    def _admit(self, block: Block) -> tuple[list[Admitted[T]], dict[int, Sequence[Output]]]:
        """Returns the records that can be decoded, and the dead letters of the others by offset."""
        items: list[Admitted[T]] = []
        refused: dict[int, Sequence[Output]] = {}
        for record in block.records:
            admitted = self._processor.admit(record)
            if isinstance(admitted, Output):
                refused[record.offset] = (admitted,)
            else:
                items.append(admitted)
        return items, refused

    def _judge(
        self, block: Block, refused: Mapping[int, Sequence[Output]], known: Mapping[int, Sequence[Output]]
    ) -> None:
        """Stops the stage before anything of a block is written, when too much of it would die."""
        dead = [next(iter(refused.get(record.offset, ())), None) for record in block.records]
        self._count(self._refusals.check(dead, n_records=len(dead)))
        recalled = [output for outputs in known.values() for output in outputs]
        self._count(self._failures.check(recalled, n_records=len(known)))

    def _settling(self, block: Block, settled: Mapping[int, Sequence[Output]]) -> list[Work]:
        """Returns the delivery of what needs no batch, where there is any."""
        if not settled:
            return []
        outputs = [output for some in settled.values() for output in some]
        return [partial(self._deliver, {block.partition: list(settled)}, outputs, block.epoch)]

    def _fill(self, items: Iterable[Admitted[T]]) -> list[Batch[T]]:
        closed = self._batcher.relimit(self._limits())
        for item in items:
            closed += self._batcher.add(item, time.monotonic())
        return closed

    async def _launch(self, lane: Lane, waiting: Sequence[Work], n_resets: int) -> None:
        """Starts each piece of work in a slot of its lane; what waits for one when its partitions go is let go."""
        in_flight = self._in_flight[lane]
        for work in waiting:
            await in_flight.acquire()
            if self._open and n_resets == self._n_resets:
                in_flight.start(work())
            else:
                in_flight.release()

    async def _work(self, batch: Batch[T], epoch: int) -> None:
        metrics.BATCH_CLOSE_REASON.labels(batch.reason.value, batch.lane.value).inc()
        if batch.reason is CloseReason.TOKENS:
            metrics.BATCH_FILL.labels(batch.lane.value).observe(batch.fill)
        metrics.BATCH_TOKENS.observe(batch.n_tokens)
        metrics.BATCH_SIZE.observe(len(batch.items))
        outputs = await self._processor.process(batch)
        self._count(self._failures.check(outputs, n_records=len(batch.items)))
        offsets: dict[TopicPartition, list[int]] = {}
        for item in batch.items:
            offsets.setdefault(TopicPartition(item.record.topic, item.record.partition), []).append(item.record.offset)
        await self._deliver(offsets, outputs, epoch)

    async def _deliver(self, offsets: dict[TopicPartition, list[int]], outputs: list[Output], epoch: int) -> None:
        with metrics.DELIVER_SECONDS.time():
            await self._control.delivery.deliver(outputs)
        for partition, finished in offsets.items():
            self._control.finish(partition, finished, epoch=epoch)

    def _count(self, n_dead: int) -> None:
        if n_dead:
            metrics.DEAD_LETTERS.labels(self._control.stage.value).inc(n_dead)

    async def _watch_linger(self, lane: Lane) -> None:
        """Sends off a lane's batch whose oldest record is due; it goes on filling while every slot is taken."""
        in_flight, filled = self._in_flight[lane], self._filled[lane]
        while True:
            deadline = self._batcher.deadline(lane)
            if deadline is None:
                filled.clear()
                await filled.wait()
                continue
            await asyncio.sleep(max(0.0, deadline - time.monotonic()))
            await in_flight.acquire()
            batch = self._batcher.due(lane, time.monotonic()) if self._open else None
            if batch is None:
                in_flight.release()
                await asyncio.sleep(0)
            else:
                in_flight.start(self._work(batch, self._epoch))

    async def drain(self, timeout_s: float) -> bool:
        """Launches nothing more and waits for the batches at work; what still waits in the batcher comes again."""
        self._open = False
        self._batcher.discard(lambda _: True)
        return all(await asyncio.gather(*(in_flight.wait(timeout_s) for in_flight in self._in_flight.values())))

    def reset(self) -> None:
        """Accepts blocks of the new assignment; what has waited for a slot since the past one is let go."""
        self._n_resets += 1
        for breaker in (self._refusals, self._failures):
            breaker.forget()
        self._batcher.discard(lambda _: True)
        self._open = True

    async def close(self) -> None:
        """Ends what is still in flight, unacknowledged."""
        for watching in self._lingering:
            watching.cancel()
        await asyncio.gather(*self._lingering, return_exceptions=True)
        for in_flight in self._in_flight.values():
            await in_flight.cancel()
        await self._processor.close()


def run_batch_stage(settings: Settings, stage: Stage, processor: BatchProcessor[T]) -> int:
    """Runs a batch stage in this process until SIGTERM; returns the exit code."""
    return run_stage(lambda: StageWorker(settings, stage, lambda control: BatchPipeline(control, processor)))
