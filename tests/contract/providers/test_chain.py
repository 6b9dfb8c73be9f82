"""The cascade over the real SDKs: price order, overflow, escalation, each target's policy, and the deadline."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import pytest
import pytest_asyncio

from schemas.taxonomy import DataPolicy, Level, Service, Stage
from schemas.tweet import ScrubbedTweet
from streams.core.breaker import BreakerPolicy
from streams.core.limits import Ask, LimitRules
from streams.core.pricing import PriceTable
from streams.core.prompt import Prompt
from streams.core.retry import Failure, FailureKind
from streams.providers.bounded import bounded
from streams.providers.chain import Chain
from streams.providers.errors import ProviderError
from streams.providers.levels import api_targets, gpu_providers
from streams.providers.profiles import load_models
from streams.providers.protocol import Completion, Deployed
from streams.providers.ranks import o200k_counter
from streams.settings import Settings
from streams.state.local_limits import LocalLimits
from tests.contract.limits_suite import Clock
from tests.contract.providers.conftest import DEADLINE_S
from tests.simulator.modes import Mode
from tests.simulator.rule import labels_of
from tests.simulator.server import Simulator
from tests.unit.core.targets import price

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
]

AT = datetime(2026, 1, 2, tzinfo=UTC)
TOO_LONG_S: Final = 20.0
FLASH, SMALL = "gemini/gemini-2.5-flash-lite", "mistral/mistral-small-2603"
MINI, BIG = "openai/gpt-4o-mini", "openai/gpt-4o"
PHONE = "06 12 34 56 78"
PRICES = PriceTable(
    {
        "google/gemini-2.5-flash-lite": price("0.10", "0.40"),
        "mistral/mistral-small-2603": price("0.15", "0.60"),
        "openai/gpt-4o-mini": price("0.15", "0.60"),
        "openai/gpt-4o": price("2.50", "10"),
    },
    "test",
)


def tweet(i: int, text: str, **changes: Any) -> ScrubbedTweet:
    return ScrubbedTweet(
        id=str(i), created_at=AT, author="a", text=f"{text} {PHONE}", scrubbed=f"{text} [PHONE_1]", **changes
    )


TWEETS = [tweet(i, text) for i, text in enumerate(["Plus de fibre", "Merci", "Ma facture est fausse"])]


def settings(**changes: object) -> Settings:
    return Settings(_env_file=None, **changes)  # type: ignore[arg-type]


def all_four(simulator: Simulator, **changes: object) -> list[Deployed]:
    """The four roles with today's models, as a deployment with every key has them."""
    urls = {f"{name}_base_url": simulator.base_url(name) for name in ("gemini", "mistral", "openai")}
    keys = {f"{name}_api_key": "simulated" for name in ("gemini", "mistral", "openai")}
    return api_targets(settings(**urls | keys | changes), load_models(), date(2026, 11, 25))


@pytest_asyncio.fixture(loop_scope="session")
async def four(simulator: Simulator) -> AsyncIterator[list[Deployed]]:
    simulator.reset()
    targets = all_four(simulator)
    yield targets
    for one in targets:
        await one.provider.close()
    simulator.reset()


def chain(
    deployed: Sequence[Deployed],
    *,
    deadline_s: float = DEADLINE_S,
    open_s: float = 15.0,
    clock: Clock | None = None,
    **changes: Any,
) -> Chain:
    rules = LimitRules(breaker=BreakerPolicy(open_s=open_s), **changes.pop("rules", {}))
    values: dict[str, Any] = {"limits": LocalLimits(rules, clock=clock), "prices": lambda: PRICES}
    return Chain(
        deployed,
        stage=Stage.CLASSIFIER,
        level=Level.API,
        deadline_s=deadline_s,
        count=o200k_counter(),
        **values | changes,
    )


def n_calls(simulator: Simulator) -> dict[str, int]:
    """Calls by target."""
    return {name: part.n_calls for name, part in simulator.played.models.items() if part.n_calls}


def models(result: Any) -> Counter[str]:
    return Counter(answer.model for answer in result.answers.values())


