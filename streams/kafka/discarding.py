"""Discards dead letters that were named one by one: no replay sends them again; their topic drops them by age."""

import contextlib
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from schemas.codec import encode
from schemas.operations import Command, Disposition
from schemas.topics import COMMANDS, DISPOSITIONS
from streams.core.output import Output
from streams.core.record_id import RecordId
from streams.core.replay_plan import DeadLetter, Wanted
from streams.kafka.command_producer import commit_outputs, open_command_producer
from streams.kafka.replay import LETTERS_PER_TRANSACTION, dead_letters
from streams.settings import Settings

_ALL: Final = Wanted()


@dataclass(frozen=True, slots=True, kw_only=True)
class Discard:
    """What an operator asks for: who, why, which letters."""

    command_id: str
    who: str
    why: str
    letters: frozenset[RecordId]


@dataclass(slots=True)
class DiscardReport:
    """What was or would be discarded; the rest was decided before, or is no longer there.

    `n_written` counts the dispositions that the broker has committed.
    """

    discarded: list[DeadLetter] = field(default_factory=list)
    decided: list[DeadLetter] = field(default_factory=list)
    missing: list[RecordId] = field(default_factory=list)
    n_written: int = 0


async def discard(settings: Settings, order: Discard, *, now: datetime, execute: bool) -> DiscardReport:
    """Looks the letters up, and with `execute` writes their dispositions and the command in transactions.

    It shares its transactional id with the replay, so that the two never decide at the same time.

    Args:
        settings: the deployment.
        order: who, why, which.
        now: aware instant of the command.
        execute: False writes nothing.

    Raises:
        FatalError: the broker failed, or a replay took over; what was committed stays.
    """
    report = DiscardReport()
    if not execute:
        await _look_up(settings, order.letters, report)
        return report
    async with open_command_producer(
        settings, command="dlq", noun="discard", look="dallosh dlq ls", n_sent=lambda: report.n_written
    ) as producer:
        await _look_up(settings, order.letters, report)
        for start in range(0, len(report.discarded), LETTERS_PER_TRANSACTION):
            block = report.discarded[start : start + LETTERS_PER_TRANSACTION]
            n_records = report.n_written + len(block)
            outputs = [_disposition(letter, order, now) for letter in block]
            await commit_outputs(settings, producer, [*outputs, _command(order, n_records, now)])
            report.n_written = n_records
    return report


async def _look_up(settings: Settings, wanted: Collection[RecordId], report: DiscardReport) -> None:
    left = {one.key: one for one in wanted}
    async with contextlib.aclosing(dead_letters(settings, _ALL, decided=True)) as letters:
        async for found in letters:
            if left.pop(found.letter.key, None) is not None:
                (report.discarded if found.verdict is None else report.decided).append(found.letter)
    report.missing = sorted(left.values())


def _disposition(letter: DeadLetter, order: Discard, now: datetime) -> Output:
    made = Disposition(
        topic=letter.topic, partition=letter.partition, offset=letter.offset, verdict="discarded", at=now,
        command_id=order.command_id,
    )  # fmt: skip
    return Output(DISPOSITIONS, letter.key.encode(), encode(made))


def _command(order: Discard, n_records: int, now: datetime) -> Output:
    command = Command(
        id=order.command_id, at=now, who=order.who, verb="dlq discard", why=order.why, n_records=n_records,
        arguments={"letters": str(len(order.letters))},
    )  # fmt: skip
    return Output(COMMANDS, order.command_id.encode(), encode(command))
