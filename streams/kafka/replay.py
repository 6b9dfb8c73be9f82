"""Lists dead letters and sends them back; a letter and its disposition go in one transaction.

Bounded by the ends of the topics at the start, so a letter that fails again is not met twice in one run. A replay that
is killed leaves nothing half done, and the next one skips what is already disposed of.
"""

import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog
from aiokafka import AIOKafkaProducer, ConsumerRecord

from schemas.codec import UndecodableError, decode, encode
from schemas.operations import Command, Disposition, Verdict
from schemas.topics import COMMANDS, DEAD_LETTER_TOPICS, DISPOSITIONS, without_namespace
from streams.core.output import Output
from streams.core.record_id import RecordId
from streams.core.replay_plan import (
    Action,
    DeadLetter,
    Histogram,
    Step,
    Wanted,
    described,
    disposition_of,
    output_of,
    planned,
)
from streams.kafka.command_producer import commit_outputs, open_command_producer
from streams.kafka.reading import scan
from streams.settings import Settings

log = structlog.get_logger()

LETTERS_PER_TRANSACTION: Final = 200


@dataclass(frozen=True, slots=True)
class Found:
    """A dead letter that matched, its record, and what was decided of it before."""

    letter: DeadLetter
    record: ConsumerRecord
    verdict: Verdict | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What an operator asks for: who, why, which letters, how many at most."""

    command_id: str
    who: str
    why: str
    wanted: Wanted
    since_ms: int | None = None
    limit: int | None = None


@dataclass(slots=True)
class ReplayReport:
    """What a replay did, or would do; `n_sent` counts records that the broker has committed."""

    histogram: Histogram = field(default_factory=Histogram)
    n_sent: int = 0


async def dispositions(settings: Settings) -> dict[str, Verdict]:
    """Reads what was decided of dead letters: `RecordId.key` -> the latest verdict.

    A record that is no disposition is skipped and told by its place: one of them must not close the dead letters.
    """
    found: dict[str, Verdict] = {}
    async for record in scan(settings, [DISPOSITIONS], required=True):
        if record.key is None:
            continue
        try:
            key = record.key.decode()
            verdict = None if record.value is None else decode(record.value, Disposition).verdict
        except (UnicodeDecodeError, UndecodableError):
            log.warning("no_disposition", place=RecordId.of(record).key)
            continue
        if verdict is None:
            found.pop(key, None)
        else:
            found[key] = verdict
    return found


async def dead_letters(
    settings: Settings, wanted: Wanted, *, since_ms: int | None = None, decided: bool = False
) -> AsyncGenerator[Found, None]:
    """Yields the dead letters that match, those of which something was decided only when `decided`."""
    verdicts = await dispositions(settings)
    async with contextlib.aclosing(scan(settings, DEAD_LETTER_TOPICS, since_ms=since_ms, required=True)) as records:
        async for record in records:
            letter = described(record, without_namespace(settings.namespace, record.topic))
            verdict = verdicts.get(letter.key)
            if wanted.matches(letter) and (decided or verdict is None):
                yield Found(letter, record, verdict)


async def plan(settings: Settings, order: Order) -> AsyncGenerator[tuple[Step, ConsumerRecord], None]:
    """Yields what a replay would do, letter by letter; writes nothing."""
    n_left = order.limit
    async with contextlib.aclosing(dead_letters(settings, order.wanted, since_ms=order.since_ms)) as letters:
        async for found in letters:
            yield planned(found.letter, found.record, replay_max=settings.replay_max), found.record
            n_left = None if n_left is None else n_left - 1
            if n_left == 0:
                return


async def dry_run(settings: Settings, order: Order) -> ReplayReport:
    """Counts what a replay would do."""
    report = ReplayReport()
    async for step, _ in plan(settings, order):
        report.histogram.add(step)
    return report


async def replay(settings: Settings, order: Order, *, now: datetime) -> ReplayReport:
    """Sends the letters back, with their dispositions, and records the command.

    Every transaction carries the command's record with the count so far, so that no letter moves without a trace of
    who moved it; the last record of a command id stands.

    Raises:
        FatalError: another replay took over, or the broker failed; what was committed stays, the rest is untouched.
    """
    report = ReplayReport()
    async with open_command_producer(
        settings, command="dlq", noun="replay", look="dallosh dlq ls", n_sent=lambda: report.n_sent
    ) as producer:  # it ends what a killed replay left open, before the dispositions are read
        await _replay_all(settings, order, producer, report, now)
    return report


async def _replay_all(
    settings: Settings, order: Order, producer: AIOKafkaProducer, report: ReplayReport, now: datetime
) -> None:
    batch: list[tuple[Step, ConsumerRecord]] = []

    async def commit() -> None:
        n_records = report.n_sent + len(batch)
        outputs = [*_outputs(batch, order, now), _command(order, n_records, now)]
        await commit_outputs(settings, producer, outputs)
        report.n_sent = n_records
        batch.clear()

    async with contextlib.aclosing(plan(settings, order)) as steps:
        async for step, record in steps:
            report.histogram.add(step)
            if step.action is not Action.LEAVE:
                batch.append((step, record))
            if len(batch) >= LETTERS_PER_TRANSACTION:
                await commit()
    if batch or (report.histogram.total and not report.n_sent):
        await commit()


def _outputs(batch: Sequence[tuple[Step, ConsumerRecord]], order: Order, now: datetime) -> list[Output]:
    outputs: list[Output] = []
    for step, record in batch:
        disposition = disposition_of(step, command_id=order.command_id, now=now)
        outputs.append(output_of(step, record, replay_id=order.command_id))
        outputs.append(Output(DISPOSITIONS, step.letter.key.encode(), encode(disposition)))
    return outputs


def _command(order: Order, n_records: int, now: datetime) -> Output:
    arguments = {
        "stage": order.wanted.stage.value if order.wanted.stage else None,
        "error": order.wanted.error,
        "since_ms": order.since_ms,
        "limit": order.limit,
    }
    command = Command(
        id=order.command_id, at=now, who=order.who, verb="dlq replay", why=order.why, n_records=n_records,
        arguments={name: str(value) for name, value in arguments.items() if value is not None},
    )  # fmt: skip
    return Output(COMMANDS, order.command_id.encode(), encode(command))
