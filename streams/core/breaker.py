"""Keeps calls away from a target that fails, and lets one probe find out that it is back."""

from dataclasses import dataclass
from enum import StrEnum


class BreakerState(StrEnum):
    """Closed lets all calls through, open none, half-open one probe."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerPolicy:
    """`failures` in a row open the breaker for `open_s`; a disabled target is probed after `disabled_s`."""

    failures: int = 3
    open_s: float = 15.0
    disabled_s: float = 600.0


class Breaker:
    """The breaker of one (provider, model); pure, so the caller passes a monotonic `now` in seconds.

    `allow` must be followed by `success`, `failure`, `cool`, `disable` or `release`; a probe that never reports frees
    its place after `open_s`.
    """

    def __init__(self, policy: BreakerPolicy | None = None) -> None:
        self.policy = policy or BreakerPolicy()
        self._failures = 0
        self._open_until: float | None = None
        self._probe_at: float | None = None

    def state(self, now: float) -> BreakerState:
        """Tells the state without taking the probe."""
        if self._open_until is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self._open_until else BreakerState.HALF_OPEN

    def allow(self, now: float) -> bool:
        """Tells whether a call may go out; half-open gives the one probe to the first who asks."""
        match self.state(now):
            case BreakerState.CLOSED:
                return True
            case BreakerState.OPEN:
                return False
            case BreakerState.HALF_OPEN:
                if self._probe_at is not None and now < self._probe_at + self.policy.open_s:
                    return False
                self._probe_at = now
                return True

    def success(self, now: float) -> None:
        """Closes the breaker: the target answered. A late answer does not end a cooldown that still runs."""
        self._failures = 0
        self._probe_at = None
        if self.state(now) is not BreakerState.OPEN:
            self._open_until = None

    def release(self) -> None:
        """Gives the probe's place back: the call says nothing about the target's health."""
        self._probe_at = None

    def failure(self, now: float) -> None:
        """Counts a failure; a failed probe, or enough of them in a row, open the breaker."""
        self._failures += 1
        if self._probe_at is not None or self._failures >= self.policy.failures:
            self._open(now + self.policy.open_s)

    def cool(self, now: float, cool_s: float) -> None:
        """Opens for the time that the target asked for."""
        self._open(now + cool_s)

    def disable(self, now: float) -> None:
        """Opens for `disabled_s`: a wrong key or an unknown model does not mend itself soon."""
        self._open(now + self.policy.disabled_s)

    def _open(self, until: float) -> None:
        self._open_until = max(until, self._open_until or until)
        self._probe_at = None
