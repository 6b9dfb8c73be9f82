"""A batch's way without a network: what a call may take, what the caps and the limits are told, what is learnt."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from prometheus_client import REGISTRY

from schemas.taxonomy import DataPolicy, Level, Stage
from schemas.tweet import ScrubbedTweet
from streams.core.cascade import Answer
from streams.core.limits import Permit, Report
from streams.core.order import Load, counted_tokens
from streams.core.profiles import Target
from streams.core.prompt import Prompt
from streams.core.retry import Failure, FailureKind
from streams.providers.chain import Chain
from streams.providers.errors import ProviderError
from streams.providers.protocol import Completion, Deployed
from streams.state.local_limits import LocalLimits
from tests.unit.core.targets import BIG, FLASH, MINI, PRICES, target

AT = datetime(2026, 1, 2, tzinfo=UTC)
PROMPT_TOKENS, LINE_TOKENS = 1_000, 44
SURE, UNSURE = 9, 2


def tweets(n: int, **changes: Any) -> list[ScrubbedTweet]:
    return [ScrubbedTweet(id=str(i), created_at=AT, author="a", text="x", scrubbed="x", **changes) for i in range(n)]


def answer(prompt: Prompt, *digits: int, **changes: Any) -> Completion:
    """Answers every line, with these digits of confidence first and a sure one for the rest."""
    stated = [*digits, *[SURE] * (prompt.n_items - len(digits))]
    said = ",".join(f'"{i}n1n{digit}"' for i, digit in enumerate(stated, start=1))
    return Completion(**{"text": f'{{"r":[{said}]}}', "finish": "stop"} | changes)


Step = Callable[[Prompt], Completion]


def fails(kind: FailureKind) -> Step:
    def fail(prompt: Prompt) -> Completion:
        raise ProviderError(Failure(kind))

    return fail


class Played:
    """A model that plays its steps, then answers everything."""

    name, model, policy = "x", "", DataPolicy.PUBLIC

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.prompts: list[Prompt] = []

    async def complete(self, prompt: Prompt, *, timeout_s: float) -> Completion:
        self.prompts.append(prompt)
        return self.steps.pop(0)(prompt) if self.steps else answer(prompt)

    async def close(self) -> None: ...


class Heard(LocalLimits):
    """Remembers what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.climbs: list[tuple[int, int, Decimal | None]] = []
        self.reports: list[Report] = []
        self.most = 1_000

    async def settle(self, permit: Permit, report: Report) -> None:
        self.reports.append(report)
        await super().settle(permit, report)

    async def climb(self, n_wanted: int, *, n_answered: int, cost_usd: Decimal | None) -> int:
        self.climbs.append((n_wanted, n_answered, cost_usd))
        return min(n_wanted, self.most)


def chain(*deployed: tuple[Target, Played], limits: LocalLimits | None = None, deadline_s: float = 30.0) -> Chain:
    return Chain(
        [Deployed(*one) for one in deployed],
        stage=Stage.CLASSIFIER,
        level=Level.API,
        deadline_s=deadline_s,
        limits=limits or Heard(),
        count=lambda text: PROMPT_TOKENS if "French" in text else LINE_TOKENS * len(text.splitlines()),
        prices=lambda: PRICES,
    )


def metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"dallosh_{name}", labels) or 0.0


@pytest.mark.parametrize(("limit", "asked"), [(40, 40), (16_384, 96)])
async def test_no_call_asks_for_more_output_than_the_model_has(limit: int, asked: int) -> None:
    played = Played()
    await chain((target("flash", max_output_tokens=limit), played)).classify(tweets(3))
    assert played.prompts[0].max_output_tokens == asked


async def test_the_caps_hear_of_each_answer_once_and_of_what_the_climb_costs() -> None:
    limits = Heard()
    flash = Played(lambda prompt: answer(prompt, UNSURE, SURE, UNSURE))
    mini = Played(lambda prompt: answer(prompt, UNSURE))
    result = await chain((FLASH, flash), (MINI, mini), (BIG, Played()), limits=limits).classify(tweets(5))
    assert [(n_wanted, n_answered) for n_wanted, n_answered, _ in limits.climbs] == [(2, 5), (1, 0)]
    assert limits.climbs[0][2] == (1_088 * Decimal("0.15") + 14 * Decimal("0.60")) / 1_000_000
    assert [(event.n_tweets, event.escalated) for event in result.spend] == [(5, False), (2, True), (1, True)]


