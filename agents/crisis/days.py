"""Days of topic shares as the broker has them."""

from datetime import datetime

from agents.crisis.decoded import decoded
from schemas.shares import DayShares
from schemas.topics import SHARES
from streams.kafka.reading import scan
from streams.settings import Settings


async def days_since(settings: Settings, since: datetime) -> list[DayShares]:
    """Returns the days that ended at an instant or later, oldest first, the last record of each.

    Raises:
        FatalError: the broker failed.
    """
    found = {one.day: one async for one in decoded(scan(settings, [SHARES]), DayShares)}
    return [found[day] for day in sorted(found) if found[day].ended_at >= since]
