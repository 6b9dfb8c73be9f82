"""How far all sources were read: no further than the one that is furthest behind, as long as it reports."""

from datetime import datetime, timedelta
from typing import Final

from schemas.operations import Coverage
from streams.core.crisis.dates import covered_until

SILENCE: Final = timedelta(minutes=15)
"""A source that has reported nothing for so long, by the newest report of any, is over or dead: none waits for it."""


class Sources:
    """What each source that still reports said last; `ops.coverage` from its beginning brings it back.

    Silence is told by the instants of the reports, not by a clock: where no source reports, none falls silent.
    """

    def __init__(self) -> None:
        self._heard: dict[str, Coverage] = {}
        self._newest: datetime | None = None
        self._silent: list[str] = []

    def take(self, coverage: Coverage) -> None:
        """Takes a report, in any order of sources; of one source the last one stands."""
        self._heard[coverage.source] = coverage
        self._newest = newest = coverage.at if self._newest is None else max(self._newest, coverage.at)
        silent = [name for name, one in self._heard.items() if newest - one.at > SILENCE]
        for name in silent:
            del self._heard[name]
        self._silent += silent

    def until(self) -> datetime | None:
        """Returns up to which instant every source that reports was read; None before the first report."""
        return min(map(covered_until, self._heard.values()), default=None)

    def fell_silent(self) -> list[str]:
        """Returns the sources that have stopped reporting, each once; one that reports again may do so again."""
        names, self._silent = sorted(set(self._silent) - self._heard.keys()), []
        return names