async def test_the_cheapest_answers_and_its_event_carries_the_bill(simulator: Simulator, four: list[Deployed]) -> None:
    result = await chain(four).classify(TWEETS)
    assert models(result) == {"gemini-2.5-flash-lite": 3}
    assert n_calls(simulator) == {FLASH: 1}
    (event,) = result.spend
    assert (event.target, event.price_version, event.escalated, event.n_vip) == (FLASH, "test", False, 0)
    assert event.input_tokens is not None
    assert event.output_tokens is not None
    paid = event.input_tokens * Decimal("0.10") + event.output_tokens * Decimal("0.40")
    assert event.cost_usd == paid / 1_000_000
    assert event.n_by_service == {Service.TECHNICAL: 1, Service.OTHER: 1, Service.BILLING: 1}


async def test_the_order_follows_the_prices_while_running(simulator: Simulator, four: list[Deployed]) -> None:
    tables = [PRICES, PriceTable({**PRICES.prices, "mistral/mistral-small-2603": price("0.01", "0.01")}, "test2")]
    running = chain(four, prices=lambda: tables[0])
    assert models(await running.classify(TWEETS)) == {"gemini-2.5-flash-lite": 3}
    tables.pop(0)
    result = await running.classify(TWEETS)
    assert models(result) == {"mistral-small-2603": 3}
    assert result.spend[0].price_version == "test2"


async def test_an_unknown_price_is_no_cost_of_zero(four: list[Deployed]) -> None:
    result = await chain(four[1:2], prices=lambda: PriceTable({}, "none")).classify(TWEETS)
    assert len(result.answers) == 3
    assert (result.spend[0].cost_usd, result.spend[0].price_version) == (None, None)


async def test_what_the_cheapest_has_no_rate_for_overflows_at_once(four: list[Deployed], waits: list[float]) -> None:
    narrow = [replace(one, target=replace(one.target, profile=replace(one.target.profile, rpm=1))) for one in four[:1]]
    busy = chain([*narrow, *four[1:]])
    results = [await busy.classify(TWEETS) for _ in range(3)]
    assert waits == []
    assert sum((models(result) for result in results), Counter()) == {"gemini-2.5-flash-lite": 3, "gpt-4o-mini": 6}
    assert all(len(result.spend) == 1 for result in results)


async def test_what_the_cheapest_has_no_slot_for_overflows_at_once(simulator: Simulator, four: list[Deployed]) -> None:
    simulator.set_mode("gemini", Mode.SLOW)
    single = [
        replace(one, target=replace(one.target, profile=replace(one.target.profile, slots=1))) for one in four[:1]
    ]
    busy = chain([*single, *four[1:]])
    results = await asyncio.gather(*(busy.classify(TWEETS) for _ in range(3)))
    assert sum((models(result) for result in results), Counter()) == {"gemini-2.5-flash-lite": 3, "gpt-4o-mini": 6}


async def test_a_spent_budget_passes_to_the_next_and_the_levels_to_level_2(four: list[Deployed]) -> None:
    tiny = Decimal("0.0003")
    capped = [
        replace(one, target=replace(one.target, profile=replace(one.target.profile, budget_usd_per_day=tiny)))
        for one in four[:1]
    ]
    spending = chain([*capped, *four[1:]])
    found = Counter[str]()
    for _ in range(5):
        found += models(await spending.classify(TWEETS))
    assert found["gemini-2.5-flash-lite"] > 0
    assert found["gpt-4o-mini"] > 0
    broke = chain(four, level_budget_usd=tiny)
    reasons = [(await broke.classify(TWEETS)).given_up.get(0, "") for _ in range(5)]
    assert reasons[0] == ""
    assert reasons[-1].startswith("all_open (")
    assert f"{FLASH} level_budget" in reasons[-1]


async def test_a_fallback_decides_the_data_policy_anew(simulator: Simulator, four: list[Deployed]) -> None:
    contract = all_four(simulator, openai_policy="zdr")[2]
    simulator.set_mode("mistral", Mode.RATE_LIMITED_LONG)
    result = await chain([four[1], contract], prices=lambda: PriceTable({}, "none")).classify(TWEETS)
    await contract.provider.close()
    assert models(result) == {"gpt-4o-mini": 3}
    assert [(event.provider, event.policy, event.outcome) for event in result.spend] == [
        ("mistral", DataPolicy.PUBLIC, "failed"),
        ("openai", DataPolicy.ZDR, "ok"),
    ]
    assert PHONE not in simulator.played["mistral"].bodies[0]
    assert PHONE in simulator.played["openai"].bodies[0]


