"""Carries out what an operator decides of dead letters; a letter and its disposition go in one transaction.

Bounded by the ends of the topics at the start, so a letter that fails again is not met twice in one run. A run that is
killed leaves nothing half done, and the next one skips what is already decided.
"""

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import AsyncGenerator, Callable
from datetime import datetime
from typing import Any, Final

from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.structs import RecordMetadata

from schemas.codec import encode
from schemas.taxonomy import Stage
from schemas.topics import COMMANDS, DEAD_LETTER_TOPICS, DISPOSITIONS, PARKED
from streams.core.canary import Canary
from streams.core.letters import is_waiting
from streams.core.output import Output, size_of
from streams.core.replay_order import Order, ReplayReport, command_of
from streams.core.replay_plan import Action, Step, disposition_of, output_of, step_of
from streams.kafka.canary import terminal_ends, watch
from streams.kafka.command_producer import commit_outputs, open_command_producer
from streams.kafka.letters import Found, dead_letters, letters_at
from streams.settings import Settings

LETTERS_PER_TRANSACTION: Final = 200
BYTES_PER_TRANSACTION: Final = 32 << 20
BLOCKS_PER_SECOND: Final = 10
"""With a rate, a block holds what is due in a tenth of a second."""


async def plan(
    settings: Settings, order: Order, report: ReplayReport | None = None
) -> AsyncGenerator[tuple[Step, ConsumerRecord], None]:
    """Yields what a command would do, letter by letter, and tells the report of places; writes nothing."""
    report = ReplayReport() if report is None else report
    n_left = order.limit
    async with contextlib.aclosing(_letters(settings, order, report)) as letters:
        async for found in letters:
            record = found.record
            if order.correction is not None:
                record = dataclasses.replace(record, key=order.correction.key, value=order.correction.value)
            step = step_of(order.verb, found.letter, record, replay_max=settings.replay_max, to=order.to)
            report.histogram.add(step)
            if order.places and step.action is not Action.LEAVE:
                report.done.append(step.letter.key)
            yield step, record
            n_left = None if n_left is None else n_left - (step.action is not Action.LEAVE)
            if n_left == 0:
                return


async def dry_run(settings: Settings, order: Order) -> ReplayReport:
    """Counts what a command would do."""
    report = ReplayReport()
    async for _ in plan(settings, order, report):
        pass
    return report


async def replay(
    settings: Settings,
    order: Order,
    *,
    now: datetime,
    report: ReplayReport | None = None,
    say: Callable[[ReplayReport], None] = lambda _: None,
) -> ReplayReport:
    """Sends, parks or discards the letters, with their dispositions, and records the command.

    Every transaction carries the command's record with the count so far, so that no letter moves without a trace of
    who moved it; the last record of a command id stands. All verbs share one transactional id: no two decide at once.

    Args:
        settings: the deployment.
        order: what to do.
        now: aware instant of the command.
        report: is filled while the command runs, for whoever needs it after an error.
        say: called after each transaction.

    Raises:
        FatalError: another run took over, or the broker failed; what was committed stays, the rest is untouched.
    """
    report = ReplayReport() if report is None else report
    async with open_command_producer(
        settings, command="dlq", noun=order.verb, look="dallosh dlq ls", n_sent=lambda: report.n_sent
    ) as producer:  # it ends what a killed run left open, before the dispositions are read
        await _Carrying(settings, order, producer, report, now, say).run()
    return report


async def _letters(settings: Settings, order: Order, report: ReplayReport) -> AsyncGenerator[Found, None]:
    """Yields the letters that still wait for a decision."""
    if not order.places:
        topics = (PARKED,) if order.parked else DEAD_LETTER_TOPICS
        async with contextlib.aclosing(dead_letters(settings, order.wanted, topics=topics)) as letters:
            async for found in letters:
                yield found
        return
    left = {place.key for place in order.places}
    async with contextlib.aclosing(letters_at(settings, order.places)) as letters:
        async for found in letters:
            left.discard(found.letter.key)
            if is_waiting(found.verdict):
                yield found
            else:
                report.decided.append(found.letter.key)
    report.missing += sorted(left)


