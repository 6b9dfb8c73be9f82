"""The limits as one worker keeps them; what Redis computes for all workers is the same, step by step.

Pure: `now` is in seconds since 1970, and nobody else changes the state while a method runs.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count

from streams.core.breaker import Breaker, BreakerPolicy, BreakerState
from streams.core.bucket import Bucket, Rate
from streams.core.budget import LEVEL, DayBudget
from streams.core.climb_caps import ClimbCaps
from streams.core.limits import Ask, LimitRules, Permit, Refusal, Refused, Report, SoftReached, TargetState

_FREE = Decimal(0)


@dataclass(slots=True)
class TargetRecord:
    """What is kept of one target."""

    breaker: Breaker
    requests: Bucket = field(default_factory=Bucket)
    tokens: Bucket = field(default_factory=Bucket)

    @classmethod
    def new(cls, policy: BreakerPolicy) -> "TargetRecord":
        """Returns the record of a target of which nothing is known."""
        return cls(Breaker(policy))


class LocalState:
    """Breakers, buckets, budgets and escalation of a level.

    Args:
        rules: what holds for every target.
    """

    def __init__(self, rules: LimitRules | None = None) -> None:
        self.rules = rules or LimitRules()
        self.budget = DayBudget()
        self.caps = ClimbCaps()
        self.targets: dict[str, TargetRecord] = {}
        self._open: set[str] = set()
        self._alerts: list[SoftReached] = []
        self._ids = count(1)

    def reserve(self, ask: Ask, now: float, call_id: str = "") -> Permit | Refused:
        """Takes a call's share of every bound, or none of it; a call without a name gets one."""
        self.budget.turn(now)
        record = self.record(ask.target)
        refused = _not_allowed(record.breaker, now) or self._no_money(ask, now) or _no_rate(record, ask, now)
        answer = refused or self._permit(record, ask, call_id or str(next(self._ids)), now)
        self._watch(ask)
        return answer

    def settle(self, permit: Permit, report: Report, now: float) -> None:
        """Gives back what the call did not take, and tells the breaker; a second report of a call is not heard."""
        if self.end(permit):
            self.apply(permit, report, now)

    def adopt(self, permit: Permit) -> None:
        """Expects the report of a call that was permitted elsewhere."""
        self._open.add(permit.id)

    def end(self, permit: Permit) -> bool:
        """Expects no more of a call; False where its report has come before."""
        if permit.id not in self._open:
            return False
        self._open.remove(permit.id)
        return True

    def apply(self, permit: Permit, report: Report, now: float) -> None:
        """Carries a report out."""
        self.budget.turn(now)
        ask = permit.ask
        record = self.record(ask.target)
        _tell(record.breaker, permit, report, now)
        _return_rate(record, ask, report, now)
        if report.cost_usd is not None and permit.day == self.budget.day:
            self.budget.add(ask.budget_name, report.cost_usd - (ask.cost_usd or _FREE))
        self._watch(ask)

    def climb(self, n_wanted: int, *, n_answered: int, cost_usd: Decimal | None, now: float) -> int:
        """Counts answers and returns how many of the wanted tweets may be escalated; `cost_usd` is that of them all."""
        return self.caps.grant(n_wanted, n_answered=n_answered, cost_usd=cost_usd, rules=self.rules, now=now)

    def states(self, asks: Iterable[Ask], now: float) -> dict[str, TargetState]:
        """Tells the state of each target, by name."""
        self.budget.turn(now)
        return {ask.target: self._state(ask, now) for ask in asks}

    def reset(self, target: str) -> None:
        """Closes a target's breaker; rates and budgets stay."""
        self.record(target).breaker.reset()

    def record(self, target: str) -> TargetRecord:
        """Returns what is kept of a target."""
        found = self.targets.get(target)
        if found is None:
            found = self.targets[target] = TargetRecord.new(self.rules.breaker)
        return found

    def take_alerts(self) -> list[SoftReached]:
        """Returns the budgets whose soft share was reached since the last call."""
        alerts, self._alerts = self._alerts, []
        return alerts

    def _permit(self, record: TargetRecord, ask: Ask, call_id: str, now: float) -> Permit:
        for _, bucket, amount, rate in _bounds(record, ask):
            bucket.take(amount, rate, now)
        self.budget.add(ask.budget_name, ask.cost_usd or _FREE)
        is_probe = record.breaker.state(now) is BreakerState.HALF_OPEN and record.breaker.allow(now, call_id)
        self._open.add(call_id)
        return Permit(ask=ask, id=call_id, probe=is_probe, day=self.budget.day)

    def _no_money(self, ask: Ask, now: float) -> Refused | None:
        cost_usd = ask.cost_usd or _FREE
        if not self.budget.takes(ask.budget_name, cost_usd, ask.budget_usd):
            return Refused(reason=Refusal.BUDGET, retry_in_s=self.budget.left_s(now))
        if not self.budget.takes(LEVEL, cost_usd, ask.level_budget_usd):
            return Refused(reason=Refusal.LEVEL_BUDGET, retry_in_s=self.budget.left_s(now))
        return None

    def _watch(self, ask: Ask) -> None:
        for name, budget_usd in ((ask.budget_name, ask.budget_usd), (LEVEL, ask.level_budget_usd)):
            if budget_usd is not None and self.budget.is_soft_reached(name, budget_usd, self.rules.soft_share):
                self._alerts.append(SoftReached(name, self.budget.spent_usd(name), budget_usd))

    def _state(self, ask: Ask, now: float) -> TargetState:
        record = self.record(ask.target)
        breaker, state = record.breaker, record.breaker.state(now)
        return TargetState(
            breaker=state,
            disabled=breaker.is_disabled,
            open_for_s=max(0.0, breaker.open_until - now) if breaker.open_until is not None else 0.0,
            failures=breaker.failures,
            rpm_left=None if ask.rpm is None else record.requests.level(Rate.of(ask.rpm), now),
            tpm_left=None if ask.tpm is None else record.tokens.level(Rate.of(ask.tpm), now),
            spent_today_usd=self.budget.spent_usd(ask.budget_name),
            level_spent_today_usd=self.budget.spent_usd(LEVEL),
        )