@pytest.mark.parametrize(("mode", "n_dead"), [(Mode.RATE_LIMITED_LONG, 1), (Mode.NOT_FOUND, 1), (Mode.UNAVAILABLE, 3)])
async def test_a_dead_target_is_left_alone(simulator: Simulator, four: list[Deployed], mode: Mode, n_dead: int) -> None:
    simulator.set_mode("gemini", mode)
    going_on = chain(four)
    for _ in range(6):
        assert len((await going_on.classify(TWEETS)).answers) == 3
    assert n_calls(simulator) == {FLASH: n_dead, MINI: 6}


async def test_all_down_hands_on_at_once_and_one_probe_brings_level_1_back(
    simulator: Simulator, four: list[Deployed], waits: list[float]
) -> None:
    for name in ("gemini", "mistral", "openai"):
        simulator.set_mode(name, Mode.BAD_REQUEST)
    clock = Clock()
    failing = chain(four, open_s=0.4, clock=clock)
    for _ in range(3):
        assert not (await failing.classify(TWEETS)).answers
    before = n_calls(simulator)
    result = await failing.classify(TWEETS)
    assert waits == []
    assert result.spend == ()
    assert all(said.startswith("all_open (") for said in result.given_up.values())
    assert f"{FLASH} open" in result.given_up[0]
    assert n_calls(simulator) == before == {FLASH: 3, SMALL: 3, MINI: 3}
    for name in ("gemini", "mistral", "openai"):
        simulator.set_mode(name, Mode.OK)
    clock.now += 0.39
    assert not (await failing.classify(TWEETS)).answers
    clock.now += 0.02
    assert models(await failing.classify(TWEETS)) == {"gemini-2.5-flash-lite": 3}
    assert n_calls(simulator) == before | {FLASH: 4}


async def test_a_short_cooldown_is_waited_for_where_nobody_else_is(simulator: Simulator, four: list[Deployed]) -> None:
    simulator.set_mode("gemini", Mode.RATE_LIMITED_SHORT, times=1)
    started = time.monotonic()
    result = await chain(four[:1]).classify(TWEETS)
    assert models(result) == {"gemini-2.5-flash-lite": 3}
    assert time.monotonic() - started > 0.9


