"""Days of topic shares as the broker has them."""

from datetime import date, datetime

import structlog

from schemas.codec import UndecodableError, decode
from schemas.shares import DayShares
from schemas.topics import SHARES
from streams.kafka.reading import scan
from streams.settings import Settings

log = structlog.get_logger()


async def days_since(settings: Settings, since: datetime) -> list[DayShares]:
    """Returns the days that ended at an instant or later, oldest first, the last record of each.

    Raises:
        FatalError: the broker failed.
    """
    found: dict[date, DayShares] = {}
    async for record in scan(settings, [SHARES]):
        try:
            day = decode(record.value, DayShares)
        except UndecodableError as error:
            log.warning("record_left", topic=SHARES, offset=record.offset, reason=str(error))
            continue
        found[day.day] = day
    return [found[day] for day in sorted(found) if found[day].ended_at >= since]
