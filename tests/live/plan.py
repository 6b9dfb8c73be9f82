"""What a live run plays: half a day of invented tweets with two incidents in it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from schemas.alert import Scope

BEGIN: Final = datetime(2026, 3, 3, 6, tzinfo=UTC)
"""Seven o'clock of a Tuesday in Paris, and on the hour, as `tests.bench.crisis.traffic` wants it."""
HOURS: Final = 12
NETWORK_SHARE: Final = 0.36
"""Of the tweets outside the incidents: complaints of the network."""
LOCATED_SHARE: Final = 0.096


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Complaints of the network beyond the usual ones.

    `share` of all tweets are its own; `located_share` of those name a place: of the whole country, or of `department`.
    """

    name: str
    start: datetime
    minutes: int
    share: float
    located_share: float
    department: str | None = None

    @property
    def scope(self) -> Scope:
        """What an alert is to say of it."""
        return "local" if self.department else "national"

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        return self.start + timedelta(minutes=self.minutes)

    @property
    def middle(self) -> datetime:
        """Half-way through it."""
        return self.start + timedelta(minutes=self.minutes / 2)


NATIONAL: Final = Incident(name="national", start=BEGIN + timedelta(hours=7), minutes=40, share=0.15, located_share=0.2)
LOCAL: Final = Incident(
    name="local", start=BEGIN + timedelta(hours=10, minutes=20), minutes=20, share=0.006, located_share=0.5,
    department="44",
)  # fmt: skip
"""The detector judges nothing in its first six hours; the local incident begins when the national wave is over, and has
been for longer than an hour, in which it would be its child."""
INCIDENTS: Final = (NATIONAL, LOCAL)
