"""How much of a rate per minute is left: a bucket that refills all the time and never lets a minute go over it."""

from dataclasses import dataclass
from typing import Final

BURST_SHARE: Final = 0.1
"""Of a minute's worth may go at once. What refills is the rest, so that no 60 s, wherever they begin, get more than the
rate: whether a provider counts in fixed minutes, in sliding ones or by a bucket, it has no reason for a 429. A bucket
of a whole minute lets nearly twice the rate through in its first one."""

WINDOW_S: Final = 61.0
"""A provider's minute, and a second because calls travel at different speeds."""

MIN_WAIT_S: Final = 0.001
"""Nobody is sent away for less; the bucket goes a little below 0 instead, and so forgets nothing."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A bound per minute as a bucket keeps it: `capacity` at most, refilled by `per_s`.

    500 a minute hold 50 and refill 7.4 a second; 3 a minute hold 1 and refill one in 20.3 s.
    """

    capacity: float
    per_s: float

    @classmethod
    def of(cls, per_minute: int) -> "Rate":
        """Fits a bucket to a bound; less than 1 a minute counts as 1.

        A call is whole: what stays below one more than the bound keeps the bound.
        """
        per_minute = max(1, per_minute)
        capacity = max(1.0, per_minute * BURST_SHARE)
        return cls(capacity, (per_minute + 1 - capacity) / WINDOW_S)


@dataclass(slots=True)
class Bucket:
    """What is left of a rate; `left` is None until the first call, and below 0 after one that was too large."""

    left: float | None = None
    at: float = 0.0

    def level(self, rate: Rate, now: float) -> float:
        """Returns what is left now."""
        if self.left is None:
            return rate.capacity
        return min(rate.capacity, self.left + max(0.0, now - self.at) * rate.per_s)

    def wait_s(self, amount: float, rate: Rate, now: float) -> float:
        """Returns how long `amount` must wait, 0 where it may go; more than the bucket holds goes when it is full."""
        wait_s = (min(amount, rate.capacity) - self.level(rate, now)) / rate.per_s
        return wait_s if wait_s >= MIN_WAIT_S else 0.0

    def take(self, amount: float, rate: Rate, now: float) -> None:
        """Takes what was found to be there; a negative amount gives back."""
        self.left, self.at = min(rate.capacity, self.level(rate, now) - amount), max(now, self.at)
