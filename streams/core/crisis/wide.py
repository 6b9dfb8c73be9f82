"""Alerts of a family in the whole country, at most one of each: confirmed by the e-detector, suspected by a tail."""

from collections.abc import Iterator

import numpy as np

from streams.core.crisis.baseline import Bools
from streams.core.crisis.intake import ALL, FAMILIES, NETWORK
from streams.core.crisis.scope import Finding
from streams.core.crisis.series import HALF_HOUR, INDEX_OF, Minute, Series
from streams.core.crisis.tails import upper_tail
from streams.core.crisis.waves import COUNTRY, Wave, begin, goes_on


class WideWaves:
    """The alerts of the families; `all` is a family that waits for the others."""

    def __init__(self, series: Series) -> None:
        self._series = series
        self.waves: dict[str, Wave] = {}
        self.all_since: tuple[int, float] | None = None
        burst = series.tuning.burst
        self._e_values = np.array([burst.e_value if one == NETWORK else burst.other_e_value for one in FAMILIES])
        self._windows = np.array(burst.windows)

    def confirmed(self, family: str) -> Wave | None:
        """Returns the open alert of a family."""
        wave = self.waves.get(family)
        return wave if wave is not None and wave.is_confirmed else None

    def open(self) -> list[str]:
        """Returns the families with an alert that is open, or that somebody has closed before the wave was over."""
        return [family for family, wave in self.waves.items() if wave.is_confirmed or wave.is_muted]

    def tick(self, now: Minute, local: dict[tuple[str, str], Wave]) -> Iterator[Wave]:
        """Yields the alerts that open, are suspected or change in this minute.

        Args:
            now: the minute that `Series` has taken.
            local: alerts of departments by family and department.
        """
        burst, national = self._series.tuning.burst, self._series.national
        strong = (national.count(HALF_HOUR) >= burst.least_authors) & (national.e_values >= self._e_values)
        told = frozenset(self.open())
        for index in np.flatnonzero(strong | self._many() & (now.counts > 0)):
            family = FAMILIES[index]
            if family in told:
                continue
            if family == ALL:
                if strong[index] and self.all_since is None:
                    self.all_since = now.minute, float(national.e_values[index])
            elif strong[index]:
                yield from self._confirm(now.minute, family, local)
            else:
                yield from self._suspect(now.minute, family)
        if self.all_since is not None:
            yield from self._open_all(now.minute, *self.all_since, local)
        for wave in self.waves.values():
            if wave.is_muted:
                wave.listen(*self._half_hour(wave.topic), self._series.tuning.life)
            elif wave.is_alive and self._follow(wave, now):
                yield wave

    def _many(self) -> Bools:
        """Tells where a window holds enough for a suspicion, by its size alone; shape (n_series,)."""
        burst = self._series.tuning.burst
        counts, expected = self._series.national.over(self._windows)
        return np.asarray((counts >= np.maximum(burst.least_authors, burst.suspected_ratio * expected)).any(axis=0))

    def _confirm(self, minute: int, family: str, local: dict[tuple[str, str], Wave]) -> Iterator[Wave]:
        wave = self._again(family, minute)
        onset = self._series.onset(family) if wave is None else wave.onset
        finding = self._series.finding(family, onset)
        if finding.scope == "local" and wave is None:
            there = local.get((family, finding.area or ""))
            if there is not None and there.is_alive:
                return  # the department's own alert tells it already
        e_value = float(self._series.national.e_values[INDEX_OF[family]])
        yield self._open(wave or self._begin(family, onset), minute, finding, e_value)

    def _again(self, family: str, minute: int) -> Wave | None:
        """Returns the alert that goes on, or that ended so lately that this is the same one."""
        wave = self.waves.get(family)
        return wave if wave is not None and goes_on(wave, minute, self._series.tuning.life) else None

    def _begin(self, family: str, onset: int) -> Wave:
        (mark, *_) = self._series.marks[family].since(onset)
        wave = begin(family, "country", COUNTRY, onset, mark.first_s)
        self.waves[family] = wave
        return wave

    def _open(self, wave: Wave, minute: int, finding: Finding, e_value: float) -> Wave:
        wave.e_value = e_value
        self._series.measure(wave)
        wave.widen(finding, minute)
        wave.enter("open", minute)
        return wave

    def _open_all(self, minute: int, since: int, e_value: float, local: dict[tuple[str, str], Wave]) -> Iterator[Wave]:
        """Opens `all` where no family is open and none has opened within a quarter of an hour.

        Args:
            minute: the present one.
            since: the one in which `all` alone was strong enough.
            e_value: its evidence then.
            local: alerts of departments.
        """
        tuning = self._series.tuning
        if self.open() or any(wave.is_alive for wave in local.values()):
            self.all_since = None
        elif minute >= since + tuning.life.all_waits_minutes:
            self.all_since = None
            expected = self._series.expected(ALL, HALF_HOUR)
            least = max(tuning.burst.least_authors, tuning.burst.suspected_ratio * expected)
            if self._series.count(ALL, HALF_HOUR) >= least:
                wave = self._again(ALL, minute) or self._begin(ALL, self._series.onset(ALL))
                yield self._open(wave, minute, Finding("unknown"), e_value)

    def _suspect(self, minute: int, family: str) -> Iterator[Wave]:
        if self._again(family, minute) is not None:
            return
        burst, series = self._series.tuning.burst, self._series
        dispersion = float(series.national.usual.dispersion[INDEX_OF[family]])
        for n_minutes in burst.windows:
            n, expected = series.count(family, n_minutes), series.expected(family, n_minutes)
            if n < max(burst.least_authors, burst.suspected_ratio * expected):
                continue
            p_value = upper_tail(n, expected, dispersion)
            if p_value <= burst.suspected_p:
                wave = self._begin(family, series.onset(family))
                wave.p_value = p_value
                series.measure(wave)
                wave.widen(series.finding(family, wave.onset), minute)
                wave.enter("suspected", minute)
                yield wave
                return

    def _follow(self, wave: Wave, now: Minute) -> bool:
        """Takes the minute into an alert that goes on; returns whether that is worth a record."""
        family, series = wave.topic, self._series
        n_30, expected_30 = self._half_hour(family)
        series.measure(wave)
        is_wider = bool(now.located.get(family)) and wave.widen(series.finding(family, wave.onset), now.minute)
        has_changed = wave.follow(now.minute, series.count(family, 10), n_30, expected_30, series.tuning.life)
        if is_wider and not has_changed:
            wave.note(now.minute)
        return is_wider or has_changed

    def _half_hour(self, family: str) -> tuple[int, float]:
        return self._series.count(family, HALF_HOUR), self._series.expected(family, HALF_HOUR)
