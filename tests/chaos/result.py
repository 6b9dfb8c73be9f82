"""What a cell showed, and whether that is good enough."""

import msgspec

MAX_CALLS_PER_TWEET = 1.05
MIN_AVAILABILITY = 0.999
MAX_PEAK_MIB = 450.0
MAX_GROWTH = 1.2
"""The peak of the last third by that before it."""


class CellResult(msgspec.Struct, frozen=True, kw_only=True):
    """One cell's figures; `skipped` says why it could not be played here. Seconds, MiB, counts and shares."""

    cell: str
    load: str
    fault: str
    commit: str
    short: bool
    skipped: str = ""
    sent: int = 0
    lost: int = 0
    repeated: int = 0
    split: int = 0
    altered: int = 0
    elsewhere: int = 0
    past_unfinished: int = 0
    commit_samples: int = 0
    lag: int = 0
    unacknowledged: int = 0
    too_large: int = 0
    places: dict[str, int] = {}
    levels: dict[str, int] = {}
    availability: float = 1.0
    p50_s: float = 0.0
    p99_s: float = 0.0
    calls_per_tweet: float = 1.0
    api_tweets: int = 0
    peak_mib: dict[str, float] = {}
    growth: float = 1.0
    restarts: int = 0
    exit_code: int = 0
    seconds: float = 0.0
    examples: list[str] = []

    def problems(self) -> list[str]:
        """Returns every goal that was missed, in words; empty when all were met."""
        must_be_zero = {
            "lost": self.lost, "at a service twice": self.repeated, "ended in two places": self.split,
            "dead letters altered": self.altered, "passed by a commit before they were finished": self.past_unfinished,
            "records of lag left": self.lag, "records never acknowledged": self.unacknowledged,
            "is the exit code of up": self.exit_code,
        }  # fmt: skip
        found = [f"{n} {what}" for what, n in must_be_zero.items() if n]
        if self.skipped:
            return []
        if not self.sent:
            found.append("nothing was sent")
        if not self.commit_samples:
            found.append("no commit was sampled")
        if self.availability < MIN_AVAILABILITY:
            found.append(f"availability {self.availability:.4f} < {MIN_AVAILABILITY}")
        if self.calls_per_tweet > MAX_CALLS_PER_TWEET:
            found.append(f"{self.calls_per_tweet:.3f} calls per tweet > {MAX_CALLS_PER_TWEET}")
        if (peak := max(self.peak_mib.values(), default=0.0)) > MAX_PEAK_MIB:
            found.append(f"a worker held {peak:.0f} MiB > {MAX_PEAK_MIB:.0f}")
        if self.growth > MAX_GROWTH and not self.short:  # a short cell ends before the caches are full
            found.append(f"memory grew by {self.growth - 1:.0%}")
        return found
