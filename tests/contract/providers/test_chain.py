"""The chain over several providers: order, fallback, the policy of each target, breakers, and the deadline."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from schemas.taxonomy import DataPolicy, Level, Stage
from schemas.tweet import ScrubbedTweet
from streams.core.breaker import BreakerPolicy, BreakerState
from streams.core.prompt import Prompt
from streams.providers.bounded import bounded
from streams.providers.chain import Chain
from streams.providers.errors import ProviderError
from streams.providers.levels import api_providers, gpu_providers
from streams.providers.mistral import MistralProvider
from streams.providers.openai import OpenAIProvider
from streams.providers.protocol import Completion
from streams.settings import Settings
from tests.simulator.modes import Mode
from tests.simulator.rule import labels_of
from tests.simulator.server import Simulator

pytestmark = pytest.mark.asyncio(loop_scope="session")

AT = datetime(2026, 1, 2, tzinfo=UTC)
PHONE = "06 12 34 56 78"
TWEETS = [
    ScrubbedTweet(id=str(i), created_at=AT, author="a", text=f"{text} {PHONE}", scrubbed=f"{text} [PHONE]")
    for i, text in enumerate(["Plus de fibre", "Merci", "Ma facture est fausse"])
]


@pytest_asyncio.fixture(loop_scope="session")
async def played(simulator: Simulator) -> AsyncIterator[Simulator]:
    for part in simulator.played.values():
        part.mode, part.n_left, part.n_calls = Mode.OK, None, 0
        part.bodies.clear()
    yield simulator
    for part in simulator.played.values():
        part.mode, part.n_left = Mode.OK, None


@pytest_asyncio.fixture(loop_scope="session")
async def two(played: Simulator) -> AsyncIterator[list[MistralProvider | OpenAIProvider]]:
    """A public target first, one with a zero-retention contract second."""
    providers: list[MistralProvider | OpenAIProvider] = [
        MistralProvider(model="mistral-small-2603", api_key="k", base_url=played.base_url("mistral")),
        OpenAIProvider(model="gpt-4o-mini", api_key="k", base_url=played.base_url("openai"), policy=DataPolicy.ZDR),
    ]
    yield providers
    for provider in providers:
        await provider.close()


def chain(providers: list[MistralProvider | OpenAIProvider], deadline_s: float = 3.0, open_s: float = 15.0) -> Chain:
    return Chain(
        providers,
        stage=Stage.CLASSIFIER,
        level=Level.API,
        deadline_s=deadline_s,
        breaker_policy=BreakerPolicy(open_s=open_s),
    )


async def test_the_first_healthy_target_answers(played: Simulator, two: list[MistralProvider | OpenAIProvider]) -> None:
    result = await chain(two).classify(TWEETS)
    assert {answer.model for answer in result.answers.values()} == {"mistral-small-2603"}
    assert played.played["openai"].n_calls == 0


async def test_a_fallback_decides_the_data_policy_anew(
    played: Simulator, two: list[MistralProvider | OpenAIProvider]
) -> None:
    played.set_mode("mistral", Mode.RATE_LIMITED_LONG)
    result = await chain(two).classify(TWEETS)
    assert {answer.model for answer in result.answers.values()} == {"gpt-4o-mini"}
    assert [(event.provider, event.policy, event.outcome) for event in result.spend] == [
        ("mistral", DataPolicy.PUBLIC, "failed"),
        ("openai", DataPolicy.ZDR, "ok"),
    ]
    assert PHONE not in played.played["mistral"].bodies[0]
    assert PHONE in played.played["openai"].bodies[0]


async def test_a_cooled_target_is_left_alone(played: Simulator, two: list[MistralProvider | OpenAIProvider]) -> None:
    played.set_mode("mistral", Mode.RATE_LIMITED_LONG, times=1)
    cooled = chain(two)
    for _ in range(3):
        assert len((await cooled.classify(TWEETS)).answers) == 3
    assert (played.played["mistral"].n_calls, played.played["openai"].n_calls) == (1, 3)


async def test_a_disabled_target_is_left_alone(played: Simulator, two: list[MistralProvider | OpenAIProvider]) -> None:
    played.set_mode("mistral", Mode.NOT_FOUND)
    disabled = chain(two)
    for _ in range(3):
        assert len((await disabled.classify(TWEETS)).answers) == 3
    assert played.played["mistral"].n_calls == 1
    assert disabled.breakers[0].state(time.monotonic()) is BreakerState.OPEN


async def test_a_breaker_opens_then_one_probe_brings_the_target_back(
    played: Simulator, two: list[MistralProvider | OpenAIProvider]
) -> None:
    for name in ("mistral", "openai"):
        played.set_mode(name, Mode.BAD_REQUEST)
    failing = chain(two, open_s=0.3)
    for _ in range(3):
        assert not (await failing.classify(TWEETS)).answers
    started = time.monotonic()
    result = await failing.classify(TWEETS)
    assert set(result.given_up.values()) == {"all_open"}
    assert result.spend == ()
    assert time.monotonic() - started < 0.2
    for name in ("mistral", "openai"):
        played.set_mode(name, Mode.OK)
        played.played[name].n_calls = 0
    deadline = time.monotonic() + 5.0
    while not (await failing.classify(TWEETS)).answers:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    assert played.played["mistral"].n_calls == 1


async def test_a_hanging_target_leaves_time_for_the_next(
    played: Simulator, two: list[MistralProvider | OpenAIProvider], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.core.cascade.MIN_CALL_S", 0.1)
    played.set_mode("mistral", Mode.HANG)
    started = time.monotonic()
    result = await chain(two, deadline_s=1.0).classify(TWEETS)
    assert len(result.answers) == 3
    assert 0.4 < time.monotonic() - started < 0.9


async def test_without_a_provider_everything_fails_at_once() -> None:
    result = await chain([]).classify(TWEETS)
    assert result.given_up == dict.fromkeys(range(3), "no_provider")
    assert result.spend == ()


async def test_an_empty_batch_is_nothing(two: list[MistralProvider | OpenAIProvider]) -> None:
    result = await chain(two).classify([])
    assert (result.answers, result.given_up, result.spend) == ({}, {}, ())


async def test_many_batches_at_once(played: Simulator, two: list[MistralProvider | OpenAIProvider]) -> None:
    shared = chain(two)
    results = await asyncio.gather(*(shared.classify(TWEETS) for _ in range(20)))
    for result in results:
        assert [result.answers[i].labels for i in range(3)] == [labels_of(tweet.text) for tweet in TWEETS]


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


async def test_a_call_that_swallows_its_cancellation_is_not_waited_for() -> None:
    stubborn = Stubborn()
    held = Chain([stubborn], stage=Stage.GPU, level=Level.GPU, deadline_s=0.2)
    started = time.monotonic()
    result = await held.classify(TWEETS)
    assert time.monotonic() - started < 1.0
    assert set(result.given_up.values()) == {"deadline: timeout"}
    await held.close()


async def test_an_adapters_own_mistake_is_a_failure_not_a_crash() -> None:
    async def broken() -> None:
        raise KeyError(PHONE)

    with pytest.raises(ProviderError, match="bad_response KeyError"):
        await bounded(broken(), timeout_s=1.0)


def settings(**changes: object) -> Settings:
    return Settings(_env_file=None, **changes)  # type: ignore[arg-type]


async def test_the_configured_keys_make_level_1_in_the_business_order(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GEMINI", "MISTRAL", "OPENAI"):
        monkeypatch.delenv(f"{name}_API_KEY", raising=False)
    assert api_providers(settings()) == []
    assert gpu_providers(settings()) == []
    keys = {"gemini_api_key": "k", "mistral_api_key": "k", "openai_api_key": "k", "openai_policy": "zdr"}
    providers = api_providers(settings(**keys))
    assert [(one.name, one.model, one.policy) for one in providers] == [
        ("gemini", "gemini-2.5-flash-lite", DataPolicy.PUBLIC),
        ("mistral", "mistral-small-2603", DataPolicy.PUBLIC),
        ("openai", "gpt-4o-mini", DataPolicy.ZDR),
        ("openai", "gpt-4o", DataPolicy.ZDR),
    ]
    for provider in providers:
        await provider.close()
    (legacy,) = api_providers(settings(gemini_api_key="k", gemini_sdk="google-generativeai"))
    assert type(legacy).__name__ == "GeminiLegacyProvider"
    await legacy.close()