class _Carrying:
    """Carries a plan out block by block, at the order's rate, its canary first."""

    def __init__(
        self, settings: Settings, order: Order, producer: AIOKafkaProducer, report: ReplayReport, now: datetime,
        say: Callable[[ReplayReport], None],
    ) -> None:  # fmt: skip
        self._settings, self._order, self._producer = settings, order, producer
        self._report, self._now, self._say = report, now, say
        self._block: list[tuple[Step, ConsumerRecord]] = []
        self._n_bytes = 0
        self._n_per_block = LETTERS_PER_TRANSACTION
        if order.rate is not None:
            self._n_per_block = max(1, min(LETTERS_PER_TRANSACTION, int(order.rate / BLOCKS_PER_SECOND)))
        self._canary_left = 0 if order.canary is None else order.canary.n_letters
        self._sent: list[tuple[str, str]] = []
        self._due_at = time.monotonic()
        self._is_recorded = False

    async def run(self) -> None:
        """Reads the letters and decides them; what a canary tells ends it early."""
        since = await terminal_ends(self._settings) if self._order.canary is not None else {}
        async with contextlib.aclosing(plan(self._settings, self._order, self._report)) as steps:
            async for step, record in steps:
                self._take(step, record)
                if self._is_full():
                    await self._commit()
                if self._sent and not self._canary_left and not await self._canary_passes(since):
                    return
        if self._block or (self._report.histogram.total and not self._is_recorded):
            await self._commit()
        if self._sent:  # fewer letters than the canary was to have
            await self._canary_passes(since)

    def _take(self, step: Step, record: ConsumerRecord) -> None:
        self._block.append((step, record))
        self._n_bytes += size_of(record.key, record.value, record.headers) if step.destination else 0

    def _is_full(self) -> bool:
        if len(self._block) >= self._n_per_block or self._n_bytes >= BYTES_PER_TRANSACTION:
            return True
        if not self._canary_left:
            return False
        return sum(step.action is Action.REPLAY for step, _ in self._block) >= self._canary_left

    async def _commit(self) -> None:
        """Writes the block when it is due; time that was lost is not made up for."""
        if self._order.rate is not None:
            await asyncio.sleep(max(0.0, self._due_at - time.monotonic()))
            self._due_at = max(self._due_at, time.monotonic()) + len(self._block) / self._order.rate
        n_records = self._report.n_sent + sum(step.action is not Action.LEAVE for step, _ in self._block)
        outputs: list[Output] = []
        sent: list[tuple[Step, int]] = []
        for step, record in self._block:
            if (output := output_of(step, record, replay_id=self._order.command_id)) is not None:
                sent.append((step, len(outputs)))
                outputs.append(output)
            disposition = disposition_of(step, command_id=self._order.command_id, now=self._now)
            outputs.append(Output(DISPOSITIONS, step.letter.key.encode(), encode(disposition)))
        places = await commit_outputs(self._settings, self._producer, [*outputs, self._command(n_records)])
        self._report.n_sent, self._is_recorded = n_records, True
        if self._canary_left:
            self._note_canaries([(step, places[index]) for step, index in sent if step.action is Action.REPLAY])
        self._block, self._n_bytes = [], 0
        self._say(self._report)

    def _command(self, n_records: int) -> Output:
        command = command_of(self._order, self._report, n_records=n_records, now=self._now)
        return Output(COMMANDS, command.id.encode(), encode(command))

    def _note_canaries(self, sent: list[tuple[Step, RecordMetadata]]) -> None:
        for step, place in sent:
            is_new = step.letter.stage == Stage.INGEST  # a refused row gets its origin in tweets.raw
            origin = f"{place.partition}:{place.offset}" if is_new else step.letter.origin
            self._sent.append((step.letter.key, origin))
        self._canary_left -= len(sent)

    async def _canary_passes(self, since: dict[Any, int]) -> bool:
        """Waits for what became of the canary; the command's record tells it where the rest is not sent."""
        order = self._order.canary
        if order is None:  # unreachable: nothing is noted without one
            return True
        canary, self._sent = Canary(self._sent), []
        await watch(self._settings, canary, since, timeout_s=order.timeout_s)
        self._report.outcomes = canary.outcomes()
        if canary.passes(order.most_failures):
            return True
        n_failed = sum(not outcome.is_good for outcome in self._report.outcomes)
        self._report.stopped = f"{n_failed} of {len(self._report.outcomes)} letters of the canary failed"
        await commit_outputs(self._settings, self._producer, [self._command(self._report.n_sent)])
        return False
