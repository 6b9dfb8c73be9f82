"""Carries out what an operator decides of dead letters; a letter and its disposition go in one transaction.

Bounded by the ends of the topics at the start, so a letter that fails again is not met twice in one run. A run that is
killed leaves nothing half done, and the next one skips what is already decided.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import IllegalOperation, KafkaError
from aiokafka.structs import RecordMetadata

from schemas.codec import encode
from schemas.operations import CommandOutcome
from schemas.taxonomy import Stage
from schemas.topics import COMMANDS, DISPOSITIONS
from streams.core.canary import Canary
from streams.core.output import Output, size_of
from streams.core.replay_order import Order, ReplayReport, command_of
from streams.core.replay_plan import Action, Step, disposition_of, output_of
from streams.errors import DalloshError
from streams.kafka.canary import terminal_ends, watch
from streams.kafka.command_producer import CLOSE_TIMEOUT_S, commit_outputs, open_command_producer
from streams.kafka.group import DECISIONS
from streams.kafka.planning import plan
from streams.settings import Settings

LETTERS_PER_TRANSACTION: Final = 200
BYTES_PER_TRANSACTION: Final = 32 << 20
BLOCKS_PER_SECOND: Final = 10
"""With a rate, a block holds what is due in a tenth of a second."""


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
    who moved it; the last record of a command id stands. All verbs share one transactional id with `dallosh forget`: no
    two decide at once, and a replay that waits for its canary sends nothing that an erasure has discarded meanwhile.

    Args:
        settings: the deployment.
        order: what to do.
        now: aware instant of the command.
        report: is filled while the command runs, for whoever needs it after an error.
        say: called after each transaction.

    Raises:
        FatalError: another run or an erasure took over, or the broker failed; what was committed stays, the rest is
            untouched.
    """
    report = ReplayReport() if report is None else report
    async with open_command_producer(
        settings,
        command=DECISIONS,
        noun=order.verb,
        look="dallosh dlq ls",
        n_sent=lambda: report.n_sent,
        rival="another dallosh dlq, or an erasure,",
    ) as producer:  # it ends what a killed run left open, before the dispositions are read
        await _Carrying(settings, order, producer, report, now, say).run()
    return report


