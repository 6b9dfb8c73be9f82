"""The limits of a level in Redis, so that all its workers keep them together; without Redis each keeps its own."""

import asyncio
import uuid
from collections.abc import Coroutine
from decimal import Decimal
from itertools import count
from typing import Any, Final, TypeVar

from streams import metrics
from streams.core.breaker import BreakerPolicy
from streams.core.budget import LEVEL, DayBudget
from streams.core.climb_caps import ClimbCaps, each_usd
from streams.core.limits import Ask, LimitRules, Permit, Refusal, Refused, Report, SoftReached, TargetState
from streams.core.local_state import LocalState
from streams.settings import Settings
from streams.state.guard import PROBE_INTERVAL_S, Guard, Words
from streams.state.ledger import Ledger
from streams.state.limits_scripts import LimitScripts
from streams.state.limits_wire import Answer, correction, nano, read_record, usd
from streams.state.local_limits import Clock, steady_clock, tell
from streams.state.redis import connect

T = TypeVar("T")

WORDS: Final = Words(
    lost="limits_not_shared",
    found="limits_shared_again",
    effect="each worker keeps breakers, rates and budgets of its own",
)
NOTHING: Final = Report(kind="released", n_tokens=0, cost_usd=Decimal(0))
"""The report of a call that never left."""


def rules_of(settings: Settings) -> LimitRules:
    """Returns what the settings say of every target."""
    return LimitRules(
        breaker=BreakerPolicy(
            failures=settings.model_breaker_failures,
            open_s=settings.probe_interval_s,
            disabled_s=settings.model_disabled_s,
            probe_s=settings.batch_deadline_s,
        ),
        soft_share=settings.budget_soft_share,
        escalation_share=settings.escalation_share,
        escalation_usd_per_hour=settings.escalation_usd_per_hour,
    )


