"""A stream as minute counts, for volumes too large to play tweet by tweet: the same core, `Watch.tick`.

Benign events are left out: the detector's intake lets two tweets of each in ten minutes pass, of 500,000 a day nothing.
"""

import pickle
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streams.core.crisis.calendar import instant_of
from streams.core.crisis.intake import ALL, FAMILY_OF
from streams.core.crisis.marks import Mark
from streams.core.crisis.series import INDEX_OF, Minute
from streams.core.crisis.tuning import Tuning
from streams.core.crisis.watch import Watch
from streams.core.crisis.waves import COUNTRY, Wave
from tests.bench.crisis.incidents import OUTAGE_MINUTES, ramp
from tests.bench.crisis.play import Alarm, france
from tests.bench.crisis.probes import Outcome
from tests.bench.crisis.traffic import KINDS, PARIS, Traffic

Counts = NDArray[np.int64]

FACTORS: Final = (30, 10, 4, 2)
WITHIN_MINUTES: Final = 10
_NETWORK: Final = INDEX_OF["network"]
_ALL: Final = INDEX_OF[ALL]


class MinuteStream:
    """Counts of complaints per family, hour by hour, the same for the same seed."""

    def __init__(self, traffic: Traffic, seed: int) -> None:
        self.traffic = traffic
        self._seed = seed
        self._hour = -1
        self._counts: Counts = np.zeros((60, len(INDEX_OF)), dtype=np.int64)

    def counts(self, minute: int) -> Counts:
        """Returns the complaints of a minute since 1970; shape (n_families,)."""
        if minute // 60 != self._hour:
            self._hour = minute // 60
            self._counts = self._draw(self._hour)
        return np.asarray(self._counts[minute % 60])

    def _draw(self, hour: int) -> Counts:
        rng = np.random.default_rng((self._seed, 9, hour))
        counts = np.zeros((60, len(INDEX_OF)), dtype=np.int64)
        for kind in KINDS:
            if kind.is_complaint:
                n = rng.poisson(self.traffic.expected(kind, hour * 60, hour * 60 + 60))
                counts[:, INDEX_OF[FAMILY_OF[kind.topic]]] += n
                counts[:, _ALL] += n
        return counts


class MinutePlayer:
    """The detector's core and how far it has come."""

    def __init__(self, stream: MinuteStream) -> None:
        self.stream = stream
        self.watch = Watch(france(), Tuning())
        self.minute = stream.traffic.first
        self.waves: dict[str, Wave] = {}

    def to(self, minute: int) -> None:
        """Plays the stream up to the beginning of a minute."""
        while self.minute < minute:
            for wave in tick(self.watch, self.minute, self.stream.counts(self.minute)):
                self.waves[wave.id] = wave
            self.minute += 1

    @property
    def is_calm(self) -> bool:
        """Whether no confirmed alert is open."""
        return not any(wave.is_confirmed for wave in self.waves.values())

    def after(self, factor: float, rng: np.random.Generator, within: int = WITHIN_MINUTES) -> float | None:
        """Returns how many minutes after its start an outage that begins now is confirmed, or None."""
        watch, first = pickle.loads(pickle.dumps(self.watch, pickle.HIGHEST_PROTOCOL)), self.stream.traffic.first
        heights = ramp(OUTAGE_MINUTES)
        for k in range(within):
            minute = self.minute + k
            counts = self.stream.counts(minute).copy()
            more = 0
            if k < OUTAGE_MINUTES:
                more = rng.poisson(self.stream.traffic.network[minute - first] * (factor - 1) * heights[k])
            counts[[_NETWORK, _ALL]] += more
            if any(wave.is_confirmed for wave in tick(watch, minute, counts)):
                return float(k + 1)
        return None

    def outcomes(self, rng: np.random.Generator) -> list[Outcome]:
        """Plays an outage of every factor from the present minute."""
        weight = float(self.stream.traffic.network[self.minute - self.stream.traffic.first])
        found = [(f"x{factor}", self.after(factor, rng)) for factor in FACTORS]
        return [Outcome(name, weight, after, after) for name, after in found]

    def alarms(self, start: int) -> Iterator[Alarm]:
        """Yields the confirmed alerts from a minute on."""
        for wave in self.waves.values():
            if wave.confirmed_at is None or wave.parent is not None or wave.confirmed_at < start:
                continue
            at = instant_of(wave.confirmed_at + 1)
            local = at.astimezone(PARIS)
            evenings = self.stream.traffic.evenings
            near = "TV evening" if any(one.start <= wave.confirmed_at <= one.end for one in evenings) else ""
            yield Alarm(
                id=wave.id, topic=wave.topic, is_wide=wave.id.split("-")[1] == COUNTRY, confirmed_at=at,
                hour=local.hour, weekday=local.weekday(), near=near, observed=wave.observed, expected=wave.expected,
            )  # fmt: skip


def tick(watch: Watch, minute: int, counts: Counts) -> list[Wave]:
    """Steps the core by one minute; a family's complaints are marked as coming from its first second on."""
    marks = {
        family: Mark(minute, first_s=minute * 60.0, n=int(counts[index]))
        for family, index in INDEX_OF.items()
        if counts[index]
    }
    return watch.tick(Minute(minute, counts, marks=marks))