class _Carrying:
    """Carries a plan out block by block, at the order's rate, its canary first."""

    def __init__(
        self, settings: Settings, order: Order, producer: AIOKafkaProducer, report: ReplayReport, now: datetime,
        say: Callable[[ReplayReport], None],
    ) -> None:  # fmt: skip
        self._settings, self._order, self._producer = settings, order, producer
        self._report, self._now, self._say = report, now, say
        self._block: list[tuple[Step, ConsumerRecord | None]] = []
        self._n_bytes = 0
        self._n_per_block = LETTERS_PER_TRANSACTION
        if order.letters_per_s is not None:
            self._n_per_block = max(1, min(LETTERS_PER_TRANSACTION, int(order.letters_per_s / BLOCKS_PER_SECOND)))
        self._canary_left = 0 if order.canary is None else order.canary.n_letters
        self._sent: list[tuple[str, str]] = []
        self._due_at = time.monotonic()
        self._recorded: CommandOutcome | None = None

    async def run(self) -> None:
        """Decides the letters, and writes down how the command ended, where it can, whatever breaks it off.

        Raises:
            FatalError: the broker could not be read.
            KafkaError: it could not be written.
        """
        try:
            await self._decide()
        except asyncio.CancelledError:
            await self._close("stopped", "interrupted")
            raise
        except (KafkaError, IllegalOperation, TimeoutError, DalloshError) as error:
            await self._close("failed", type(error).__name__)
            raise

    async def _decide(self) -> None:
        """Reads the letters and decides them; what a canary tells ends it early."""
        since = await terminal_ends(self._settings) if self._order.canary is not None else {}
        async with contextlib.aclosing(plan(self._settings, self._order, self._report)) as steps:
            async for step, record in steps:
                if self._sent and not self._canary_left and not await self._canary_passes(since):
                    return
                self._take(step, record)
                if self._is_full():
                    await self._commit("started")
        self._report.is_complete = True
        if self._block:
            await self._commit("started" if self._sent or self._canary_left else "done")
        if self._sent and not await self._canary_passes(since):  # no more letters than the canary was to have
            return
        if self._recorded == "started":
            await self._record("done")

    def _take(self, step: Step, record: ConsumerRecord) -> None:
        """Puts a step into the block; of letters that are not sent only the decision is held."""
        self._report.note(step, is_named=bool(self._order.places))
        self._block.append((step, record if step.destination else None))
        self._n_bytes += size_of(record.key, record.value, record.headers) if step.destination else 0

    def _is_full(self) -> bool:
        if len(self._block) >= self._n_per_block or self._n_bytes >= BYTES_PER_TRANSACTION:
            return True
        if not self._canary_left:
            return False
        return sum(step.action is Action.REPLAY for step, _ in self._block) >= self._canary_left

    async def _commit(self, outcome: CommandOutcome) -> None:
        """Writes the block when it is due; time that was lost is not made up for."""
        if self._order.letters_per_s is not None:
            await asyncio.sleep(max(0.0, self._due_at - time.monotonic()))
            self._due_at = max(self._due_at, time.monotonic()) + len(self._block) / self._order.letters_per_s
        n_records = self._report.n_sent + sum(step.action is not Action.LEAVE for step, _ in self._block)
        outputs: list[Output] = []
        sent: list[tuple[Step, int]] = []
        for step, record in self._block:
            if record is not None and (output := output_of(step, record, replay_id=self._order.command_id)) is not None:
                sent.append((step, len(outputs)))
                outputs.append(output)
            disposition = disposition_of(step, command_id=self._order.command_id, now=self._now)
            outputs.append(Output(DISPOSITIONS, step.letter.key.encode(), encode(disposition)))
        places = await commit_outputs(self._settings, self._producer, [*outputs, self._command(n_records, outcome)])
        self._report.n_sent, self._recorded = n_records, outcome
        if self._canary_left:
            self._note_canaries([(step, places[index]) for step, index in sent if step.action is Action.REPLAY])
        self._block, self._n_bytes = [], 0
        self._say(self._report)

    def _command(self, n_records: int, outcome: CommandOutcome) -> Output:
        command = command_of(self._order, self._report, n_records=n_records, now=self._now, outcome=outcome)
        return Output(COMMANDS, command.id.encode(), encode(command))

    async def _record(self, outcome: CommandOutcome) -> None:
        """Writes the command's record alone."""
        await commit_outputs(self._settings, self._producer, [self._command(self._report.n_sent, outcome)])
        self._recorded = outcome

    async def _close(self, outcome: CommandOutcome, why: str) -> None:
        """Tries to say how a command ended that is on record as `started`; fenced or without a broker it cannot."""
        if self._recorded != "started":
            return
        self._report.stopped = self._report.stopped or why
        with contextlib.suppress(KafkaError, IllegalOperation, TimeoutError, AssertionError):  # aiokafka's, when fenced
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._record(outcome)

    def _note_canaries(self, sent: list[tuple[Step, RecordMetadata]]) -> None:
        for step, place in sent:
            is_new = step.letter.stage == Stage.INGEST  # a refused row gets its origin in tweets.raw
            origin = f"{place.partition}:{place.offset}" if is_new else step.letter.origin
            self._sent.append((step.letter.key, origin))
        self._canary_left -= len(sent)

    async def _canary_passes(self, since: dict[Any, int]) -> bool:
        """Waits for what became of the canary; the command's record tells it, whether the rest is sent or not."""
        order = self._order.canary
        if order is None:  # unreachable: nothing is noted without one
            return True
        canary, self._sent = Canary(self._sent), []
        try:
            await watch(self._settings, canary, since, timeout_s=order.timeout_s)
        finally:
            self._report.outcomes = canary.outcomes()
        if canary.passes(order.max_failed_share):
            return True
        self._report.stopped = f"{self._report.n_failed} of {len(self._report.outcomes)} letters of the canary failed"
        await self._record("failed")
        return False
