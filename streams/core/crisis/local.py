"""Alerts of single departments."""

from collections.abc import Iterator

from schemas.alert import PlaceEvidence
from streams.core.crisis.evidence import WINDOW_MINUTES, LocalBurst, Located
from streams.core.crisis.series import HALF_HOUR, Minute, Series
from streams.core.crisis.waves import Wave, begin, goes_on
from streams.core.crisis.wide import WideWaves


class LocalWaves:
    """Alerts by family and department; one inside an open alert of its family is its child."""

    def __init__(self, series: Series) -> None:
        self._series = series
        self.waves: dict[tuple[str, str], Wave] = {}

    def tick(self, now: Minute, wide: WideWaves) -> Iterator[Wave]:
        """Yields the alerts that open or change in this minute."""
        for family in now.located:
            for burst in self._bursts(family):
                yield from self._open(now.minute, family, burst, wide)
        for wave in self.waves.values():
            if (wave.is_alive or wave.is_muted) and self._follow(wave, now.minute):
                yield wave

    def adopt(self, wide: WideWaves, minute: int) -> Iterator[Wave]:
        """Makes alerts of departments children of a wider one of their family; yields those that are new."""
        for wave in self.waves.values():
            wider = wide.confirmed(wave.topic)
            if wave.is_alive and wave.parent is None and wider is not None:
                wave.parent = wider.id
                wave.note(minute)
                yield wave

    def _bursts(self, family: str) -> list[LocalBurst]:
        tuning = self._series.tuning.local
        expected = {n_minutes: self._series.expected(family, n_minutes) for n_minutes in tuning.windows}
        return self._series.places[family].bursts(expected, tuning.p)

    def _open(self, minute: int, family: str, burst: LocalBurst, wide: WideWaves) -> Iterator[Wave]:
        wave, wider = self.waves.get((family, burst.department)), wide.confirmed(family)
        if wave is not None and (wave.is_confirmed or wave.is_muted):
            return
        if wider is not None and wider.scope == "local" and wider.area_code == burst.department:
            return  # the family's alert tells it already
        if wave is None or not goes_on(wave, minute, self._series.tuning.life):
            first = self._series.places[family].here(burst.department, burst.n_minutes)[0]
            wave = begin(family, "department", burst.department, first.minute, first.at_s)
            self.waves[family, burst.department] = wave
        wave.scope, wave.p_value = "local", burst.p_value
        wave.parent = None if wider is None else wider.id
        self._measure(wave, minute)
        wave.enter("open", minute)
        yield wave

    def _measure(self, wave: Wave, minute: int) -> list[Located]:
        """Brings an alert up to the present minute; returns its complaints of the last hour."""
        n_minutes = min(WINDOW_MINUTES, minute - wave.onset + 1)
        here = self._series.places[wave.topic].here(wave.area_code, WINDOW_MINUTES)
        within = [one for one in here if one.minute > minute - n_minutes]
        expected = self._series.expected_in(wave.topic, wave.area_code, n_minutes)
        wave.measure(minute, n_minutes, len(within), expected)
        wave.n_located = wave.observed
        wave.peak = max(wave.peak, sum(1 for one in here if one.minute > minute - 10))
        wave.places = (
            PlaceEvidence(department=wave.area_code, n=wave.observed, expected=round(wave.expected, 3)),
        )  # fmt: skip
        for one in within:
            if one.minute > wave.examined:
                wave.n_examined += 1
                wave.n_degraded += one.degraded
                if len(wave.example_ids) < self._series.tuning.life.most_examples:
                    wave.example_ids.append(one.id)
        wave.examined = minute
        return here

    def _follow(self, wave: Wave, minute: int) -> bool:
        here = self._measure(wave, minute)
        n_10, n_30 = (sum(1 for one in here if one.minute > minute - n) for n in (10, HALF_HOUR))
        expected_30 = self._series.expected_in(wave.topic, wave.area_code, HALF_HOUR)
        if wave.is_muted:
            wave.listen(n_30, expected_30, self._series.tuning.life)
            return False
        return wave.follow(minute, n_10, n_30, expected_30, self._series.tuning.life)
