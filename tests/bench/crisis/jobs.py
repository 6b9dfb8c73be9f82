"""The pieces of the benchmark that run in processes of their own; each returns plain records."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import numpy as np

from tests.bench.crisis.incidents import OUTAGE_MINUTES, additional, outage
from tests.bench.crisis.minutes import MinutePlayer, MinuteStream
from tests.bench.crisis.play import Alarm, Player, alarms, first_confirmed, play_incident
from tests.bench.crisis.probes import Outcome, play_probes
from tests.bench.crisis.stream import START, WARM_DAYS, Stream
from tests.bench.crisis.traffic import BASE, DAYS_PER_YEAR, HARD, MINUTES_PER_DAY, Traffic

SETTINGS: Final = {setting.name: setting for setting in (BASE, HARD)}
BY_TWEET: Final = (1_000, 20_000)
BY_MINUTE: Final = 500_000
SPARSE: Final = 60
"""Tweets a day of a file that begins with little."""
_SPARSE_TWEETS: Final = 15
_COLD_DAYS: Final = 2
_COLD_OUTAGE_HOURS: Final = 18
_COLD_FACTOR: Final = 30


@dataclass(frozen=True, slots=True)
class Played:
    """A stream that was played: alarms of `years` after the warm-up, and what came of the incidents."""

    per_day: int
    setting: str
    years: float
    alarms: list[Alarm] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class StreamJob:
    """A stream of `n_days` after the warm-up, with incidents at `n_incidents` random minutes."""

    per_day: int
    setting: str
    seed: int
    n_days: int
    n_incidents: int = 0
    counts_alarms: bool = True

    @property
    def cost(self) -> float:
        """Roughly how long it takes, to begin with the longest."""
        return (self.n_days + WARM_DAYS) * (7_000 + min(self.per_day, 20_000)) + 20_000 * self.n_incidents

    def run(self) -> Played:
        """Plays it."""
        setting, n_days = SETTINGS[self.setting], WARM_DAYS + self.n_days
        rng = np.random.default_rng((self.seed, 12))
        outcomes: list[Outcome] = []
        if self.per_day == BY_MINUTE:
            player: Player | MinutePlayer = MinutePlayer(
                MinuteStream(Traffic(self.per_day, setting, START, n_days, self.seed), self.seed)
            )
        else:
            player = Player(Stream(self.per_day, setting, n_days, self.seed))
        traffic = player.stream.traffic
        warm = traffic.first + WARM_DAYS * MINUTES_PER_DAY
        for number, minute in enumerate(incident_minutes(warm, traffic.end, self.n_incidents, rng)):
            player.to(minute)
            if not player.is_calm:
                continue
            if isinstance(player, MinutePlayer):
                outcomes += player.outcomes(rng)
            else:
                outcomes += play_probes(player, number, rng)
        found: list[Alarm] = []
        if self.counts_alarms:
            player.to(traffic.end)
            found = list(player.alarms(warm) if isinstance(player, MinutePlayer) else alarms(
                player.records, player.stream, start=warm
            ))  # fmt: skip
        years = self.n_days / DAYS_PER_YEAR if self.counts_alarms else 0.0
        return Played(self.per_day, self.setting, years, found, outcomes)


def incident_minutes(first: int, end: int, n: int, rng: np.random.Generator) -> list[int]:
    """Returns minutes at which incidents begin, uniformly random, in order; the stream goes on for a day after each."""
    return sorted(rng.integers(first, end - OUTAGE_MINUTES - MINUTES_PER_DAY, n).tolist())


@dataclass(frozen=True, slots=True)
class Cold:
    """New installs at one volume: how many raised alerts in 48 h, how many found the outage 18 h after their start."""

    per_day: int
    n_starts: int
    n_alarms: int
    n_found: int
    alarms: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ColdJob:
    """Starts at random instants of a year."""

    per_day: int
    seed: int
    n_starts: int

    @property
    def cost(self) -> float:
        """Roughly how long it takes."""
        return self.n_starts * _COLD_DAYS * (7_000 + min(self.per_day, 20_000))

    def run(self) -> Cold:
        """Starts again and again."""
        rng = np.random.default_rng((self.seed, 13))
        n_found, told = 0, list[str]()
        for start in range(self.n_starts):
            begins = START + timedelta(hours=int(rng.integers(DAYS_PER_YEAR * 24)))
            seed = 1_000 * self.seed + start
            if self.per_day == BY_MINUTE:
                traffic = Traffic(self.per_day, BASE, begins, _COLD_DAYS + 1, seed)
                is_found, found = _cold_by_minute(MinuteStream(traffic, seed), rng)
            else:
                stream = Stream(self.per_day, BASE, _COLD_DAYS + 1, seed, start=begins)
                is_found, found = _cold_by_tweet(stream, rng)
            n_found += is_found
            told += found
        return Cold(self.per_day, self.n_starts, len(told), n_found, told)


def _cold_by_tweet(stream: Stream, rng: np.random.Generator) -> tuple[bool, list[str]]:
    """Returns whether the outage is found, and all other alerts of the first 48 h."""
    player, first = Player(stream), stream.traffic.first
    start = first + _COLD_OUTAGE_HOURS * 60
    player.to(start)
    if stream.traffic.per_day == SPARSE:
        incident = additional(start, _SPARSE_TWEETS, _SPARSE_TWEETS, rng)
    else:
        incident = outage(stream, start, _COLD_FACTOR, rng)
    records = play_incident(
        player.copy()(), stream, incident, OUTAGE_MINUTES, lambda found: first_confirmed(found, start) is not None
    )
    player.to(first + _COLD_DAYS * MINUTES_PER_DAY)
    return first_confirmed(records, start) is not None, [one.told for one in alarms(player.records, stream, start=0)]


def _cold_by_minute(stream: MinuteStream, rng: np.random.Generator) -> tuple[bool, list[str]]:
    player, first = MinutePlayer(stream), stream.traffic.first
    player.to(first + _COLD_OUTAGE_HOURS * 60)
    is_found = player.after(_COLD_FACTOR, rng, OUTAGE_MINUTES) is not None
    player.to(first + _COLD_DAYS * MINUTES_PER_DAY)
    return is_found, [one.told for one in player.alarms(0)]


Job = StreamJob | ColdJob


def run(job: Job) -> Played | Cold:
    """Runs a job; what a process is given to do."""
    return job.run()