async def test_answers_without_doubt_count_for_the_share_that_may_climb() -> None:
    limits = Heard()
    await chain((FLASH, Played()), (MINI, Played()), limits=limits).classify(tweets(5))
    assert limits.climbs == [(0, 5, None)]
    await chain((FLASH, Played()), limits=limits).classify(tweets(5))
    assert len(limits.climbs) == 1  # where nothing stands above, nothing is counted


async def test_what_climbs_and_what_the_caps_hold_is_counted() -> None:
    limits = Heard()
    limits.most = 1
    before = metric("escalations_total", evidence="confidence"), metric("escalations_capped_total")
    flash = Played(lambda prompt: answer(prompt, 3, UNSURE, 3))
    mini = Played()
    await chain((FLASH, flash), (MINI, mini), limits=limits).classify(tweets(3))
    after = metric("escalations_total", evidence="confidence"), metric("escalations_capped_total")
    assert (after[0] - before[0], after[1] - before[1]) == (1, 2)
    assert mini.prompts[0].n_items == 1


async def test_a_small_margin_climbs() -> None:
    mini = Played()
    flash = Played(lambda prompt: answer(prompt, margins={1: 0.9, 2: 0.05}))
    result = await chain((FLASH, flash), (MINI, mini)).classify(tweets(2))
    assert mini.prompts[0].n_items == 1
    assert (result.answers[0].model, result.answers[1].model) == ("flash", "mini")


async def test_nothing_climbs_when_hardly_any_time_is_left() -> None:
    mini = Played()
    flash = Played(lambda prompt: answer(prompt, UNSURE))
    result = await chain((FLASH, flash), (MINI, mini), deadline_s=1.5).classify(tweets(1))
    assert (len(result.answers), mini.prompts) == (1, [])