async def test_a_hanging_target_leaves_time_for_the_next(
    simulator: Simulator, four: list[Deployed], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.core.cascade.MIN_CALL_S", 0.1)
    simulator.set_mode("gemini", Mode.HANG)
    result = await chain(four, deadline_s=3.0).classify(TWEETS)
    assert len(result.answers) == 3
    assert [(event.target, event.error) for event in result.spend] == [(FLASH, "timeout"), (MINI, None)]


async def test_vips_begin_at_the_top_and_come_down(simulator: Simulator, four: list[Deployed]) -> None:
    vips = [tweet(i, "Plus de fibre", vip=True) for i in range(2)]
    running = chain(four)
    result = await running.classify(vips)
    assert models(result) == {"gpt-4o": 2}
    assert (result.spend[0].n_vip, result.spend[0].escalated) == (2, False)
    simulator.set_mode(BIG, Mode.NOT_FOUND)
    assert models(await running.classify(vips)) == {"gpt-4o-mini": 2}


DOUBTFUL = [tweet(i, f"Plus de fibre, {i} fois sim-doute") for i in range(3)]
"""The simulator answers them with the digit 2 for confidence in mode `unsure`."""


async def test_doubt_climbs_one_rung_and_the_better_answer_counts(simulator: Simulator, four: list[Deployed]) -> None:
    simulator.set_mode(FLASH, Mode.LOW_CONFIDENCE)
    result = await chain(four).classify([*TWEETS, *DOUBTFUL])
    assert models(result) == {"gemini-2.5-flash-lite": 3, "gpt-4o-mini": 3}
    assert [(event.target, event.n_tweets, event.escalated) for event in result.spend] == [
        (FLASH, 6, False),
        (MINI, 3, True),
    ]


async def test_what_stays_doubtful_gets_to_the_top(simulator: Simulator, four: list[Deployed]) -> None:
    for name in (FLASH, MINI):
        simulator.set_mode(name, Mode.LOW_CONFIDENCE)
    result = await chain(four).classify([*TWEETS, *DOUBTFUL])
    assert models(result) == {"gemini-2.5-flash-lite": 3, "gpt-4o": 3}
    assert len(result.spend) == 3


async def test_the_caps_hold_escalation_and_the_first_answer_stands(simulator: Simulator, four: list[Deployed]) -> None:
    simulator.set_mode(FLASH, Mode.LOW_CONFIDENCE)
    capped = chain(four, rules={"escalation_share": 0.5, "escalation_floor": 2})
    result = await capped.classify(DOUBTFUL)
    assert models(result) == {"gemini-2.5-flash-lite": 1, "gpt-4o-mini": 2}
    off = await chain(four, rules={"escalation_share": 0.0}).classify(DOUBTFUL)
    assert models(off) == {"gemini-2.5-flash-lite": 3}


async def test_a_better_model_that_fails_costs_nobody_his_first_answer(
    simulator: Simulator, four: list[Deployed]
) -> None:
    simulator.set_mode(FLASH, Mode.LOW_CONFIDENCE)
    simulator.set_mode(MINI, Mode.BAD_REQUEST)
    result = await chain(four).classify([*TWEETS, *DOUBTFUL])
    assert models(result) == {"gemini-2.5-flash-lite": 6}
    assert result.given_up == {}


async def test_what_is_left_out_twice_climbs(simulator: Simulator, four: list[Deployed]) -> None:
    simulator.set_mode(FLASH, Mode.EMPTY)
    result = await chain(four).classify(TWEETS)
    assert models(result) == {"gpt-4o-mini": 3}
    assert result.given_up == {}
    assert n_calls(simulator) == {FLASH: 2, MINI: 1}


async def test_deployments_of_one_model_share_by_weight(simulator: Simulator) -> None:
    (one,) = [found for found in all_four(simulator) if found.target.name == MINI]
    heavy = Deployed(replace(one.target, name=f"{MINI}@heavy", weight=3), one.provider)
    shared = chain([one, heavy])
    events = [event for _ in range(8) for event in (await shared.classify(TWEETS)).spend]
    await one.provider.close()
    assert Counter(event.target for event in events) == {MINI: 2, f"{MINI}@heavy": 6}


async def test_deployments_of_the_better_model_share_what_climbs(simulator: Simulator, four: list[Deployed]) -> None:
    simulator.set_mode(FLASH, Mode.LOW_CONFIDENCE)
    other = Deployed(replace(four[2].target, name=f"{MINI}@other"), four[2].provider)
    shared = chain([four[0], four[2], other])
    events = [event for _ in range(4) for event in (await shared.classify(DOUBTFUL)).spend]
    assert Counter(event.target for event in events if event.escalated) == {MINI: 2, f"{MINI}@other": 2}


async def test_a_revoked_key_does_not_close_the_other_deployment(simulator: Simulator, four: list[Deployed]) -> None:
    simulator.reset()
    other = Deployed(replace(four[2].target, name=f"{MINI}@other"), four[2].provider)
    shared = chain([four[2], other])
    simulator.set_mode("openai", Mode.UNAUTHORISED, times=1)
    for _ in range(3):
        assert len((await shared.classify(TWEETS)).answers) == 3
    states = await shared.limits.states(tuple(Ask(target=name, n_tokens=1) for name in (MINI, f"{MINI}@other")))
    assert sorted(state.disabled for state in states.values()) == [False, True]


async def test_a_rambling_answer_is_an_alarm(simulator: Simulator, four: list[Deployed]) -> None:
    from streams import metrics

    counter = metrics.OUTPUT_ALARMS.labels(FLASH)
    before = counter._value.get()
    simulator.set_mode("gemini", Mode.THINKING)
    result = await chain(four).classify(TWEETS)
    assert len(result.answers) == 3
    assert counter._value.get() == before + 1
    (event,) = result.spend
    assert event.thought_tokens is not None
    assert event.thought_tokens > 100


async def test_without_a_provider_everything_fails_at_once() -> None:
    result = await chain([]).classify(TWEETS)
    assert result.given_up == dict.fromkeys(range(3), "no_provider")
    assert result.spend == ()


async def test_an_empty_batch_is_nothing(four: list[Deployed]) -> None:
    result = await chain(four).classify([])
    assert (result.answers, result.given_up, result.spend) == ({}, {}, ())


async def test_many_batches_at_once(four: list[Deployed]) -> None:
    shared = chain(four)
    results = await asyncio.gather(*(shared.classify(TWEETS) for _ in range(20)))
    for result in results:
        assert [result.answers[i].labels for i in range(3)] == [labels_of(tweet.text) for tweet in TWEETS]


async def test_a_cancelled_batch_gives_its_place_back(simulator: Simulator, four: list[Deployed]) -> None:
    simulator.set_mode("gemini", Mode.HANG)
    single = replace(four[0], target=replace(four[0].target, profile=replace(four[0].target.profile, slots=1)))
    held = chain([single])
    running = asyncio.create_task(held.classify(TWEETS))
    async with asyncio.timeout(TOO_LONG_S):
        while not n_calls(simulator):  # noqa: ASYNC110 - the simulator sets no event
            await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    simulator.set_mode("gemini", Mode.OK)
    assert len((await held.classify(TWEETS)).answers) == 3


class Stubborn:
    """An SDK that swallows its cancellation."""

    name, model, policy = "stubborn", "stubborn-1", DataPolicy.LOCAL

    def __init__(self) -> None:
        self.released = asyncio.Event()

    async def complete(self, prompt: Prompt, *, timeout_s: float) -> Completion:
        while not self.released.is_set():
            try:
                await self.released.wait()
            except asyncio.CancelledError:
                continue
        return Completion(text="", finish="stop")

    async def close(self) -> None:
        self.released.set()


class Scripted:
    """Fails as told, call by call, and then answers everything."""

    name, model, policy = "scripted", "scripted-1", DataPolicy.LOCAL

    def __init__(self, *kinds: FailureKind) -> None:
        self.kinds = list(kinds)

    async def complete(self, prompt: Prompt, *, timeout_s: float) -> Completion:
        if self.kinds:
            raise ProviderError(Failure(self.kinds.pop(0)))
        said = ",".join(f'"{i}n2n9"' for i in range(1, prompt.n_items + 1))
        return Completion(text=f'{{"r":[{said}]}}', finish="stop", input_tokens=1_000, output_tokens=10)

    async def close(self) -> None: ...


@pytest.mark.parametrize("refusal", [FailureKind.CONTEXT_LENGTH, FailureKind.SAFETY])
async def test_the_halves_of_a_refused_part_have_retries_of_their_own(
    four: list[Deployed], refusal: FailureKind
) -> None:
    result = await chain([Deployed(four[0].target, Scripted(refusal, FailureKind.UNAVAILABLE))]).classify(TWEETS)
    assert (len(result.answers), result.given_up) == (3, {})
    assert [(event.n_tweets, event.attempt, event.outcome) for event in result.spend] == [
        (3, 1, "failed"),
        (1, 1, "failed"),
        (1, 2, "ok"),
        (2, 1, "ok"),
    ]


async def test_a_prompt_that_a_filter_has_read_has_an_unknown_cost(four: list[Deployed]) -> None:
    result = await chain([Deployed(four[0].target, Scripted(FailureKind.SAFETY))]).classify(TWEETS[:1])
    assert result.given_up == {0: "safety"}
    assert [event.cost_usd for event in result.spend] == [None]


async def test_a_call_that_swallows_its_cancellation_is_not_waited_for(four: list[Deployed]) -> None:
    stubborn = Stubborn()
    held = chain([Deployed(four[0].target, stubborn)], deadline_s=0.2)
    running = asyncio.create_task(held.classify(TWEETS))
    await asyncio.wait({running}, timeout=TOO_LONG_S)  # a timeout by cancellation would not end it
    is_waited_for = not running.done()
    await stubborn.close()
    result = await running
    assert not is_waited_for
    assert all(said.startswith("deadline: timeout") for said in result.given_up.values())
    await held.close()


async def test_an_adapters_own_mistake_is_a_failure_not_a_crash() -> None:
    async def broken() -> None:
        raise KeyError(PHONE)

    with pytest.raises(ProviderError, match="bad_response KeyError"):
        await bounded(broken(), timeout_s=1.0)


async def test_no_key_is_no_level() -> None:
    assert api_targets(settings()) == []
    assert gpu_providers(settings()) == []
