"""Stages that gather records into batches filled by tokens, several batches in flight: the classifiers."""

import asyncio
import contextlib
import time
from collections.abc import Coroutine, Sequence
from typing import Any, Generic, Protocol, TypeVar

from aiokafka import ConsumerRecord, TopicPartition

from schemas.taxonomy import Stage
from streams import metrics
from streams.core.batching import Admitted, Batch, TokenBatcher
from streams.core.output import Output
from streams.kafka.in_flight import InFlight
from streams.kafka.stage import StageControl, StageWorker, run_stage
from streams.kafka.stage_breaker import check_breaker
from streams.kafka.transport import Block
from streams.settings import Settings

T = TypeVar("T")


class BatchProcessor(Protocol[T]):
    """What a batch stage does with its records."""

    async def start(self) -> None:
        """Opens what it needs; raises FatalError with a remedy when that is missing."""

    def admit(self, record: ConsumerRecord) -> Admitted[T] | Output:
        """Decodes a record and counts its tokens; an `Output` is its dead letter when it cannot be decoded."""

    def batcher(self) -> TokenBatcher[T]:
        """Makes an empty batcher with this stage's limits."""

    async def process(self, items: Sequence[Admitted[T]]) -> list[Output]:
        """Turns the items of one batch into outputs that hold every item's next place.

        Several calls run at once. What it raises stops the worker without a commit.
        """

    async def close(self) -> None:
        """Releases what `start` opened."""


class BatchPipeline(Generic[T]):
    """Fills batches across blocks and partitions and keeps up to `batches_in_flight` of them at work."""

    def __init__(self, control: StageControl, processor: BatchProcessor[T]) -> None:
        self._control = control
        self._processor = processor
        self._in_flight = InFlight(control.settings.batches_in_flight, control.fail)
        self._batcher = processor.batcher()
        self._epoch = -1
        self._open = True
        self._n_resets = 0
        self._filled = asyncio.Event()
        self._linger: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Opens what the processor needs and begins to watch the age of waiting records."""
        await self._processor.start()
        self._linger = asyncio.create_task(self._watch_linger())

    async def submit(self, block: Block) -> None:
        """Admits a block's records; returns when every batch that they filled is at work."""
        if not self._open:  # revoked or stopping: unfinished, they come again
            return
        if block.epoch != self._epoch:
            self._batcher, self._epoch = self._processor.batcher(), block.epoch
        metrics.RECORDS_IN.labels(self._control.stage.value).inc(len(block.records))
        n_resets = self._n_resets
        closed, refused = self._admit(block)
        self._filled.set()
        if refused:
            outputs = list(refused.values())
            self._check(outputs, len(block.records))
            await self._launch(self._deliver({block.partition: list(refused)}, outputs, block.epoch), n_resets)
        for batch in closed:
            await self._launch(self._work(batch, block.epoch), n_resets)

    def _admit(self, block: Block) -> tuple[list[Batch[T]], dict[int, Output]]:
        closed: list[Batch[T]] = []
        refused: dict[int, Output] = {}
        for record in block.records:
            admitted = self._processor.admit(record)
            if isinstance(admitted, Output):
                refused[record.offset] = admitted
            else:
                closed += self._batcher.add(admitted, time.monotonic())
        return closed, refused

    async def _launch(self, work: Coroutine[Any, Any, None], n_resets: int) -> None:
        """Starts work in a slot, unless its partitions were revoked while it waited for one."""
        try:
            await self._in_flight.acquire()
        except BaseException:
            work.close()
            raise
        if self._open and n_resets == self._n_resets:
            self._in_flight.start(work)
        else:
            self._in_flight.release()
            work.close()

    async def _work(self, batch: Batch[T], epoch: int) -> None:
        metrics.BATCH_CLOSE.labels(batch.reason.value).inc()
        metrics.BATCH_TOKENS.observe(batch.n_tokens)
        metrics.BATCH_SIZE.observe(len(batch.items))
        outputs = await self._processor.process(batch.items)
        self._check(outputs, len(batch.items))
        offsets: dict[TopicPartition, list[int]] = {}
        for item in batch.items:
            offsets.setdefault(TopicPartition(item.record.topic, item.record.partition), []).append(item.record.offset)
        await self._deliver(offsets, outputs, epoch)

    async def _deliver(self, offsets: dict[TopicPartition, list[int]], outputs: list[Output], epoch: int) -> None:
        with metrics.DELIVER_SECONDS.time():
            await self._control.delivery.deliver(outputs)
        for partition, finished in offsets.items():
            self._control.finish(partition, finished, epoch=epoch)

    def _check(self, outputs: Sequence[Output], n_records: int) -> None:
        stage = self._control.stage
        n_dead = check_breaker(outputs, n_records=n_records, stage=stage, settings=self._control.settings)
        if n_dead:
            metrics.DEAD_LETTERS.labels(stage.value).inc(n_dead)

    async def _watch_linger(self) -> None:
        """Sends off a batch whose oldest record is due; it goes on filling while every slot is taken."""
        while True:
            deadline = self._batcher.deadline()
            if deadline is None:
                self._filled.clear()
                await self._filled.wait()
                continue
            await asyncio.sleep(max(0.0, deadline - time.monotonic()))
            await self._in_flight.acquire()
            batch = self._batcher.due(time.monotonic()) if self._open else None
            if batch is None:
                self._in_flight.release()
                await asyncio.sleep(0)
            else:
                self._in_flight.start(self._work(batch, self._epoch))

    async def drain(self, timeout_s: float) -> bool:
        """Launches nothing more and waits for the batches at work; what still waits in the batcher comes again."""
        self._open = False
        self._batcher.discard(lambda _: True)
        return await self._in_flight.wait(timeout_s)

    def reset(self) -> None:
        """Accepts blocks of the new assignment; what has waited for a slot since the past one is let go."""
        self._n_resets += 1
        self._batcher.discard(lambda _: True)
        self._open = True

    async def close(self) -> None:
        """Ends what is still in flight, unacknowledged."""
        if self._linger is not None:
            self._linger.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._linger
        await self._in_flight.cancel()
        await self._processor.close()


def run_batch_stage(settings: Settings, stage: Stage, processor: BatchProcessor[T]) -> int:
    """Runs a batch stage in this process until SIGTERM; returns the exit code."""
    return run_stage(lambda: StageWorker(settings, stage, lambda control: BatchPipeline(control, processor)))
