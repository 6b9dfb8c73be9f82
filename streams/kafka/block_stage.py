"""Stages that turn each block of records into outputs at once, such as the scrubber."""

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

from aiokafka import ConsumerRecord

from schemas.taxonomy import Stage
from streams import metrics
from streams.core.output import Output
from streams.kafka.delivery import Pending
from streams.kafka.in_flight import InFlight
from streams.kafka.stage import StageControl, StageWorker, run_stage
from streams.kafka.stage_breaker import StageBreaker
from streams.kafka.transport import Block
from streams.settings import Settings

BLOCKS_IN_FLIGHT: Final = 8


class BlockProcessor(Protocol):
    """What a block stage does with its records."""

    async def start(self) -> None:
        """Opens what it needs; raises FatalError with a remedy when that is missing."""

    async def process(self, records: Sequence[ConsumerRecord]) -> list[Output]:
        """Turns records of one partition, in offset order, into outputs that hold every record's fate.

        Calls never overlap. What it raises stops the worker without a commit: a record that cannot be handled is
        returned as its dead letter instead.
        """

    async def delivered(self, records: Sequence[ConsumerRecord]) -> None:
        """Called when the broker has acknowledged the outputs, before the commit: marks are written here."""

    async def close(self) -> None:
        """Releases what `start` opened."""


class BlockPipeline:
    """Processes blocks one after another and delivers several at once."""

    def __init__(self, control: StageControl, processor: BlockProcessor) -> None:
        self._control = control
        self._processor = processor
        self._in_flight = InFlight(BLOCKS_IN_FLIGHT, control.fail)
        self._breaker = StageBreaker(control.stage, control.settings)
        self._order = asyncio.Lock()
        self._open = True
        self._n_resets = 0

    async def start(self) -> None:
        """Opens what the processor needs."""
        await self._processor.start()

    async def submit(self, block: Block) -> None:
        """Processes a block, queues its outputs in order, and lets it be confirmed in the background."""
        n_resets = self._n_resets
        await self._in_flight.acquire()
        async with self._order:
            if not self._open or n_resets != self._n_resets:  # revoked or stopping: unfinished, it comes again
                self._in_flight.release()
                return
            try:
                pending = await self._process(block)
            except BaseException:
                self._in_flight.release()
                raise
            self._in_flight.start(self._confirm(block, pending))

    async def _process(self, block: Block) -> Pending:
        control, stage = self._control, self._control.stage.value
        outputs = await self._processor.process(block.records)
        n_dead = self._breaker.check(outputs, n_records=len(block.records))
        metrics.RECORDS_IN.labels(stage).inc(len(block.records))
        if n_dead:
            metrics.DEAD_LETTERS.labels(stage).inc(n_dead)
        return await control.delivery.send(outputs)

    async def _confirm(self, block: Block, pending: Pending) -> None:
        with metrics.DELIVER_SECONDS.time():
            await self._control.delivery.confirm(pending)
        await self._processor.delivered(block.records)
        self._control.finish(block.partition, [record.offset for record in block.records], epoch=block.epoch)

    async def drain(self, timeout_s: float) -> bool:
        """Lets the block at work finish, takes no other, and waits for every delivery."""
        self._open = False
        try:
            async with asyncio.timeout(timeout_s):
                async with self._order:
                    pass
                return await self._in_flight.wait(timeout_s)
        except TimeoutError:
            return False

    def reset(self) -> None:
        """Accepts blocks of the new assignment; one that has waited for a slot since the past one is let go."""
        self._n_resets += 1
        self._breaker.forget()
        self._open = True

    async def close(self) -> None:
        """Ends what is still in flight, unacknowledged."""
        await self._in_flight.cancel()
        await self._processor.close()


def run_block_stage(settings: Settings, stage: Stage, processor: BlockProcessor) -> int:
    """Runs a block stage in this process until SIGTERM; returns the exit code."""
    return run_stage(lambda: StageWorker(settings, stage, lambda control: BlockPipeline(control, processor)))
