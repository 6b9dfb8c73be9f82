"""The scripts of the limits on their Redis: one round trip each, and loaded again where the server forgot them."""

from typing import Any

from redis.asyncio import Redis

from streams.core.limits import Ask, LimitRules, Permit, Report, TargetState
from streams.core.local_state import LocalState
from streams.state.ledger import Bill
from streams.state.limits_wire import (
    RECORD,
    Answer,
    Arguments,
    LimitKeys,
    nano,
    number,
    read_record,
    reserve_words,
    script,
    settle_words,
    usd,
)
from streams.state.local_limits import Clock
from streams.state.redis import key_prefix

BREAKER: tuple[str, ...] = RECORD[:5]


class LimitScripts:
    """Asks Redis; every method raises what the client raises when it does not answer.

    Args:
        redis: decodes nothing.
        namespace: of the keys.
        scope: names the level.
        rules: what holds for every target.
        clock: None: that of Redis.
    """

    def __init__(self, redis: Redis, namespace: str, scope: str, rules: LimitRules, clock: Clock | None) -> None:
        self._redis = redis
        self._keys = LimitKeys.of(key_prefix(namespace), scope)
        self._rules = rules
        self._clock = clock
        self._reserve = redis.register_script(script("reserve"))
        self._settle = redis.register_script(script("settle"))
        self._climb = redis.register_script(script("climb"))
        self._repay = redis.register_script(script("repay"))

    async def reserve(self, ask: Ask, call_id: str, seen: Arguments) -> Answer:
        """Takes a call's share of every bound, or none of it; the same call twice is taken once."""
        words = [self._time(), *reserve_words(ask, call_id, self._rules), *seen]
        return Answer.of(await self._reserve(keys=self._of_call(ask, call_id), args=words))

    async def settle(self, permit: Permit, report: Report, seen: Arguments) -> Answer:
        """Carries a report out, once."""
        words = [self._time(), *settle_words(permit, report, self._rules), *seen]
        return Answer.of(await self._settle(keys=self._of_call(permit.ask, permit.id), args=words))

    async def climb(self, n_wanted: int, n_answered: int, each_nano: int) -> list[bytes]:
        """Returns how many are granted, the clock, and the hour's counts."""
        rules = self._rules
        words: Arguments = [self._time(), n_wanted, n_answered, each_nano, rules.escalation_share]
        words += [rules.escalation_floor, nano(rules.escalation_usd_per_hour)]
        found: list[bytes] = await self._climb(keys=[self._keys.climb], args=words)
        return found

    async def repay(self, bill: Bill) -> None:
        """Adds what a worker spent alone."""
        await self._repay(keys=[self._keys.budget, self._keys.call(bill.id)], args=[self._time(), bill.id, *bill.words])

    async def reset(self, target: str) -> bool:
        """Closes a breaker; tells whether there was one."""
        return bool(await self._redis.hdel(self._keys.target(target), *BREAKER))

    async def states(self, asks: tuple[Ask, ...]) -> dict[str, TargetState]:
        """Reads the records of the targets and the budgets that they name."""
        names = ["", *dict.fromkeys(ask.budget_name for ask in asks)]
        pipe = self._redis.pipeline(transaction=False)
        pipe.time()
        pipe.hmget(self._keys.budget, "day", *(f"usd:{name}" for name in names))
        for ask in asks:
            pipe.hmget(self._keys.target(ask.target), *RECORD)
        (seconds, micros), (day, *spent), *records = await pipe.execute()
        state = LocalState(self._rules)
        state.budget.day = int(number(day) or 0)
        state.budget.spent = {name: usd(int(number(found) or 0)) for name, found in zip(names, spent, strict=True)}
        policy = self._rules.breaker
        state.targets = {ask.target: read_record(found, policy) for ask, found in zip(asks, records, strict=True)}
        return state.states(asks, seconds + micros / 1e6 if self._clock is None else self._clock())

    def _of_call(self, ask: Ask, call_id: str) -> list[Any]:
        return [self._keys.target(ask.target), self._keys.budget, self._keys.call(call_id)]

    def _time(self) -> str:
        return "" if self._clock is None else repr(self._clock())
