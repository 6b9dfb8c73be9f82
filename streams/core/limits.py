"""Who may call which target now: breakers, token buckets, budgets and the caps of escalation.

`Limits` is what the cascade asks; all workers share one state where Redis holds it. Everything is reserved before a
call and settled after it, so that many workers together keep a limit.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Literal, Protocol

from streams.core.breaker import BreakerPolicy, BreakerState


class Refusal(StrEnum):
    """Why a target takes no call now; goes into headers, metrics and commands."""

    OPEN = "open"
    DISABLED = "disabled"
    PROBING = "probing"
    RPM = "rpm"
    TPM = "tpm"
    BUDGET = "budget"
    LEVEL_BUDGET = "level_budget"
    SLOTS = "slots"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A call that wants to go out: what it will take at most, and the bounds that it must stay in.

    `n_tokens` are input and output tokens of the model, `cost_usd` None where no price is known (budgets then cannot
    hold it back). `rpm`, `tpm` and the two budgets are None where unbounded; budgets are of the UTC day: the
    model's own and the whole level's. Deployments that name the same `model` spend from one budget; without a name
    each has its own.
    """

    target: str
    n_tokens: int
    model: str = ""
    cost_usd: Decimal | None = None
    rpm: int | None = None
    tpm: int | None = None
    budget_usd: Decimal | None = None
    level_budget_usd: Decimal | None = None

    @property
    def budget_name(self) -> str:
        """Under which the cost is counted."""
        return self.model or self.target


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """A reserved call; must be settled, whatever becomes of it. `probe`: the one call of a half-open breaker.

    `day` is the UTC day, counted from 1970, whose budgets pay. `shared`: other workers know of the reservation.
    """

    ask: Ask
    id: str
    probe: bool = False
    day: int = 0
    shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A call that may not go out now, and when it makes sense to ask again (0: unknown)."""

    reason: Refusal
    retry_in_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a permitted call ended.

    `released` says nothing of the target's health (cancelled, or the request was at fault). `n_tokens` and `cost_usd`
    are what it really took, None where unknown: the reservation then stands; a call that the provider did not charge
    reports 0. The request itself is counted all the same, but for one that was released with 0 tokens: it never left.
    """

    kind: Literal["success", "failure", "cool", "disable", "released"]
    cool_s: float = 0.0
    n_tokens: int | None = None
    cost_usd: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetState:
    """What is known of a target now, for people: `rpm_left` and `tpm_left` are None where unbounded.

    `spent_today_usd` is what its budget has paid, reservations included, `level_spent_today_usd` the whole level's.
    """

    breaker: BreakerState
    disabled: bool = False
    open_for_s: float = 0.0
    failures: int = 0
    rpm_left: float | None = None
    tpm_left: float | None = None
    spent_today_usd: Decimal = Decimal(0)
    level_spent_today_usd: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRules:
    """What holds for every target of a level.

    Past `soft_share` of a budget an operator is told, once a day. Of the tweets answered in an hour, `escalation_share`
    may be escalated, but `escalation_floor` in any case, as long as they cost less than `escalation_usd_per_hour`;
    where the share or the amount is 0, none is.
    """

    breaker: BreakerPolicy = field(default_factory=BreakerPolicy)
    soft_share: float = 0.8
    escalation_share: float = 0.05
    escalation_usd_per_hour: Decimal = Decimal(1)
    escalation_floor: int = 20


@dataclass(frozen=True, slots=True)
class SoftReached:
    """A budget of which most is spent; `name` is empty for the level's."""

    name: str
    spent_usd: Decimal
    budget_usd: Decimal


class Limits(Protocol):
    """The state that a level's workers share; no method raises when the store is down."""

    @property
    def shared(self) -> bool:
        """Whether other workers see the same state; False while each keeps its own."""

    async def reserve(self, ask: Ask) -> Permit | Refused:
        """Takes a call's share of every bound, or none of it."""

    async def settle(self, permit: Permit, report: Report) -> None:
        """Gives back what the call did not take, and tells the breaker how it went."""

    async def climb(self, n_wanted: int, *, n_answered: int, cost_usd: Decimal | None) -> int:
        """Counts `n_answered` ordinary answers and returns how many of `n_wanted` tweets may be escalated now.

        `cost_usd` is the expected cost of all `n_wanted`; share and spend of escalation are capped per hour.
        """

    async def states(self, asks: tuple[Ask, ...]) -> dict[str, TargetState]:
        """Tells the state of each target, by name; takes nothing."""

    async def reset(self, target: str) -> None:
        """Closes a target's breaker for all who share it; rates and budgets stay."""

    async def close(self) -> None:
        """Finishes what is being settled, and lets go of the store."""
