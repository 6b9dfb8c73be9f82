"""Places for calls: one is taken from the shared limits and from the worker's own slots, and given back after it."""

import asyncio
import math
import time
import uuid
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from schemas.classification import Labels
from schemas.spend import Outcome, Spend
from schemas.taxonomy import SERVICE_OF, Level, Stage
from streams import metrics
from streams.core.cascade import LastWords
from streams.core.limits import Limits, Permit, Refusal, Refused, Report
from streams.core.order import Ranked
from streams.core.pricing import Price, PriceTable, Usage, cost_of
from streams.core.prompt import Prompt
from streams.core.retry import Failure, FailureKind
from streams.providers.protocol import Completion, Deployed

POLL_S: Final = 0.1
"""Pause before a target is asked again that cannot say when it has a place."""

EPSILON_S: Final = 0.01
"""Waited on top, so that the place is there."""

_LATER: Final = frozenset({Refusal.RPM, Refusal.TPM, Refusal.SLOTS})

_UNPAID: Final = frozenset(FailureKind) - {
    FailureKind.TIMEOUT,
    FailureKind.BAD_RESPONSE,
    FailureKind.CONNECTION,
    FailureKind.SAFETY,  # Azure charges for a prompt that its filter has read and refused
}
"""Failures of a call that the provider answered with an error: it counts no tokens for them."""


