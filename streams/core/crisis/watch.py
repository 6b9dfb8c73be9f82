"""One covered minute after another: counts into series, series into alerts."""

from collections.abc import Iterator
from itertools import chain

from streams.core.crisis.evidence import France
from streams.core.crisis.local import LocalWaves
from streams.core.crisis.series import Minute, Series
from streams.core.crisis.tuning import Tuning
from streams.core.crisis.waves import Wave
from streams.core.crisis.wide import WideWaves


class Watch:
    """Follows every series and every alert."""

    def __init__(self, france: France, tuning: Tuning) -> None:
        self.series = Series(france, tuning)
        self.wide, self.local = WideWaves(self.series), LocalWaves(self.series)

    def tick(self, now: Minute) -> list[Wave]:
        """Takes a covered minute; returns the alerts that have a new record, each once."""
        self.series.take(now, self.wide.open())
        if self.series.national.is_cold:
            return []
        changed = chain(
            self.local.tick(now, self.wide),
            self.wide.tick(now, self.local.waves),
            self.local.adopt(self.wide, now.minute),
        )
        return list({wave.id: wave for wave in changed}.values())

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing can change while no complaint comes."""
        return self.wide.all_since is None and not any(wave.is_alive or wave.is_muted for wave in self._waves())

    def find(self, alert_id: str) -> Wave | None:
        """Returns the alert of an id, as long as its topic and place have had no later one."""
        return next((wave for wave in self._waves() if wave.id == alert_id), None)

    def _waves(self) -> Iterator[Wave]:
        return chain(self.wide.waves.values(), self.local.waves.values())

    def idle(self, minute: int, n_minutes: int) -> None:
        """Takes covered minutes of one hour without a complaint; only at rest."""
        self.series.idle(minute, n_minutes)
