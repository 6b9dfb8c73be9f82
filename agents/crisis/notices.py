"""What channels were told, and the records that it was told of, as the broker has them."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Final

import structlog

from schemas.alert import Alert
from schemas.codec import UndecodableError, decode
from schemas.notice import Notice
from schemas.operations import Command
from schemas.topics import ALERTS, COMMANDS, NOTICES
from streams.core.crisis.procedures import transitions
from streams.kafka.reading import scan
from streams.settings import Settings

log = structlog.get_logger()

_LEFT: Final = "record_left"


async def all_notices(settings: Settings, *, since_ms: int | None = None) -> AsyncIterator[Notice]:
    """Yields the notices in their order.

    Raises:
        FatalError: the broker failed.
    """
    async for record in scan(settings, [NOTICES], since_ms=since_ms):
        try:
            yield decode(record.value, Notice)
        except UndecodableError as error:
            log.warning(_LEFT, topic=NOTICES, offset=record.offset, reason=str(error))


async def record_of(settings: Settings, alert_id: str, seq: int) -> bytes | None:
    """Returns the bytes of a record that tells a transition, or those that a failed notice keeps of it; they decode.

    None where the broker has neither: `ops.alerts` keeps all records for a week, then the last of each alert.
    """
    async with aclosing(scan(settings, [ALERTS])) as records:
        async for record in records:
            if record.key == alert_id.encode() and _tells(record.value, alert_id, seq):
                value: bytes = record.value
                return value
    kept: bytes | None = None
    async for one in all_notices(settings):
        if _tells(one.record, alert_id, seq):
            kept = one.record
    return kept


async def all_commands(settings: Settings) -> list[Command]:
    """Returns what operators did.

    Raises:
        FatalError: the broker failed.
    """
    found: list[Command] = []
    async for record in scan(settings, [COMMANDS]):
        try:
            found.append(decode(record.value, Command))
        except UndecodableError as error:
            log.warning(_LEFT, topic=COMMANDS, offset=record.offset, reason=str(error))
    return found


def _tells(value: bytes | None, alert_id: str, seq: int) -> bool:
    try:
        alert = decode(value, Alert)
    except UndecodableError:
        return False
    return alert.id == alert_id and any(told.seq == seq for told in transitions(alert))
