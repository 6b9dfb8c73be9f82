"""What a command would do with dead letters, read from the broker and decided one by one; writes nothing."""

import contextlib
import dataclasses
from collections.abc import AsyncGenerator

from aiokafka import ConsumerRecord

from schemas.topics import DEAD_LETTER_TOPICS, PARKED
from streams.core.letters import is_waiting
from streams.core.replay_order import Order, ReplayReport
from streams.core.replay_plan import Action, Step, step_of
from streams.kafka.letters import Found, dead_letters, letters_at
from streams.settings import Settings


async def plan(
    settings: Settings, order: Order, report: ReplayReport
) -> AsyncGenerator[tuple[Step, ConsumerRecord], None]:
    """Yields what a command would do, letter by letter, and tells the report of places; writes nothing."""
    n_left = order.max_letters
    n_canary_left = 0 if order.canary is None else order.canary.n_letters
    async with contextlib.aclosing(_letters(settings, order, report)) as letters:
        async for found in letters:
            record = found.record
            if order.correction is not None:
                record = dataclasses.replace(record, key=order.correction.key, value=order.correction.value)
            step = step_of(
                order.verb, found.letter, record, replay_max=settings.replay_max, to=order.to,
                as_canary=n_canary_left > 0,
            )  # fmt: skip
            n_canary_left -= n_canary_left > 0 and step.action is Action.REPLAY
            yield step, record
            n_left = None if n_left is None else n_left - (step.action is not Action.LEAVE)
            if n_left == 0:
                return


async def dry_run(settings: Settings, order: Order) -> ReplayReport:
    """Counts what a command would do."""
    report = ReplayReport()
    async with contextlib.aclosing(plan(settings, order, report)) as steps:
        async for step, _ in steps:
            report.note(step, is_named=bool(order.places))
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
