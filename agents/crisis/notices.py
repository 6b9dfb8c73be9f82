"""What channels were told, and the records that it was told of, as the broker has them."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from agents.crisis.decoded import decoded
from schemas.alert import Alert
from schemas.codec import UndecodableError, decode
from schemas.notice import Notice
from schemas.operations import Command
from schemas.topics import ALERTS, COMMANDS, NOTICES
from streams.core.crisis.procedures import transitions
from streams.kafka.reading import scan
from streams.settings import Settings


def all_notices(settings: Settings, *, since_ms: int | None = None) -> AsyncIterator[Notice]:
    """Returns the notices, read one by one in their order.

    Raises:
        FatalError: the broker failed.
    """
    return decoded(scan(settings, [NOTICES], since_ms=since_ms), Notice)


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
    return [one async for one in decoded(scan(settings, [COMMANDS]), Command)]


def _tells(value: bytes | None, alert_id: str, seq: int) -> bool:
    try:
        alert = decode(value, Alert)
    except UndecodableError:
        return False
    return alert.id == alert_id and any(told.seq == seq for told in transitions(alert))
