"""One batch on its way through the targets: parts go out, come back answered, split, or go on to the next target."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, assert_never

import structlog

from schemas.spend import Spend
from schemas.taxonomy import DataPolicy
from schemas.tweet import ScrubbedTweet
from streams import metrics
from streams.core.cascade import (
    Answer,
    Answered,
    GiveUp,
    LevelResult,
    Part,
    call_timeout_s,
    halves,
    search_tokens,
    settle,
)
from streams.core.escalation import Doubt, Doubts, Evidence, doubt
from streams.core.limits import Refusal, Refused, Report
from streams.core.order import ORDINARY, VIP, Need, Ranked
from streams.core.policy import visible
from streams.core.profiles import MAX_BATCH_TOKENS
from streams.core.prompt import OUT_TOKENS_RESERVE, Prompt, parse, render
from streams.core.retry import PATIENCE_S, Failure, FailureKind, NextStep, after_failure, report_of
from streams.providers.booking import Booked, Call
from streams.providers.bounded import bounded
from streams.providers.errors import ProviderError
from streams.providers.levels import tell_disabled, tell_enabled
from streams.providers.protocol import Completion

if TYPE_CHECKING:
    from streams.providers.chain import Chain

log = structlog.get_logger()

EPSILON_S: Final = 0.01
"""Less time than this is none."""

CLIMB_S: Final = 2.0
"""With less time than this left nothing is escalated: the first answer stands."""

RAMBLING: Final = 2
"""An answer so many times as long as expected is an alarm: the model thinks or talks, and that is paid for."""

POLL_S: Final = 0.1
"""Pause before a target is asked again that cannot say when it has a place."""

_LATER: Final = frozenset({Refusal.RPM, Refusal.TPM, Refusal.SLOTS})


@dataclass(slots=True)
class BatchRun:
    """The state of one batch; `finish` runs it, once.

    `history` keeps the last word of each target that did not answer, `doubts` what a better rung should answer, and
    `n_counted` how many answers the caps of escalation know of. `n_first` is the input of a clean run, `n_paid`
    that of all answers so far, in tokens.
    """

    chain: "Chain"
    tweets: Sequence[ScrubbedTweet]
    answers: dict[int, Answer] = field(default_factory=dict)
    given_up: dict[int, str] = field(default_factory=dict)
    spend: list[Spend] = field(default_factory=list)
    parts: deque[Part] = field(default_factory=deque)
    history: dict[str, str] = field(default_factory=dict)
    doubts: Doubts = field(default_factory=Doubts)
    n_counted: int = 0
    n_first: int = 0
    n_paid: int = 0
    last_failure: Failure | None = None
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
        return LevelResult(self.answers, self.given_up, tuple(self.spend))

    # --- a place for the call

    async def _one(self, part: Part) -> None:
        """Sends a part to the first target that takes it, or gives it up."""
        if self._remaining_s() < EPSILON_S:
            return self._give_up(part, GiveUp.DEADLINE)
        prompts: dict[DataPolicy, Prompt] = {}
        choices = self._choices(part, prompts)
        if part.blocked and choices and not self._affords(choices[0]):
            return self._shrink(part)
        booked = await self._book(part, choices)
        if booked is None:
            return self._give_up(part, self._why_none(part))
        self.n_first = self.n_first or booked.expected.input_tokens
        target = booked.deployed.target
        prompt = self._prompt(part, target.policy, prompts)
        prompt = replace(prompt, max_output_tokens=min(prompt.max_output_tokens, target.profile.max_output_tokens))
        return await self._ask(part, booked, prompt, n_left=len(choices))

    def _affords(self, one: Ranked) -> bool:
        """Whether the search for a blocked tweet may go on with this call."""
        full_tokens = self.chain.prompt_tokens + MAX_BATCH_TOKENS
        limit = search_tokens(self.n_first, full_tokens=full_tokens)
        return self.n_paid + one.usage.input_tokens <= limit

    def _shrink(self, part: Part) -> None:
        """Tries halves of what is not affordable, next: where one tweet was refused, the others are most likely well."""
        self.parts.extendleft(reversed(halves(part)))
        if len(part.items) == 1:
            self._give_up(part, GiveUp.SAFETY)

    def _choices(self, part: Part, prompts: dict[DataPolicy, Prompt]) -> list[Ranked]:
        """Returns who may get a part, in the order of asking."""
        if not self.chain.deployed:
            return []
        prompt = self._prompt(part, self.chain.deployed[0].target.policy, prompts)
        ranked = self.chain.ranked(tweet_tokens=self.chain.count(prompt.user), n_tweets=len(part.items))
        left = [one for one in self.chain.choices(part.need, ranked) if one.target.name not in part.tried]
        return sorted(left, key=lambda one: one.target.name != part.first)

    async def _book(self, part: Part, choices: Sequence[Ranked]) -> Booked | None:
        """Takes a place at the first target that has one.

        What one cannot take now the next one gets, at once. Where none can, the part waits `PATIENCE_S` at most for a
        target that only wants it later; for one that fails it never waits.
        """
        until = time.monotonic() + min(PATIENCE_S, self._remaining_s())
        while True:
            soonest = math.inf
            for one in choices:
                booked = await self.chain.office.book(one, self.chain.prices())
                if not isinstance(booked, Refused):
                    return booked
                self.history[one.target.name] = booked.reason.value
                if booked.reason in _LATER or one.target.name in part.failed:
                    soonest = min(soonest, booked.retry_in_s or POLL_S)
            if time.monotonic() + soonest > until:
                return None
            await asyncio.sleep(soonest + EPSILON_S)

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
        if target.name in self.chain.disabled:
            self.chain.disabled.remove(target.name)
            tell_enabled(target.name)
        self._observe(booked, completion)
        margins = {part.items[index - 1]: margin for index, margin in (completion.margins or {}).items()}
        self._take(part, booked, settle(part, target.name, completion.finish, parsed), margins)

    def _observe(self, booked: Booked, completion: Completion) -> None:
        """Learns from the provider's usage, and raises the alarm where an answer is far longer than expected."""
        target, expected = booked.deployed.target, booked.expected
        self.chain.ratios.observe(target.model, booked.counted_tokens, completion.input_tokens)
        self.chain.ratios.observe_cache(target.model, completion.cached_tokens, completion.input_tokens)
        n_out = (completion.output_tokens or 0) + (completion.thought_tokens or 0)
        self.n_paid += completion.input_tokens or expected.input_tokens
        if n_out > RAMBLING * expected.output_tokens + OUT_TOKENS_RESERVE:
            metrics.OUTPUT_ALARMS.labels(target.name).inc()
            log.warning("output_too_long", target=target.name, n_tokens=n_out, expected=expected.output_tokens)

    async def _failed(self, part: Part, booked: Booked, call: Call) -> None:
        """Settles a failed call and puts the part back: for the same target, for another one, or in halves."""
        target = booked.deployed.target.name
        failure = self.last_failure = call.failure or Failure(FailureKind.BAD_RESPONSE)
        self.history[target] = str(failure)
        decision = after_failure(
            failure, attempt=call.attempt, remaining_s=self._remaining_s(), jitter=self.chain.rng.random()
        )
        self.spend.append(await self.chain.office.settle(booked, call, report_of(failure, decision)))
        part = replace(part, failed=(*part.failed, target))
        match decision.step:
            case NextStep.RETRY_HERE if failure.kind is FailureKind.RATE_LIMITED:
                self.parts.appendleft(part)  # whoever has room takes it; where nobody has, it waits for this target
            case NextStep.RETRY_HERE:
                await asyncio.sleep(decision.wait_s)
                self.parts.appendleft(replace(part, first=target))
            case NextStep.SPLIT:
                self.parts.extend(halves(part) or (part.elsewhere(target),))
            case NextStep.SINGLE_ITEM if len(part.items) > 1:
                self.parts.extend(halves(replace(part, blocked=True)))
            case NextStep.SINGLE_ITEM:
                self._give_up(part, GiveUp.SAFETY)
            case NextStep.DISABLE:
                self.chain.disabled.add(target)
                tell_disabled(target, failure.kind)
                self.parts.appendleft(part.elsewhere(target))
            case NextStep.COOL_DOWN | NextStep.NEXT_TARGET:
                self.parts.appendleft(part.elsewhere(target))
            case _:
                assert_never(decision.step)

    # --- what an answer gives

    def _take(self, part: Part, booked: Booked, answered: Answered, margins: dict[int, float]) -> None:
        target = booked.deployed.target
        model = booked.deployed.provider.model or target.model
        for item, labels in answered.labels.items():
            self.answers[item] = Answer(labels, model)
            self.given_up.pop(item, None)
            text = visible(self.tweets[item], target.policy).text
            if found := doubt(item, text, labels, margins.get(item)):
                self.doubts.add(found, target.profile.rung)
        self.parts.extend(answered.again)
        for item, reason in answered.given_up:
            self._give_up(replace(part, items=(item,)), reason)
            if reason is GiveUp.UNANSWERED and item in self.given_up:
                self.doubts.add(Doubt(item, Evidence.UNANSWERED, -1.0), target.profile.rung)

    def _give_up(self, part: Part, reason: GiveUp) -> None:
        """Gives items up that nobody answered; a first answer stands where a better one was not to be had."""
        words = self._words(reason)
        for item in part.items:
            if item not in self.answers:
                self.given_up.setdefault(item, words)

    def _words(self, reason: GiveUp) -> str:
        """Returns a reason with what each target said last."""
        if reason not in (GiveUp.ALL_FAILED, GiveUp.ALL_OPEN, GiveUp.DEADLINE):
            return reason.value
        failure = f": {self.last_failure}" if self.last_failure and reason is not GiveUp.ALL_OPEN else ""
        told = "; ".join(f"{target} {word}" for target, word in self.history.items())
        return f"{reason.value}{failure}" + (f" ({told})" if told else "")

    def _why_none(self, part: Part) -> GiveUp:
        if not self.chain.deployed:
            return GiveUp.NO_PROVIDER
        if part.asked:
            return GiveUp.UNANSWERED
        if not part.tried:
            return GiveUp.ALL_OPEN
        last = self.last_failure
        too_long = last is not None and last.kind is FailureKind.CONTEXT_LENGTH
        return GiveUp.CONTEXT_LENGTH if too_long else GiveUp.ALL_FAILED

    # --- one rung up

    async def _climb(self) -> None:
        """Sends doubtful items one rung up, as far as the caps of escalation leave room; most doubtful first."""
        n_answered, self.n_counted = len(self.answers) - self.n_counted, len(self.answers)
        for climb in self.doubts.take() if self._remaining_s() > CLIMB_S else ():
            part = Part(climb.items, Need(floor=climb.floor))
            if not (choices := self._choices(part, {})):
                continue  # nobody stands above
            n_wanted, cost = len(climb.items), choices[0].cost_usd
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