class RedisLimits:
    """`Limits` of one level, shared by its workers; no method raises when Redis is down, and none waits twice.

    Each answer of Redis is also noted in a state of this worker's own, with which it goes on during an outage: it knows
    what was spent and which breakers are open. What it spends meanwhile is added to Redis when that is back. Several
    workers without Redis may together take more than a bound: each keeps it alone.

    A call that is cancelled here is given back; `settle` goes on to its end when its caller is cancelled.

    Args:
        settings: where Redis is, the namespace, and the rules.
        scope: names the level; what is kept of it is apart from other levels.
        clock: seconds since 1970, for tests; None: that of Redis, so that the workers' clocks need not agree.
        probe_interval_s: pause between two looks whether Redis is back.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        scope: str,
        clock: Clock | None = None,
        probe_interval_s: float = PROBE_INTERVAL_S,
    ) -> None:
        self.rules = rules_of(settings)
        self._redis = connect(settings)
        self._guard = Guard(
            self._redis,
            timeout_s=settings.redis_timeout_s,
            probe_interval_s=probe_interval_s,
            words=WORDS,
            on_return=self._repay,
        )
        self._scripts = LimitScripts(self._redis, settings.namespace, scope, self.rules, clock)
        self._local = LocalState(self.rules)
        self._ledger = Ledger()
        self._clock, self._own_clock = clock, steady_clock()
        self._ahead_s = 0.0
        self._tasks: set[asyncio.Task[Any]] = set()
        self._name, self._ids = uuid.uuid4().hex[:12], count(1)
        metrics.LIMITS_NOT_SHARED.set(0)

    @property
    def shared(self) -> bool:
        """Whether Redis answered last, so that other workers see the same state."""
        return self._guard.is_up

    async def reserve(self, ask: Ask) -> Permit | Refused:
        """Takes a call's share of every bound, or none of it."""
        task = self._start(self._reserve(ask, f"{self._name}-{next(self._ids)}"))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(self._give_back)
            raise

    async def settle(self, permit: Permit, report: Report) -> None:
        """Gives back what the call did not take, and tells the breaker; a second report of a call is not heard."""
        if self._local.end(permit):
            await asyncio.shield(self._start(self._settle(permit, report)))

    async def climb(self, n_wanted: int, *, n_answered: int, cost_usd: Decimal | None) -> int:
        """Returns how many of `n_wanted` tweets may be escalated now; the caps are those of all workers together."""
        each = nano(each_usd(cost_usd, n_wanted))
        found = await self._call(self._scripts.climb(n_wanted, n_answered, each)) if self.shared else None
        if found is None:
            return self._local.climb(n_wanted, n_answered=n_answered, cost_usd=cost_usd, now=self._now())
        n_granted, _, hour, answered, climbed, spent = found
        self._local.caps = ClimbCaps(int(hour), int(answered), int(climbed), usd(int(spent)))
        return int(n_granted)

    async def states(self, asks: tuple[Ask, ...]) -> dict[str, TargetState]:
        """Tells the state of each target, by name; takes nothing."""
        found = await self._call(self._scripts.states(asks)) if self.shared else None
        return self._local.states(asks, self._now()) if found is None else found

    async def reset(self, target: str) -> None:
        """Closes a target's breaker for all workers, or for this one alone while Redis is down."""
        self._local.reset(target)
        if self.shared:
            await self._call(self._scripts.reset(target))

    async def close(self) -> None:
        """Finishes what is being settled and closes the connections."""
        while self._tasks:
            await asyncio.wait(self._tasks)
        await self._guard.close()
        await self._redis.aclose()

    async def _reserve(self, ask: Ask, call_id: str) -> Permit | Refused:
        words = self._ledger.seen_words(ask.budget_name)
        found = await self._call(self._scripts.reserve(ask, call_id, words)) if self.shared else None
        if found is None:
            return self._reserve_alone(ask, call_id)
        self._learn(ask, found)
        if found.word not in ("permit", "probe"):
            return Refused(reason=Refusal(found.word), retry_in_s=found.wait_s)
        permit = Permit(ask=ask, id=call_id, probe=found.word == "probe", day=found.day, shared=True)
        self._local.adopt(permit)
        return permit

    def _reserve_alone(self, ask: Ask, call_id: str) -> Permit | Refused:
        answer = self._local.reserve(ask, self._now(), call_id)
        if isinstance(answer, Permit):
            self._ledger.owe(answer.day, ask.budget_name, nano(ask.cost_usd or Decimal(0)))
        tell(self._local.take_alerts())
        return answer

    async def _settle(self, permit: Permit, report: Report) -> None:
        was_shared = self.shared
        words = self._ledger.seen_words(permit.ask.budget_name)
        found = await self._call(self._scripts.settle(permit, report, words)) if was_shared else None
        if found is not None:
            return self._learn(permit.ask, found)
        self._local.apply(permit, report, self._now())
        beyond = correction(permit, report) or 0
        if beyond > 0 or not was_shared:  # Redis may have heard it: what may be wrong must not be too little
            self._ledger.owe(permit.day, permit.ask.budget_name, beyond)
        return tell(self._local.take_alerts())

    def _learn(self, ask: Ask, found: Answer) -> None:
        """Notes what Redis said, for the time without it."""
        if self._clock is None:
            self._ahead_s = found.now - self._own_clock()
        self._local.targets[ask.target] = read_record(found.record, self.rules.breaker)
        self._ledger.see(ask.budget_name, found)
        if self._local.budget.day != self._ledger.day:
            self._local.budget = DayBudget(self._ledger.day)
        self._local.budget.spent.update({name: usd(seen.nano) for name, seen in self._ledger.seen.items()})
        if found.tell_own and ask.budget_usd is not None:
            tell([SoftReached(ask.budget_name, usd(found.own_nano), ask.budget_usd)])
        if found.tell_level and ask.level_budget_usd is not None:
            tell([SoftReached(LEVEL, usd(found.level_nano), ask.level_budget_usd)])

    async def _repay(self) -> None:
        """Adds to Redis what was spent without it; what is spent while this runs, too."""
        while True:
            bill = self._ledger.bill()
            await self._scripts.repay(bill)
            if self._ledger.pay():
                break
        metrics.LIMITS_NOT_SHARED.set(0)

    async def _call(self, command: Coroutine[Any, Any, T]) -> T | None:
        found = await self._guard.call(command, None)
        if found is None:
            metrics.LIMITS_NOT_SHARED.set(1)
        return found

    def _start(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _give_back(self, task: asyncio.Task[Permit | Refused]) -> None:
        """Settles a call whose caller was cancelled while it was being reserved."""
        if task.cancelled() or task.exception() is not None:
            return
        permit = task.result()
        if isinstance(permit, Permit) and self._local.end(permit):
            self._start(self._settle(permit, NOTHING))

    def _now(self) -> float:
        return self._own_clock() + self._ahead_s if self._clock is None else self._clock()