def _not_allowed(breaker: Breaker, now: float) -> Refused | None:
    if breaker.open_until is not None and now < breaker.open_until:
        reason = Refusal.DISABLED if breaker.is_disabled else Refusal.OPEN
        return Refused(reason=reason, retry_in_s=breaker.open_until - now)
    is_taken = breaker.open_until is not None and breaker.is_probing(now)
    return Refused(reason=Refusal.PROBING) if is_taken else None


def _no_rate(record: TargetRecord, ask: Ask, now: float) -> Refused | None:
    for reason, bucket, amount, rate in _bounds(record, ask):
        wait_s = bucket.wait_s(amount, rate, now)
        if wait_s > 0:
            return Refused(reason=reason, retry_in_s=wait_s)
    return None


def _bounds(record: TargetRecord, ask: Ask) -> list[tuple[Refusal, Bucket, float, Rate]]:
    """Returns what a call takes of which bucket, for the bounds that there are."""
    bounds = ((Refusal.RPM, record.requests, 1, ask.rpm), (Refusal.TPM, record.tokens, ask.n_tokens, ask.tpm))
    return [(reason, bucket, amount, Rate.of(bound)) for reason, bucket, amount, bound in bounds if bound is not None]


def _return_rate(record: TargetRecord, ask: Ask, report: Report, now: float) -> None:
    if ask.tpm is not None and report.n_tokens is not None:
        record.tokens.take(report.n_tokens - ask.n_tokens, Rate.of(ask.tpm), now)
    if ask.rpm is not None and report.kind == "released" and report.n_tokens == 0:
        record.requests.take(-1, Rate.of(ask.rpm), now)


def _tell(breaker: Breaker, permit: Permit, report: Report, now: float) -> None:
    match report.kind:
        case "success":
            breaker.success(now, permit.id)
        case "failure":
            breaker.failure(now, permit.id)
        case "cool":
            breaker.cool(now, report.cool_s)
        case "disable":
            breaker.disable(now)
        case "released":
            breaker.release(permit.id)
