"""A level made of generative models: one batch through the cascade, with one retry loop and one deadline.

First version: the targets stand in a fixed order, and each process keeps its own breakers.
"""

import asyncio
import random
import time
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

import structlog

from schemas.spend import Outcome, Spend
from schemas.taxonomy import Level, Stage
from schemas.tweet import ScrubbedTweet
from streams.core.breaker import Breaker, BreakerPolicy
from streams.core.cascade import (
    Answer,
    Answered,
    GiveUp,
    LevelResult,
    Part,
    Target,
    call_timeout_s,
    choose,
    halves,
    settle,
)
from streams.core.prompt import Prompt, parse, render
from streams.core.retry import Decision, Failure, FailureKind, NextStep, after_failure
from streams.providers.bounded import bounded
from streams.providers.errors import ProviderError
from streams.providers.protocol import Completion, Provider

log = structlog.get_logger()

EPSILON_S: Final = 0.01
"""Less time than this is none."""


class Chain:
    """Classifies batches with the first target that can; several batches may be under way at once.

    Args:
        providers: in the order of preference; empty gives every batch up at once.
        stage: recorded with each call.
        level: recorded with each call.
        deadline_s: for one batch, every retry and fallback included.
        breaker_policy: of each target's breaker.
        rng: spreads the retries.
    """

    def __init__(
        self,
        providers: Sequence[Provider],
        *,
        stage: Stage,
        level: Level,
        deadline_s: float,
        breaker_policy: BreakerPolicy | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.providers = tuple(providers)
        self.breakers = tuple(Breaker(breaker_policy) for _ in self.providers)
        self.stage = stage
        self.level = level
        self.deadline_s = deadline_s
        self.rng = rng or random.Random()  # noqa: S311 - jitter, no secret

    async def classify(self, tweets: Sequence[ScrubbedTweet]) -> LevelResult:
        """Gives each tweet labels or a reason why it has none; takes at most `deadline_s` and raises nothing."""
        return await _BatchRun(self, tweets).finish()

    def target(self, index: int) -> Target:
        """Returns what identifies a target."""
        provider = self.providers[index]
        return Target(provider.name, provider.model, provider.policy)

    async def close(self) -> None:
        """Closes every provider, even where one of them fails to."""
        for provider in self.providers:
            try:
                await bounded(provider.close(), timeout_s=5.0)
            except ProviderError as error:
                log.warning("provider_close_failed", provider=provider.name, failure=str(error))


@dataclass(slots=True)
class _BatchRun:
    """One batch on its way through the targets."""

    chain: Chain
    tweets: Sequence[ScrubbedTweet]
    answers: dict[int, Answer] = field(default_factory=dict)
    given_up: dict[int, str] = field(default_factory=dict)
    spend: list[Spend] = field(default_factory=list)
    parts: deque[Part] = field(default_factory=deque)
    last_failure: Failure | None = None
    deadline: float = 0.0

    async def finish(self) -> LevelResult:
        self.deadline = time.monotonic() + self.chain.deadline_s
        if self.tweets:
            self.parts.append(Part(tuple(range(len(self.tweets)))))
        while self.parts:
            await self._one(self.parts.popleft())
        return LevelResult(self.answers, self.given_up, tuple(self.spend))

    async def _one(self, part: Part) -> None:
        """Sends a part to its target, or gives it up."""
        if self._remaining_s() < EPSILON_S:
            return self._give_up(part.items, GiveUp.DEADLINE)
        index = choose(part, len(self.chain.providers), self._allowed)
        if index is None:
            return self._give_up(part.items, self._why_none(part))
        attempt = 0
        while True:
            attempt += 1
            try:
                answered = await self._ask(part, index, attempt)
            except ProviderError as error:
                self.last_failure = error.failure
                decision = after_failure(
                    error.failure,
                    attempt=attempt,
                    remaining_s=self._remaining_s(),
                    jitter=self.chain.rng.random(),
                )
                if decision.step is not NextStep.RETRY_HERE:
                    return self._turn_away(part, index, error.failure, decision)
                await asyncio.sleep(decision.wait_s)
                if self._remaining_s() < EPSILON_S:
                    self.chain.breakers[index].failure(time.monotonic())
                    return self._give_up(part.items, GiveUp.DEADLINE)
            else:
                return self._take(answered, index)

    async def _ask(self, part: Part, index: int, attempt: int) -> Answered:
        """Makes one call and records it, successful or not."""
        provider = self.chain.providers[index]
        prompt = render([self.tweets[item] for item in part.items], provider.policy)
        n_left = 1 if part.only is not None else len(self.chain.providers) - len(part.tried)
        timeout_s = call_timeout_s(self._remaining_s(), n_left)
        started = time.monotonic()
        try:
            completion = await bounded(provider.complete(prompt, timeout_s=timeout_s), timeout_s=timeout_s)
        except ProviderError as error:
            self._record(index, prompt, attempt, started, failure=error.failure)
            raise
        except asyncio.CancelledError:
            self.chain.breakers[index].release()
            raise
        self.chain.breakers[index].success(time.monotonic())
        answered = settle(part, index, completion.finish, parse(completion.text, prompt.n_items))
        self._record(index, prompt, attempt, started, completion=completion, n_answered=len(answered.labels))
        return answered

    def _take(self, answered: Answered, index: int) -> None:
        model = self.chain.providers[index].model
        self.answers.update({item: Answer(labels, model) for item, labels in answered.labels.items()})
        self.parts.extend(answered.again)
        for item, reason in answered.given_up:
            self._give_up((item,), reason)

    def _turn_away(self, part: Part, index: int, failure: Failure, decision: Decision) -> None:
        """Tells the breaker what happened and puts the part back, whole or in halves."""
        breaker, now = self.chain.breakers[index], time.monotonic()
        elsewhere = replace(part, tried=part.tried | {index})
        match decision.step:
            case NextStep.SPLIT:
                breaker.success(now)
                self.parts.extend(halves(part) or (elsewhere,))
            case NextStep.SINGLE_ITEM:
                breaker.success(now)
                self._split_or_give_up(part, GiveUp.SAFETY)
            case NextStep.COOL_DOWN:
                breaker.cool(now, decision.cool_s)
                self.parts.appendleft(elsewhere)
            case NextStep.DISABLE:
                breaker.disable(now)
                log.error("model_disabled", target=str(self.chain.target(index)), failure=str(failure))
                self.parts.appendleft(elsewhere)
            case NextStep.NEXT_TARGET | NextStep.RETRY_HERE:
                breaker.failure(now)
                self.parts.appendleft(elsewhere)

    def _split_or_give_up(self, part: Part, reason: GiveUp) -> None:
        if len(part.items) > 1:
            self.parts.extend(halves(part))
        else:
            self._give_up(part.items, reason)

    def _give_up(self, items: Sequence[int], reason: GiveUp) -> None:
        told = reason in (GiveUp.ALL_FAILED, GiveUp.DEADLINE) and self.last_failure is not None
        words = f"{reason.value}: {self.last_failure}" if told else reason.value
        self.given_up.update(dict.fromkeys(items, words))

    def _why_none(self, part: Part) -> GiveUp:
        if not self.chain.providers:
            return GiveUp.NO_PROVIDER
        if part.only is not None:
            return GiveUp.UNANSWERED
        if not part.tried:
            return GiveUp.ALL_OPEN
        last = self.last_failure
        too_long = last is not None and last.kind is FailureKind.CONTEXT_LENGTH
        return GiveUp.CONTEXT_LENGTH if too_long else GiveUp.ALL_FAILED

    def _allowed(self, index: int) -> bool:
        return self.chain.breakers[index].allow(time.monotonic())

    def _remaining_s(self) -> float:
        return self.deadline - time.monotonic()

    def _record(
        self,
        index: int,
        prompt: Prompt,
        attempt: int,
        started: float,
        *,
        completion: Completion | None = None,
        n_answered: int = 0,
        failure: Failure | None = None,
    ) -> None:
        target = self.chain.target(index)
        outcome: Outcome = "ok" if n_answered == prompt.n_items else "partial" if n_answered else "failed"
        if failure is None and completion is not None and completion.finish != "stop":
            error: str | None = completion.finish
        else:
            error = None if failure is None else str(failure)
        self.spend.append(
            Spend(
                id=uuid.uuid4().hex,
                at=datetime.now(UTC),
                stage=self.chain.stage.value,
                level=self.chain.level,
                provider=target.provider,
                model=target.model,
                policy=target.policy,
                policy_reason=prompt.policy_reason,
                n_tweets=prompt.n_items,
                n_answered=n_answered,
                attempt=attempt,
                outcome=outcome,
                latency_s=round(time.monotonic() - started, 4),
                input_tokens=completion.input_tokens if completion else None,
                output_tokens=completion.output_tokens if completion else None,
                cached_tokens=completion.cached_tokens if completion else None,
                thought_tokens=completion.thought_tokens if completion else None,
                error=error,
            )
        )
