"""One batch on its way through the targets: parts go out, come back answered, split, or go on to the next target."""

import asyncio
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, assert_never

from schemas.spend import Spend
from schemas.taxonomy import DataPolicy
from schemas.tweet import ScrubbedTweet
from streams import metrics
from streams.core.cascade import (
    Answer,
    Answered,
    GiveUp,
    Keep,
    LastWords,
    LevelResult,
    Paid,
    Part,
    call_timeout_s,
    halves,
    keep_nothing,
    settle,
)
from streams.core.escalation import Doubt, Doubts, Evidence, doubt
from streams.core.limits import Report
from streams.core.order import ORDINARY, VIP, Need, Ranked, candidates
from streams.core.policy import visible
from streams.core.profiles import MAX_BATCH_TOKENS
from streams.core.prompt import Prompt, parse, render
from streams.core.retry import PATIENCE_S, Failure, FailureKind, NextStep, after_failure, report_of
from streams.providers.booking import Booked, Call
from streams.providers.bounded import bounded
from streams.providers.errors import ProviderError

if TYPE_CHECKING:
    from streams.providers.chain import Chain

EPSILON_S: Final = 0.01
"""Less time than this is none."""

CLIMB_S: Final = 2.0
"""With less time than this left nothing is escalated: the first answer stands."""


