"""The contract of level 2 against a real vLLM server: constrained output, context limit, health."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from agents.gpu_worker import GpuModels
from schemas.taxonomy import DataPolicy
from schemas.tweet import ScrubbedTweet
from streams.core.prompt import parse, render
from streams.core.retry import FailureKind
from streams.providers.answer_forms import ONLY_ANSWER, answer_regex
from streams.providers.errors import ProviderError
from streams.providers.vllm import VllmProvider
from tests.integration.gpu_rig import is_whole, worker
from tests.vllm.real_server import MODEL, MODEL_LEN, RealServer, texts

pytestmark = pytest.mark.timeout(600)

AT = datetime(2026, 1, 2, tzinfo=UTC)
CALL_S = 60.0
TEMPERATURES = (0.0, 1.0, 2.0)
QUESTIONS = ("Quelle heure est-il ?", "Bonjour", "Réponds par un poème.", "{", "Write JSON.")


def tweets(n: int, said: Sequence[str] | None = None) -> list[ScrubbedTweet]:
    return [
        ScrubbedTweet(id=str(i), created_at=AT, author="a", text=text, scrubbed=text)
        for i, text in enumerate(said or texts(n, seed=5))
    ]


@pytest_asyncio.fixture
async def provider(server: RealServer) -> AsyncIterator[VllmProvider]:
    made = VllmProvider(base_url=f"{server.url}/v1", logprobs=True)
    yield made
    await made.close()


@pytest_asyncio.fixture
async def models(server: RealServer) -> AsyncIterator[GpuModels]:
    async with worker(server.settings()) as made:
        yield made


async def test_the_self_test_passes_and_finds_what_the_server_obeys(provider: VllmProvider) -> None:
    assert await provider.constrains(timeout_s=CALL_S)
    assert (provider.model, provider.max_model_len, provider.form) == (MODEL, MODEL_LEN, "regex")
    assert provider.prompt_tokens is not None
    assert 500 < provider.prompt_tokens < 2_000


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_a_forbidden_answer_is_impossible(server: RealServer, temperature: float) -> None:
    for seed, question in enumerate(QUESTIONS):
        asked = {
            "messages": [{"role": "user", "content": question}],
            "max_tokens": 24,
            "temperature": temperature,
            "seed": seed,
        }
        free = server.post(asked)["choices"][0]["message"]["content"]
        held = server.post({**asked, "structured_outputs": {"regex": ONLY_ANSWER}})["choices"][0]["message"]["content"]
        assert free != ONLY_ANSWER, "the model would say it anyway: this test shows nothing"
        assert held == ONLY_ANSWER


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_an_answer_has_each_index_once_whatever_the_model_would_say(server: RealServer, temperature: float) -> None:
    for n in (1, 2, 9, 10, 40):
        prompt = render(tweets(n), DataPolicy.LOCAL)
        said = server.post(
            {
                "messages": [{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}],
                "max_tokens": prompt.max_output_tokens,
                "temperature": temperature,
                "structured_outputs": {"regex": answer_regex(n)},
            }
        )["choices"][0]
        assert said["finish_reason"] == "stop", "max_output_tokens was enough"
        assert parse(said["message"]["content"], n).unanswered == ()


async def test_an_answer_has_margins_where_they_are_asked_for(provider: VllmProvider) -> None:
    assert await provider.constrains(timeout_s=CALL_S)
    said = await provider.complete(render(tweets(12), DataPolicy.LOCAL), timeout_s=CALL_S)
    assert said.margins is not None
    assert sorted(said.margins) == list(range(1, 13))
    assert all(0.0 <= margin <= 1.0 for margin in said.margins.values())


async def test_a_schema_alone_loses_labels_but_no_tweet(models: GpuModels, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the expression is there for: this model writes white space, which JSON allows, until its output ends."""
    monkeypatch.setattr(models.chain.deployed[0].provider, "form", "json_schema")
    result = await models.classify(tweets(8))
    assert is_whole(result, 8)
    assert len(result.answers) < 8
    assert set(result.given_up.values()) <= {"length", "unanswered"}


async def test_a_full_batch_fits_in_one_call(models: GpuModels) -> None:
    limits, n_tokens, batch = models.limits(), 0, list[ScrubbedTweet]()
    for tweet in tweets(500):
        n_tokens += models.n_tokens(tweet)
        if n_tokens > limits.max_tokens or len(batch) == limits.max_items:
            break
        batch.append(tweet)
    result = await models.classify(batch)
    assert len(result.answers) == len(batch)
    (event,) = result.spend
    assert event.input_tokens is not None
    assert event.output_tokens is not None
    used = event.input_tokens + event.output_tokens
    print(f"\nfull batch: {len(batch)} tweets, {used} of {MODEL_LEN} tokens of context, {event.latency_s:.2f} s")
    assert 0.6 * MODEL_LEN < used <= MODEL_LEN


async def test_a_batch_that_is_too_long_is_split_and_nothing_is_lost(models: GpuModels) -> None:
    result = await models.classify(tweets(300))
    assert len(result.answers) == 300
    assert result.spend[0].error == "context_length 400"
    assert sum(event.outcome == "ok" for event in result.spend) > 1


async def test_a_tweet_longer_than_the_context_is_handed_on_alone(models: GpuModels) -> None:
    said = [*texts(3), "ŷ" * 7_000, *texts(2)]
    result = await models.classify(tweets(len(said), said))
    assert sorted(result.answers) == [0, 1, 2, 4, 5]
    assert list(result.given_up) == [3]
    assert result.given_up[3].startswith("context_length")


async def test_batches_at_once_are_all_answered(models: GpuModels) -> None:
    results = await asyncio.gather(*(models.classify(tweets(30)) for _ in range(4)))
    assert [len(result.answers) for result in results] == [30] * 4


async def test_health_and_a_model_that_is_not_there(server: RealServer, provider: VllmProvider) -> None:
    await provider.health(timeout_s=CALL_S)
    stranger = VllmProvider(base_url=f"{server.url}/v1", model="no-such-model")
    with pytest.raises(ProviderError) as told:
        await stranger.resolve(timeout_s=CALL_S)
    await stranger.close()
    assert told.value.failure.kind is FailureKind.NOT_FOUND