async def test_the_count_of_a_model_is_corrected_by_what_it_reports_and_not_by_the_correction() -> None:
    counted = counted_tokens(FLASH, Load(prompt_tokens=PROMPT_TOKENS, tweet_tokens=LINE_TOKENS, n_tweets=1))
    said: Step = lambda prompt: answer(prompt, input_tokens=counted * 3 // 2, cached_tokens=counted * 3 // 4)  # noqa: E731
    learning = chain((FLASH, Played(said, said)))
    for correction in (1.1, 1.18):
        await learning.classify(tweets(1))
        assert learning.correction(FLASH) == pytest.approx(correction, abs=0.001)
    (expected,) = learning.ranked(tweet_tokens=LINE_TOKENS, n_tweets=1)
    assert expected.usage.input_tokens == pytest.approx(counted * 1.18, abs=2)
    assert expected.usage.cached_tokens == pytest.approx(expected.usage.input_tokens * 0.18, abs=2)


async def test_a_refused_target_is_told_until_it_answers_again() -> None:
    limits = Heard()
    refusing = chain((FLASH, Played(fails(FailureKind.UNAUTHORISED))), limits=limits)
    alert = {"target": FLASH.name, "reason": "unauthorised"}
    await refusing.classify(tweets(1))
    assert metric("model_disabled", **alert) == 1
    await limits.reset(FLASH.name)
    await refusing.classify(tweets(1))
    assert metric("model_disabled", **alert) == 0


async def test_the_limits_hear_what_a_call_really_took() -> None:
    limits = Heard()
    spent = metric("spend_usd_total", target=FLASH.name)
    said: Step = lambda prompt: answer(prompt, input_tokens=1_000, output_tokens=10, thought_tokens=90)  # noqa: E731
    (event,) = (await chain((FLASH, Played(said)), limits=limits).classify(tweets(1))).spend
    usd = (1_000 * Decimal("0.10") + 100 * Decimal("0.40")) / 1_000_000
    assert limits.reports == [Report(kind="success", n_tokens=1_100, cost_usd=usd)]
    assert event.cost_usd == usd
    assert metric("spend_usd_total", target=FLASH.name) - spent == pytest.approx(float(usd))


async def test_vips_of_a_mixed_batch_do_not_take_the_others_to_the_top() -> None:
    flash, big = Played(), Played()
    mixed: Sequence[ScrubbedTweet] = [*tweets(1, vip=True), *tweets(2)]
    (event,) = (await chain((FLASH, flash), (BIG, big)).classify(mixed)).spend
    assert (event.target, event.n_vip, big.prompts) == (FLASH.name, 1, [])


async def test_the_doubt_of_a_public_target_is_about_what_it_saw() -> None:
    """The rule fires on the text as written alone, so nothing climbs."""
    one = ScrubbedTweet(id="0", created_at=AT, author="a", text="c'est honteux", scrubbed="c'est [MOT]")
    praise: Step = lambda prompt: answer(prompt, text='{"r":["1p0o9"]}')  # noqa: E731
    mini = Played()
    await chain((FLASH, Played(praise)), (MINI, mini)).classify([one])
    assert mini.prompts == []
    await chain((replace(FLASH, policy=DataPolicy.ZDR), Played(praise)), (MINI, mini)).classify([one])
    assert len(mini.prompts) == 1


@pytest.mark.parametrize(
    "step", [fails(FailureKind.UNAVAILABLE), lambda prompt: answer(prompt, text='{"r":["1n1n9"]}')], ids=["503", "lost"]
)
async def test_the_same_deployment_is_asked_again_though_it_is_the_others_turn(step: Step) -> None:
    one, other = Played(step), Played()
    result = await chain((FLASH, one), (replace(FLASH, name="x/flash@b"), other)).classify(tweets(2))
    assert (len(result.answers), len(one.prompts), other.prompts) == (2, 2, [])


class Kept:
    """Notes what it gets, and how many calls had been made by then."""

    def __init__(self, *played: Played) -> None:
        self.played = played
        self.seen: list[tuple[int, dict[int, str]]] = []

    async def __call__(self, answers: Mapping[int, Answer]) -> None:
        n_calls = sum(len(one.prompts) for one in self.played)
        self.seen.append((n_calls, {item: answer.model for item, answer in answers.items()}))


async def test_what_was_answered_is_kept_before_the_rest_is_asked_again() -> None:
    played = Played(lambda prompt: answer(prompt, text='{"r":["1n1n9","3n1n9"]}'))
    kept = Kept(played)
    await chain((FLASH, played)).classify(tweets(4), kept)
    assert kept.seen == [(1, {0: "flash", 2: "flash"}), (2, {1: "flash", 3: "flash"})]


async def test_a_doubtful_answer_is_kept_once_it_stands() -> None:
    """Item 0 is answered by the better model, 1 is held back by the caps: each is kept once, the last word of it."""
    limits = Heard()
    limits.most = 1
    flash, mini = Played(lambda prompt: answer(prompt, UNSURE - 1, UNSURE)), Played()
    kept = Kept(flash, mini)
    await chain((FLASH, flash), (MINI, mini), limits=limits).classify(tweets(3), kept)
    assert kept.seen == [(1, {2: "flash"}), (2, {0: "mini"}), (2, {1: "flash"})]


async def test_an_answer_is_kept_though_the_batch_is_cut_off() -> None:
    hangs = asyncio.Event()

    class Hanging(Played):
        async def complete(self, prompt: Prompt, *, timeout_s: float) -> Completion:
            if self.prompts:
                hangs.set()
                await asyncio.Event().wait()
            return await super().complete(prompt, timeout_s=timeout_s)

    played = Hanging(lambda prompt: answer(prompt, text='{"r":["1n1n9"]}'))
    kept = Kept(played)
    batch = asyncio.create_task(chain((FLASH, played)).classify(tweets(2), kept))
    await asyncio.wait_for(hangs.wait(), 20)
    batch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await batch
    assert kept.seen == [(1, {0: "flash"})]