@dataclass(slots=True)
class BatchRun:
    """The state of one batch; `finish` runs it, once.

    `doubts` is what a better rung should answer, and `n_counted` how many answers the caps of escalation know of.
    `keep` gets each answer once: after its call, or, where a better rung is asked, at the end; `kept` are those it got.
    """

    chain: "Chain"
    tweets: Sequence[ScrubbedTweet]
    keep: Keep = keep_nothing
    answers: dict[int, Answer] = field(default_factory=dict)
    given_up: dict[int, str] = field(default_factory=dict)
    spend: list[Spend] = field(default_factory=list)
    parts: deque[Part] = field(default_factory=deque)
    last_words: LastWords = field(default_factory=LastWords)
    doubts: Doubts = field(default_factory=Doubts)
    n_counted: int = 0
    kept: set[int] = field(default_factory=set)
    paid: Paid = field(default_factory=Paid)
    deadline: float = 0.0

    async def finish(self) -> LevelResult:
        """Runs the batch to its end."""
        self.deadline = time.monotonic() + self.chain.deadline_s
        if self.tweets:
            need = VIP if all(tweet.vip for tweet in self.tweets) else ORDINARY
            self.parts.append(Part(tuple(range(len(self.tweets))), need))
        while self.parts:
            await self._one(self.parts.popleft())
            if not self.parts:
                await self._climb()
        await self._keep({item: answer for item, answer in self.answers.items() if item not in self.kept})
        return LevelResult(self.answers, self.given_up, tuple(self.spend))

    # --- a place for the call

    async def _one(self, part: Part) -> None:
        """Sends a part to the first target that takes it, or gives it up."""
        if self._remaining_s() < EPSILON_S:
            return self._give_up(part, GiveUp.DEADLINE)
        prompts: dict[DataPolicy, Prompt] = {}
        choices = self._choices(part, prompts)
        if part.blocked and choices and not self.paid.affords(choices[0].usage.input_tokens):
            return self._shrink(part)
        remaining_s = self._remaining_s()
        booked = await self.chain.office.book_first(
            choices,
            self.chain.prices(),
            patience_s=min(PATIENCE_S, remaining_s),
            slot_patience_s=remaining_s / 2,
            waits_for=part.failed,
            last_words=self.last_words,
        )
        if booked is None:
            return self._give_up(part, self.last_words.why_none(part) if self.chain.deployed else GiveUp.NO_PROVIDER)
        self.paid.begin(booked.expected.input_tokens, full_tokens=self.chain.prompt_tokens + MAX_BATCH_TOKENS)
        target = booked.deployed.target
        self.chain.rota.took(target, choices)
        prompt = self._prompt(part, target.policy, prompts)
        prompt = replace(prompt, max_output_tokens=min(prompt.max_output_tokens, target.profile.max_output_tokens))
        return await self._ask(part, booked, prompt, n_left=len(choices))

    def _shrink(self, part: Part) -> None:
        """Tries halves of what is not affordable next: where one tweet was refused, the others are most likely well."""
        self.parts.extendleft(reversed(halves(part)))
        if len(part.items) == 1:
            self._give_up(part, GiveUp.SAFETY)

    def _choices(self, part: Part, prompts: dict[DataPolicy, Prompt]) -> list[Ranked]:
        """Returns who may get a part, in the order of asking."""
        spread = self.chain.rota.spread(self._candidates(part, prompts))
        left = [one for one in spread if one.target.name not in part.tried]
        return sorted(left, key=lambda one: one.target.name != part.first)

    def _candidates(self, part: Part, prompts: dict[DataPolicy, Prompt]) -> tuple[Ranked, ...]:
        """Returns who may answer a part, the cheapest first."""
        if not self.chain.deployed:
            return ()
        prompt = self._prompt(part, self.chain.deployed[0].target.policy, prompts)
        ranked = self.chain.ranked(tweet_tokens=self.chain.count(prompt.user), n_tweets=len(part.items))
        return candidates(ranked, part.need)

    # --- the call

    async def _ask(self, part: Part, booked: Booked, prompt: Prompt, *, n_left: int) -> None:
        """Makes one call and follows what came of it."""
        target, started = booked.deployed.target, time.monotonic()
        timeout_s = call_timeout_s(self._remaining_s(), n_left)
        call = Call(
            prompt=prompt,
            attempt=part.attempt(target.name),
            escalated=part.need.escalated,
            n_vip=sum(self.tweets[item].vip for item in part.items),
        )
        try:
            completion = await bounded(
                booked.deployed.provider.complete(prompt, timeout_s=timeout_s), timeout_s=timeout_s
            )
        except ProviderError as error:
            call = replace(call, latency_s=time.monotonic() - started, failure=error.failure)
            await self._failed(part, booked, call)
            return
        except asyncio.CancelledError:
            await self.chain.office.release(booked, Report(kind="released"))
            raise
        parsed = parse(completion.text, prompt.n_items)
        call = replace(
            call,
            latency_s=time.monotonic() - started,
            completion=completion,
            labels=tuple(parsed.labels.values()),
        )
        self.spend.append(await self.chain.office.settle(booked, call, Report(kind="success")))
        self.paid.pay(completion.input_tokens or booked.expected.input_tokens)
        self.chain.learn(booked, completion)
        margins = {part.items[index - 1]: margin for index, margin in (completion.margins or {}).items()}
        await self._keep(self._take(part, booked, settle(part, target.name, completion.finish, parsed), margins))

    async def _failed(self, part: Part, booked: Booked, call: Call) -> None:
        """Settles a failed call and puts the part back: for the same target, for another one, or in halves."""
        target = booked.deployed.target.name
        failure = call.failure or Failure(FailureKind.BAD_RESPONSE)
        self.last_words.failed(target, failure)
        decision = after_failure(
            failure, attempt=call.attempt, remaining_s=self._remaining_s(), jitter=self.chain.rng.random()
        )
        self.spend.append(await self.chain.office.settle(booked, call, report_of(failure, decision)))
        if failure.kind is FailureKind.SAFETY:
            self.paid.pay(booked.expected.input_tokens)
        refused, part = part, replace(part, failed=(*part.failed, target))
        match decision.step:
            case NextStep.RETRY_HERE if failure.kind is FailureKind.RATE_LIMITED:
                self.parts.appendleft(part)  # whoever has room takes it; where nobody has, it waits for this target
            case NextStep.RETRY_HERE:
                await asyncio.sleep(decision.wait_s)
                self.parts.appendleft(replace(part, first=target))
            case NextStep.SPLIT:
                self.parts.extendleft(reversed(halves(refused) or (part.elsewhere(target),)))
            case NextStep.SINGLE_ITEM if len(part.items) > 1:
                self.parts.extend(halves(replace(refused, blocked=True)))
            case NextStep.SINGLE_ITEM:
                self._give_up(part, GiveUp.SAFETY)
            case NextStep.DISABLE:
                self.chain.disable(target, failure.kind)
                self.parts.appendleft(part.elsewhere(target))
            case NextStep.COOL_DOWN | NextStep.NEXT_TARGET:
                self.parts.appendleft(part.elsewhere(target))
            case _:
                assert_never(decision.step)

    # --- what an answer gives

    def _take(self, part: Part, booked: Booked, answered: Answered, margins: dict[int, float]) -> dict[int, Answer]:
        """Puts every item of a part in its next place; returns the answers that nothing will change."""
        target, now = booked.deployed.target, datetime.now(UTC)
        model = booked.deployed.provider.model or target.model
        final: dict[int, Answer] = {}
        for item, labels in answered.labels.items():
            self.answers[item] = Answer(labels, model, now)
            self.given_up.pop(item, None)
            text = visible(self.tweets[item], target.policy).text
            if found := doubt(item, text, labels, margins.get(item)):
                self.doubts.add(found, target.profile.rung)
            else:
                final[item] = self.answers[item]
        self.parts.extend(answered.again)
        for item, reason in answered.given_up:
            self._give_up(replace(part, items=(item,)), reason)
            if reason is GiveUp.UNANSWERED and item in self.given_up:
                self.doubts.add(Doubt(item, Evidence.UNANSWERED, -1.0), target.profile.rung)
        return final

    async def _keep(self, final: Mapping[int, Answer]) -> None:
        if final:
            self.kept.update(final)
            await self.keep(final)

    def _give_up(self, part: Part, reason: GiveUp) -> None:
        """Gives items up that nobody answered; a first answer stands where a better one was not to be had."""
        words = self.last_words.words(reason)
        for item in part.items:
            if item not in self.answers:
                self.given_up.setdefault(item, words)

    # --- one rung up

    async def _climb(self) -> None:
        """Sends doubtful items one rung up, as far as the caps of escalation leave room; most doubtful first."""
        n_answered, self.n_counted = len(self.answers) - self.n_counted, len(self.answers)
        for climb in self.doubts.take() if self._remaining_s() > CLIMB_S else ():
            part = Part(climb.items, Need(floor=climb.floor))
            if not (above := self._candidates(part, {})):
                continue
            n_wanted, cost = len(climb.items), above[0].cost_usd
            n_granted = await self.chain.limits.climb(n_wanted, n_answered=n_answered, cost_usd=cost)
            n_answered = 0
            for one in climb.doubts[:n_granted]:
                metrics.ESCALATIONS.labels(one.evidence.value).inc()
            metrics.ESCALATIONS_CAPPED.inc(n_wanted - n_granted)
            if n_granted:
                self.parts.append(replace(part, items=part.items[:n_granted]))
        if n_answered and self.chain.climbs:
            await self.chain.limits.climb(0, n_answered=n_answered, cost_usd=None)

    # --- small things

    def _prompt(self, part: Part, policy: DataPolicy, known: dict[DataPolicy, Prompt]) -> Prompt:
        """Renders a part for targets of one policy; once for all of them."""
        if policy not in known:
            known[policy] = render([self.tweets[item] for item in part.items], policy)
        return known[policy]

    def _remaining_s(self) -> float:
        return self.deadline - time.monotonic()
