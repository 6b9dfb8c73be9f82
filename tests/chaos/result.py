"""What a cell showed, and whether that is good enough."""

from typing import Final

import msgspec

from schemas.taxonomy import Stage

MAX_CALLS_PER_TWEET: Final = 1.05
MAX_CALLS_PER_TWEET_SHORT: Final = 1.1
"""Of one short cell: a kill costs the batch whose call is under way, however few tweets the cell has."""

MIN_AVAILABILITY: Final = 0.999
MAX_PEAK_MIB: Final = 450.0
MAX_PEAK_RATIO: Final = 1.2
MAX_EXTRA_SHARE: Final = 0.1
"""Noise, official tweets and dead letters that were written again, by records: what was in flight at the kills."""
MIN_SAMPLES: Final = 3
SAMPLED: Final = (Stage.SCRUBBER, Stage.CLASSIFIER, Stage.ROUTER)
"""The stages that every tweet of a cell passes: their commits must have been looked at."""
N_EXAMPLES: Final = 5


class CellResult(msgspec.Struct, frozen=True, kw_only=True):
    """One cell's figures.

    `state` is a digest of the code that played it. `skipped` says why it could not be played here, `failed` what ended
    it before it was counted. `wrong` holds what the count found, by its name there: see `tests.chaos.oracle.Counted`.
    `n_hits`: kills, stops and the like that were played. `peak_ratio`: see `tests.chaos.memory`.
    """

    cell: str
    load: str
    fault: str
    state: str
    short: bool
    skipped: str = ""
    failed: str = ""
    n_rows: int = 0
    n_sent: int = 0
    n_refused: int = 0
    n_unaccounted: int = 0
    failures: list[str] = []
    has_ended: bool = False
    wrong: dict[str, list[str]] = {}
    n_extra: int = 0
    lag_records: int = 0
    n_samples: dict[str, int] = {}
    places: dict[str, int] = {}
    levels: dict[str, int] = {}
    availability: float = 0.0
    p50_s: float = 0.0
    p99_s: float = 0.0
    n_answered_by_api: int = 0
    n_in_api_calls: int = 0
    is_level_2_needed: bool = False
    peak_mib: dict[str, float] = {}
    peak_ratio: float = 1.0
    n_hits: int = 0
    min_restarts: int = 0
    n_restarts: int = 0
    unclean: list[str] = []
    took_s: float = 0.0

    @property
    def calls_per_tweet(self) -> float:
        """Tweets in answered calls of level 1, by distinct tweets that it answered; 0 where it answered none."""
        return round(self.n_in_api_calls / self.n_answered_by_api, 4) if self.n_answered_by_api else 0.0

    def n_wrong(self, what: str) -> int:
        """Returns how many records the count found wrong in this way."""
        return len(self.wrong.get(what, ()))

    def problems(self) -> list[str]:
        """Returns every goal that was missed, in words, with the first records; empty when all were met."""
        if self.skipped:
            return []
        if self.failed:
            return [self.failed]
        found = [f"{len(which)} {what}: {', '.join(which[:N_EXAMPLES])}" for what, which in self.wrong.items() if which]
        found += [*self._of_the_source(), *self._of_the_play(), *self._of_the_goals()]
        return found

    def _of_the_source(self) -> list[str]:
        checks = {
            "nothing was sent": not self.n_sent,
            f"{self.n_unaccounted} rows of which nothing is known": self.n_unaccounted != 0,
            f"not acknowledged: {', '.join(sorted(set(self.failures)))}": bool(self.failures),
        }
        return [text for text, missed in checks.items() if missed]

    def _of_the_play(self) -> list[str]:
        few = [stage.value for stage in SAMPLED if self.n_samples.get(stage.value, 0) < MIN_SAMPLES]
        checks = {
            "the fault hit nothing": not self.n_hits,
            f"{self.n_restarts} restarts after {self.min_restarts} ends": self.n_restarts < self.min_restarts,
            f"not drained: {', '.join(self.unclean)}": bool(self.unclean),
            f"too few commits were looked at, of {', '.join(few)}": bool(few),
            "no memory was sampled": not self.peak_mib,
            "level 1 answered nothing": not self.n_answered_by_api,
            "level 2 answered nothing": self.is_level_2_needed and not self.levels.get("gpu"),
        }
        return [text for text, missed in checks.items() if missed]

    def _of_the_goals(self) -> list[str]:
        peak = max(self.peak_mib.values(), default=0.0)
        max_calls = MAX_CALLS_PER_TWEET_SHORT if self.short else MAX_CALLS_PER_TWEET
        checks = {
            "the end was not reached in time": not self.has_ended,
            f"{self.lag_records} records of lag left": self.lag_records != 0,
            f"{self.n_extra} written again outside the services": self.n_extra > MAX_EXTRA_SHARE * self.n_sent,
            f"availability {self.availability:.4f} < {MIN_AVAILABILITY}": self.availability < MIN_AVAILABILITY,
            f"{self.calls_per_tweet:.3f} calls per tweet > {max_calls}": self.calls_per_tweet > max_calls,
            f"a worker held {peak:.0f} MiB > {MAX_PEAK_MIB:.0f}": peak > MAX_PEAK_MIB,
            # a short cell ends before the caches are full
            f"memory grew by {self.peak_ratio - 1:.0%}": self.peak_ratio > MAX_PEAK_RATIO and not self.short,
        }
        return [text for text, missed in checks.items() if missed]
