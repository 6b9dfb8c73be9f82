"""The limits of a worker that shares them with nobody, and how an operator hears of budgets."""

import time
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final

import structlog

from streams import metrics
from streams.core.limits import Ask, LimitRules, Permit, Refused, Report, SoftReached, TargetState
from streams.core.local_state import LocalState

log = structlog.get_logger()

Clock = Callable[[], float]
WHOLE_LEVEL: Final = "level"


def steady_clock() -> Clock:
    """Returns a clock of seconds since 1970 that goes on evenly when somebody sets the machine's."""
    offset = time.time() - time.monotonic()
    return lambda: time.monotonic() + offset


class LocalLimits:
    """`Limits` of one process, for tests and for tools that need no Redis.

    Args:
        rules: what holds for every target.
        clock: seconds since 1970.
    """

    def __init__(self, rules: LimitRules | None = None, *, clock: Clock | None = None) -> None:
        self.state = LocalState(rules)
        self._clock = clock or steady_clock()

    @property
    def shared(self) -> bool:
        """Always False."""
        return False

    async def reserve(self, ask: Ask) -> Permit | Refused:
        """Takes a call's share of every bound, or none of it."""
        answer = self.state.reserve(ask, self._clock())
        tell(self.state.take_alerts())
        return answer

    async def settle(self, permit: Permit, report: Report) -> None:
        """Gives back what the call did not take, and tells the breaker how it went."""
        self.state.settle(permit, report, self._clock())
        tell(self.state.take_alerts())

    async def climb(self, n_wanted: int, *, n_answered: int, cost_usd: Decimal | None) -> int:
        """Returns how many of `n_wanted` tweets may be escalated now."""
        return self.state.climb(n_wanted, n_answered=n_answered, cost_usd=cost_usd, now=self._clock())

    async def states(self, asks: tuple[Ask, ...]) -> dict[str, TargetState]:
        """Tells the state of each target, by name; takes nothing."""
        return self.state.states(asks, self._clock())

    async def reset(self, target: str) -> None:
        """Closes a target's breaker; rates and budgets stay."""
        self.state.reset(target)

    async def close(self) -> None:
        """Has nothing to let go of."""


def tell(alerts: Iterable[SoftReached]) -> None:
    """Logs and counts the budgets of which most is spent."""
    for alert in alerts:
        name = alert.name or WHOLE_LEVEL
        metrics.BUDGETS_SOFT.labels(name).inc()
        log.warning(
            "budget_soft_reached", budget=name, spent_usd=str(alert.spent_usd), budget_usd=str(alert.budget_usd)
        )