@dataclass(frozen=True, slots=True)
class Booked:
    """A call that may go out: to whom, with which permit, at which price."""

    deployed: Deployed
    permit: Permit
    expected: Usage
    counted_tokens: int
    price: Price | None
    price_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that ended: what was asked, what came back, and how long it took."""

    prompt: Prompt
    attempt: int
    latency_s: float = 0.0
    completion: Completion | None = None
    failure: Failure | None = None
    labels: tuple[Labels, ...] = ()
    escalated: bool = False
    n_vip: int = 0


class BookingOffice:
    """Gives out places and settles them.

    Args:
        deployed: the level's targets.
        limits: shared by the workers.
        stage: recorded with each call.
        level: recorded with each call.
        level_budget_usd: of one day, for the whole level; None: unbounded.
    """

    def __init__(
        self,
        deployed: tuple[Deployed, ...],
        *,
        limits: Limits,
        stage: Stage,
        level: Level,
        level_budget_usd: Decimal | None = None,
    ) -> None:
        self._deployed = {one.target.name: one for one in deployed}
        self._limits = limits
        self._stage = stage
        self._level = level
        self._level_budget_usd = level_budget_usd
        self._busy: Counter[str] = Counter()

    async def book_first(
        self,
        choices: Sequence[Ranked],
        prices: PriceTable,
        *,
        patience_s: float,
        slot_patience_s: float,
        waits_for: Collection[str],
        last_words: LastWords,
    ) -> Booked | None:
        """Takes a place at the first target that has one; None where none has.

        What one cannot take now the next one gets, at once. Where none can, it waits `patience_s` at most for a target
        that only wants it later, or that is in `waits_for`; for another one that fails it never waits. A slot of this
        worker gets free by itself: for that it waits `slot_patience_s`.
        """
        began = time.monotonic()
        while True:
            soonest, until = math.inf, began + patience_s
            for one in choices:
                booked = await self.book(one, prices)
                if not isinstance(booked, Refused):
                    return booked
                last_words.refused(one.target.name, booked.reason.value)
                if booked.reason in _LATER or one.target.name in waits_for:
                    soonest = min(soonest, booked.retry_in_s or POLL_S)
                if booked.reason is Refusal.SLOTS:
                    until = began + slot_patience_s
            if time.monotonic() + soonest > until:
                return None
            await asyncio.sleep(soonest + EPSILON_S)

    async def book(self, ranked: Ranked, prices: PriceTable) -> Booked | Refused:
        """Takes a place for a call, or says why there is none; every `Booked` must be settled."""
        name, profile = ranked.target.name, ranked.target.profile
        if self._busy[name] >= profile.slots:
            refused = Refused(reason=Refusal.SLOTS)
        else:
            self._busy[name] += 1
            taken = await self._reserve(ranked)
            if isinstance(taken, Permit):
                price = prices.price(profile.price_ref)
                return Booked(self._deployed[name], taken, ranked.usage, ranked.counted_tokens, price, prices.version)
            self._busy[name] -= 1
            refused = taken
        metrics.MODEL_REFUSALS.labels(name, refused.reason.value).inc()
        return refused

    async def _reserve(self, ranked: Ranked) -> Permit | Refused:
        """Asks the limits; the slot is given back where asking is cancelled."""
        try:
            return await self._limits.reserve(ranked.ask(self._level_budget_usd))
        except BaseException:
            self._busy[ranked.target.name] -= 1
            raise

    async def settle(self, booked: Booked, call: Call, report: Report) -> Spend:
        """Gives the place back, with what the call really took, and returns the call's event.

        Args:
            booked: the call's place.
            call: how it went.
            report: what the breaker should know; tokens and cost are filled in here.
        """
        usage = usage_of(booked, call)
        cost = cost_of(booked.price, usage) if booked.price is not None and usage is not None else None
        n_tokens = None if usage is None else usage.input_tokens + usage.output_tokens + usage.thought_tokens
        await self.release(booked, Report(kind=report.kind, cool_s=report.cool_s, n_tokens=n_tokens, cost_usd=cost))
        event = self._event(booked, call, cost)
        metrics.MODEL_CALLS.labels(booked.deployed.target.name, event.outcome).inc()
        metrics.MODEL_SECONDS.labels(booked.deployed.target.name).observe(call.latency_s)
        if cost is not None:
            metrics.SPEND_USD.labels(booked.deployed.target.name).inc(float(cost))
        return event

    async def release(self, booked: Booked, report: Report) -> None:
        """Gives the place back without an event: nothing was asked, or nobody waits for the answer any more."""
        self._busy[booked.deployed.target.name] -= 1
        await self._limits.settle(booked.permit, report)

    def _event(self, booked: Booked, call: Call, cost: Decimal | None) -> Spend:
        target, prompt, completion = booked.deployed.target, call.prompt, call.completion
        return Spend(
            id=uuid.uuid4().hex,
            at=datetime.now(UTC),
            stage=self._stage.value,
            level=self._level,
            provider=target.provider,
            model=booked.deployed.provider.model or target.model,
            target=target.name,
            policy=target.policy,
            policy_reason=prompt.policy_reason,
            n_tweets=prompt.n_items,
            n_answered=len(call.labels),
            n_vip=call.n_vip,
            n_by_service=dict(Counter(SERVICE_OF[labels.main_topic].value for labels in call.labels)),
            escalated=call.escalated,
            attempt=call.attempt,
            outcome=_outcome(call),
            latency_s=round(call.latency_s, 4),
            input_tokens=completion.input_tokens if completion else None,
            output_tokens=completion.output_tokens if completion else None,
            cached_tokens=completion.cached_tokens if completion else None,
            thought_tokens=completion.thought_tokens if completion else None,
            price_version=booked.price_version if cost is not None else None,
            cost_usd=cost,
            error=_error(call),
        )


def usage_of(booked: Booked, call: Call) -> Usage | None:
    """Returns the tokens that a call is charged for, None where nobody knows.

    An answer without a count, or with one that the model's context cannot hold, is charged as expected. A call that the
    provider refused costs nothing; one that was cut off may have been paid for.
    """
    if call.completion is None:
        refused = call.failure is not None and call.failure.kind in _UNPAID
        return Usage(input_tokens=0, output_tokens=0) if refused else None
    said, expected = call.completion, booked.expected
    most = booked.deployed.target.profile.context_tokens

    def count(told: int | None, otherwise: int) -> int:
        return otherwise if told is None or told > most else told

    return Usage(
        input_tokens=count(said.input_tokens, expected.input_tokens),
        output_tokens=count(said.output_tokens, expected.output_tokens),
        cached_tokens=count(said.cached_tokens, 0),
        thought_tokens=count(said.thought_tokens, 0),
    )


def _outcome(call: Call) -> Outcome:
    if len(call.labels) == call.prompt.n_items:
        return "ok"
    return "partial" if call.labels else "failed"


def _error(call: Call) -> str | None:
    if call.failure is not None:
        return str(call.failure)
    return call.completion.finish if call.completion is not None and call.completion.finish != "stop" else None
