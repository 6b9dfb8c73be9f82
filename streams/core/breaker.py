"""Keeps calls away from a target that fails, and lets one probe find out that it is back."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

MAX_COOL_S: Final = 86_400.0
"""No target is left alone for longer, whatever it asks for."""


class BreakerState(StrEnum):
    """Closed lets all calls through, open none, half-open one probe."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerPolicy:
    """`failures` in a row open the breaker for `open_s`; a disabled target is probed after `disabled_s`.

    A probe that has not reported after `probe_s` (the deadline of a batch) leaves its place to another.
    """

    failures: int = 3
    open_s: float = 15.0
    disabled_s: float = 600.0
    probe_s: float = 30.0


@dataclass(slots=True)
class Breaker:
    """The breaker of one target; pure, so the caller passes `now` in seconds, of any clock that does not go back.

    `allow` must be followed by `success`, `failure`, `cool`, `disable` or `release`. Calls are told apart by their
    names: while the breaker is not closed, only the probe that runs now can close it or open it again as failed. A call
    from before the opening tells nothing new.
    """

    policy: BreakerPolicy = field(default_factory=BreakerPolicy)
    failures: int = 0
    open_until: float | None = None
    is_disabled: bool = False
    probe: str | None = None
    probe_until: float = 0.0

    def state(self, now: float) -> BreakerState:
        """Tells the state without taking the probe."""
        if self.open_until is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self.open_until else BreakerState.HALF_OPEN

    def is_probing(self, now: float) -> bool:
        """Whether the one place of a half-open breaker is taken."""
        return self.probe is not None and now < self.probe_until

    def allow(self, now: float, call: str = "") -> bool:
        """Tells whether a call may go out; half-open gives the one probe to the first who asks."""
        state = self.state(now)
        if state is not BreakerState.HALF_OPEN:
            return state is BreakerState.CLOSED
        if self.is_probing(now):
            return False
        self.probe, self.probe_until = call, now + self.policy.probe_s
        return True

    def success(self, now: float, call: str = "") -> None:
        """Ends a row of failures; the probe's success closes the breaker."""
        if self._tells(call):
            self.failures, self.open_until, self.is_disabled, self.probe = 0, None, False, None

    def failure(self, now: float, call: str = "") -> None:
        """Counts a failure; a failed probe, or enough of them in a row, open the breaker."""
        if not self._tells(call):
            return
        self.failures += 1
        if self.open_until is not None or self.failures >= self.policy.failures:
            self._open(now + self.policy.open_s)

    def release(self, call: str = "") -> None:
        """Gives the probe's place back: the call says nothing about the target's health."""
        if self.probe == call:
            self.probe = None

    def cool(self, now: float, cool_s: float) -> None:
        """Opens for the time that the target asked for, whoever was told; a day at most."""
        self._open(now + min(max(cool_s, 0.0), MAX_COOL_S))

    def disable(self, now: float) -> None:
        """Opens for `disabled_s`: a wrong key or an unknown model does not mend itself soon."""
        self._open(now + self.policy.disabled_s, is_disabled=True)

    def reset(self) -> None:
        """Closes the breaker: an operator knows that the target is well."""
        self.failures, self.open_until, self.is_disabled, self.probe = 0, None, False, None

    def _tells(self, call: str) -> bool:
        return self.open_until is None or self.probe == call

    def _open(self, until: float, *, is_disabled: bool = False) -> None:
        """Opens, and never for less long than it is open already."""
        if self.open_until is None or until >= self.open_until:
            self.open_until, self.is_disabled = until, is_disabled
        self.probe = None
