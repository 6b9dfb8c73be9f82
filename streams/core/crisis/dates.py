"""Which dates of a source are believed: one wrong date must not carry event time off."""

from datetime import UTC, datetime, timedelta
from typing import Final

from schemas.operations import Coverage

MOST_AHEAD: Final = timedelta(minutes=5)
"""Clocks differ by so much at most."""


def is_ahead(created_at: datetime, recorded_ms: int) -> bool:
    """Tells whether a tweet is dated after its own record, which cannot be.

    Args:
        created_at: of the tweet, an aware instant.
        recorded_ms: the record's timestamp, milliseconds since 1970.
    """
    return created_at > datetime.fromtimestamp(recorded_ms / 1000, UTC) + MOST_AHEAD


def covered_until(coverage: Coverage) -> datetime:
    """Returns how far a source was read: to its newest tweet, but no further than the instant at which it said so."""
    return min(coverage.covered_until, coverage.at)
