"""All that is counted: the families in the whole country, the places that complaints name, marks of the last hour."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from streams.core.crisis.baseline import Ints
from streams.core.crisis.evidence import WINDOW_MINUTES, France, Located, Places
from streams.core.crisis.intake import ALL, FAMILIES
from streams.core.crisis.marks import Mark, Marks
from streams.core.crisis.national import National
from streams.core.crisis.scope import Finding, find_scope
from streams.core.crisis.tuning import MINUTES_PER_HOUR, Tuning
from streams.core.crisis.waves import Wave

HALF_HOUR: Final = 30
INDEX_OF: Final[dict[str, int]] = {family: index for index, family in enumerate(FAMILIES)}


@dataclass(frozen=True, slots=True)
class Minute:
    """What a covered minute brought: complaints that count, those that name a place, and marks of those that came.

    `counts` has shape (n_series,), in the order of `FAMILIES`; the others are by family, where there is something.
    """

    minute: int
    counts: Ints
    located: Mapping[str, Sequence[Located]] = field(default_factory=dict)
    marks: Mapping[str, Mark] = field(default_factory=dict)


class Series:
    """Takes covered minutes in order, and answers what a wave's record needs."""

    def __init__(self, france: France, tuning: Tuning) -> None:
        self.tuning, self.france = tuning, france
        self.national = National(len(FAMILIES), tuning.baseline, tuning.burst)
        self.places = {family: Places(france, tuning.local) for family in FAMILIES if family != ALL}
        self.marks = {family: Marks() for family in FAMILIES}

    def take(self, now: Minute, frozen: Iterable[str]) -> None:
        """Takes a covered minute.

        Args:
            now: its counts.
            frozen: families whose alert is open: what they bring now is not normal, and is not learnt.
        """
        frozen = frozenset(frozen)
        frozen |= {ALL} if frozen else set()
        if now.minute // MINUTES_PER_HOUR != self.national.minute // MINUTES_PER_HOUR:
            self._end_hour(frozen)
        self.national.frozen[:] = [family in frozen for family in FAMILIES]
        self.national.step(now.minute, now.counts)
        for family, mark in now.marks.items():
            self.marks[family].add(mark)
        for family, places in self.places.items():
            places.take(now.minute, now.located.get(family, ()))

    def idle(self, minute: int, n_minutes: int) -> None:
        """Takes covered minutes of one hour without a complaint, while no alert is open."""
        if minute // MINUTES_PER_HOUR != self.national.minute // MINUTES_PER_HOUR:
            self._end_hour(frozenset())
        self.national.frozen[:] = False
        self.national.idle(minute, n_minutes)
        for places in self.places.values():
            places.take(self.national.minute, ())

    def _end_hour(self, frozen: frozenset[str]) -> None:
        counted = self.national.count(MINUTES_PER_HOUR)
        for family, places in self.places.items():
            if family not in frozen:
                places.learn(int(counted[INDEX_OF[family]]))

    def count(self, family: str, n_minutes: int) -> int:
        """Returns the complaints of a family in the last minutes."""
        return int(self.national.count(n_minutes)[INDEX_OF[family]])

    def expected(self, family: str, n_minutes: int) -> float:
        """Returns how many of them were expected."""
        return float(self.national.expected(n_minutes)[INDEX_OF[family]])

    def expected_in(self, family: str, department: str, n_minutes: int) -> float:
        """Returns how many of them were expected to name a department."""
        places = self.places[family]
        return self.expected(family, n_minutes) * places.located_share() * places.share_of(department)

    def onset(self, family: str) -> int:
        """Returns the minute in which what now stands out has most likely begun, at most an hour ago.

        The change point of largest likelihood for a Poisson rate: n ln(n / expected) - n + expected is largest.
        """
        now, best, onset = self.national.minute, -math.inf, self.national.minute
        for mark in self.marks[family].marks:
            if not mark.n:
                continue
            n_minutes = now - mark.minute + 1
            n, expected = self.count(family, n_minutes), max(self.expected(family, n_minutes), 1e-9)
            gain = n * math.log(n / expected) - n + expected if n > expected else 0.0
            if gain > best:
                best, onset = gain, mark.minute
        return onset

    def finding(self, family: str, onset: int) -> Finding:
        """Returns where the complaints of a wave are."""
        if family == ALL:
            return Finding("unknown")
        now, places = self.national.minute, self.places[family]
        n_minutes = min(WINDOW_MINUTES, now - onset + 1)
        return find_scope(
            places.within(n_minutes),
            lambda department: self.expected_in(family, department, n_minutes),
            places.share_of,
            self.france.region_of,
            self.tuning.reach,
        )

    def measure(self, wave: Wave) -> None:
        """Brings the counts and examples of a national wave up to the present minute."""
        family, now = wave.topic, self.national.minute
        n_minutes = min(WINDOW_MINUTES, now - wave.onset + 1)
        wave.measure(now, n_minutes, self.count(family, n_minutes), self.expected(family, n_minutes))
        wave.peak = max(wave.peak, self.count(family, 10))
        marks = self.marks[family].since(max(wave.onset, wave.examined + 1))
        for mark in marks:
            wave.n_capped += mark.n_capped
            wave.n_degraded += mark.n_degraded
            wave.n_examined += mark.n
            wave.example_ids += mark.ids[: self.tuning.life.most_examples - len(wave.example_ids)]
        wave.examined = now
