"""The simulator itself: it must refuse what the real ones refuse, or the suites that stand on it prove nothing."""

import math
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from streams.core.prompt import SYSTEM
from streams.providers.vllm import VllmProvider
from tests.simulator.__main__ import main
from tests.simulator.limits import Capacity, Meter
from tests.simulator.metering import cut, n_tokens, pieces
from tests.simulator.modes import DOUBT_WORD, Mode
from tests.simulator.played import Latency
from tests.simulator.server import MODEL_LEN, PROVIDERS, Simulator

in_one_loop = pytest.mark.asyncio(loop_scope="module")

KEYS = {"Authorization": "Bearer k", "api-key": "k", "x-goog-api-key": "k"}
MODELS = {"gemini": "gemini-2.5-flash-lite", "mistral": "mistral-small-2603", "azure": "gpt-4o-mini"}
PATHS = {
    "gemini": "/v1beta/models/{model}:generateContent",
    "mistral": "/v1/chat/completions",
    "openai": "/chat/completions",
    "azure": "/openai/deployments/{model}/chat/completions?api-version=2024-10-21",
    "vllm": "/chat/completions",
    "ollama": "/chat/completions",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Simulator]:
    async with Simulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(running: Simulator) -> Simulator:
    running.reset()
    return running


def body_of(provider: str, model: str, user: str, max_output: int) -> dict[str, Any]:
    if provider == "gemini":
        return {
            "systemInstruction": {"parts": [{"text": SYSTEM}]},
            "contents": [{"parts": [{"text": user}]}],
            "generationConfig": {"maxOutputTokens": max_output},
        }
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": user}]
    return {"model": model, "messages": messages, "max_tokens": max_output}


async def ask(
    simulator: Simulator, provider: str, *, user: str = "1|Merci", max_output: int = 100, model: str = "", **more: Any
) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Makes one call by hand and returns status, headers in lower case and body."""
    model = model or MODELS.get(provider, "gpt-4o-mini")
    url = simulator.base_url(provider) + more.pop("path", PATHS[provider]).format(model=model)
    headers = more.pop("headers", KEYS)
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, json={**body_of(provider, model, user, max_output), **more}, headers=headers) as response,
    ):
        told = {name.lower(): value for name, value in response.headers.items()}
        return response.status, told, await response.json()


def text_of(provider: str, body: dict[str, Any]) -> tuple[str, str]:
    """Returns an answer and how it ended."""
    if provider == "gemini":
        candidate = body["candidates"][0]
        return candidate["content"]["parts"][0]["text"], candidate["finishReason"]
    return body["choices"][0]["message"]["content"], body["choices"][0]["finish_reason"]


@pytest.mark.parametrize("provider", PROVIDERS)
@in_one_loop
async def test_an_answer_is_cut_at_the_limit_that_was_asked_for(simulator: Simulator, provider: str) -> None:
    user = "\n".join(f"{i}|Merci" for i in range(1, 50))
    status, _, body = await ask(simulator, provider, user=user, max_output=60)
    said, finish = text_of(provider, body)
    assert (status, finish.lower() in ("length", "max_tokens")) == (200, True)
    assert said.startswith('{"r": ["1p0o8", ')
    model = MODELS.get(provider, "gpt-4o-mini")
    assert 50 < n_tokens(model, said) <= 60


@pytest.mark.parametrize("provider", [name for name in PROVIDERS if name != "ollama"])
@in_one_loop
async def test_what_does_not_fit_the_context_is_refused(simulator: Simulator, provider: str) -> None:
    simulator.set_capacity(provider, Capacity(context_tokens=2_000))
    status, _, _ = await ask(simulator, provider, user="\n".join(f"{i}|Merci" for i in range(1, 60)))
    assert status == 200
    status, _, body = await ask(simulator, provider, user="\n".join(f"{i}|Merci beaucoup" for i in range(1, 999)))
    assert (status, "2000" in str(body)) == (400, True)


@pytest.mark.parametrize("provider", ["gemini", "openai", "azure"])
@in_one_loop
async def test_more_output_than_the_model_has_is_refused(simulator: Simulator, provider: str) -> None:
    status, _, _ = await ask(simulator, provider, max_output=999_999)
    assert status == 400


@pytest.mark.parametrize("provider", PROVIDERS)
@in_one_loop
async def test_a_model_that_is_not_listed_is_not_found(simulator: Simulator, provider: str) -> None:
    simulator.set_models(provider, ["another"])
    assert (await ask(simulator, provider))[0] == 404
    assert (await ask(simulator, provider, model="another"))[0] == 200
    simulator.set_models(provider, [])
    assert (await ask(simulator, provider))[0] == 200


@pytest.mark.parametrize("provider", ["gemini", "mistral", "openai", "azure"])
@in_one_loop
async def test_without_a_key_there_is_no_answer(simulator: Simulator, provider: str) -> None:
    assert (await ask(simulator, provider, headers={}))[0] == 401


@in_one_loop
async def test_azure_wants_its_version_and_the_old_name_of_the_limit(simulator: Simulator) -> None:
    bare = PATHS["azure"].partition("?")[0]
    assert (await ask(simulator, "azure", path=bare))[0] == 404
    assert (await ask(simulator, "azure", max_completion_tokens=100, temperature=0.0))[0] == 400


@pytest.mark.parametrize("provider", PROVIDERS)
@in_one_loop
async def test_the_rate_is_kept_and_the_wait_told(simulator: Simulator, provider: str) -> None:
    simulator.set_capacity(provider, Capacity(rpm=2))
    statuses = [(await ask(simulator, provider))[0] for _ in range(3)]
    _, headers, body = await ask(simulator, provider)
    assert statuses == [200, 200, 429]
    assert 25 <= int(headers["retry-after"]) <= 30
    if provider == "gemini":
        assert any("retryDelay" in detail for detail in body["error"]["details"])
    assert ("retry-after-ms" in headers) is (provider in ("openai", "azure"))


@in_one_loop
async def test_a_call_beyond_a_minutes_tokens_is_too_large_for_ever(simulator: Simulator) -> None:
    simulator.set_capacity("openai", Capacity(tpm=400))
    status, headers, body = await ask(simulator, "openai")
    assert (status, "retry-after" in headers, "too large" in str(body)) == (429, False, True)


@in_one_loop
async def test_a_model_has_its_own_mode_rate_and_counters(simulator: Simulator) -> None:
    simulator.set_mode("openai", Mode.UNAVAILABLE)
    simulator.set_mode("openai/gpt-4o", Mode.RATE_LIMITED, times=1)
    statuses = [(await ask(simulator, "openai", model=model))[0] for model in ("gpt-4o", "gpt-4o", "gpt-4o-mini")]
    assert statuses == [429, 503, 503]
    simulator.set_mode("openai/gpt-4o", Mode.OK)
    assert (await ask(simulator, "openai", model="gpt-4o", user="1|Merci\n2|Bravo"))[0] == 200
    stats = simulator.stats()["openai"]
    assert (stats["calls"], stats["tweets"], stats["statuses"]) == (4, 5, {"200": 1, "429": 1, "503": 2})
    assert {model: one["calls"] for model, one in stats["models"].items()} == {"gpt-4o": 3, "gpt-4o-mini": 1}
    assert stats["output_tokens"] == stats["models"]["gpt-4o"]["output_tokens"] > 10


@in_one_loop
async def test_it_is_steered_from_another_process(simulator: Simulator) -> None:
    async def post(path: str, **body: Any) -> dict[str, Any]:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{simulator.url}/_simulator/{path}", json=body) as response,
        ):
            found: dict[str, Any] = await response.json()
            return found

    await post("mode", provider="all", mode="unavailable")
    assert {(await ask(simulator, provider))[0] for provider in PROVIDERS} == {503}
    await post("reset")
    await post("mode", provider="mistral", mode="quota", times=1)
    await post("models", provider="vllm", models=["a"])
    await post("limits", provider="gemini", rpm=1)
    await post("latency", provider="gemini", base_s=0.001)
    assert [(await ask(simulator, "mistral"))[0] for _ in range(2)] == [429, 200]
    assert (await ask(simulator, "vllm"))[0] == 404
    assert [(await ask(simulator, "gemini"))[0] for _ in range(2)] == [200, 429]
    assert (await post("mode", provider="mistral", mode="ok"))["mistral"]["calls"] == 2


@in_one_loop
async def test_ollama_tells_its_models_but_neither_context_nor_health(simulator: Simulator) -> None:
    provider = VllmProvider(base_url=simulator.base_url("ollama"))
    await provider.resolve(timeout_s=5.0)
    await provider.health(timeout_s=5.0)
    await provider.close()
    assert (provider.model, provider.max_model_len) == ("simulated-mistral:latest", None)
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{simulator.url}/ollama/api/tags") as tags:
            assert [model["name"] for model in (await tags.json())["models"]] == [provider.model]
        async with session.get(f"{simulator.url}/ollama/health") as health:
            assert health.status == 404


@in_one_loop
async def test_ollama_forgets_what_does_not_fit_and_says_nothing(simulator: Simulator) -> None:
    simulator.set_capacity("ollama", Capacity(context_tokens=1_000))
    status, _, body = await ask(
        simulator, "ollama", user="\n".join(f"{i}|Merci beaucoup" for i in range(1, 300)), max_output=9_999
    )
    said, _ = text_of("ollama", body)
    assert (status, '"1p' in said, '"299p' in said) == (200, False, True)
    assert body["usage"]["prompt_tokens"] <= 1_000


@in_one_loop
async def test_vllm_tells_its_context(simulator: Simulator) -> None:
    provider = VllmProvider(base_url=simulator.base_url("vllm"))
    await provider.resolve(timeout_s=5.0)
    await provider.close()
    assert provider.max_model_len == MODEL_LEN


@in_one_loop
async def test_doubt_has_a_small_margin(simulator: Simulator) -> None:
    simulator.set_mode("openai", Mode.SMALL_MARGINS)
    _, _, body = await ask(simulator, "openai", user=f"1|Merci\n2|Merci {DOUBT_WORD}", logprobs=True)
    tokens = body["choices"][0]["logprobs"]["content"]
    assert "".join(token["token"] for token in tokens) == text_of("openai", body)[0]
    gaps = [math.exp(token["logprob"]) - math.exp(token["top_logprobs"][1]["logprob"]) for token in tokens]
    assert {gap > 0.9 for gap in gaps if gap > 0.1} == {True}
    assert 2 <= sum(gap < 0.1 for gap in gaps) <= 3


@in_one_loop
async def test_latency_is_of_the_answer_and_its_tokens() -> None:
    assert Latency.parse("400:8").of(600) == pytest.approx(5.2)
    assert Latency.parse("250").of(600) == 0.25


@in_one_loop
async def test_a_capacity_is_read_as_people_write_it() -> None:
    assert Capacity.parse("rpm:500, tpm:30000") == Capacity(rpm=500, tpm=30_000)
    with pytest.raises(ValueError, match="no such limit"):
        Capacity.parse("rps:5")


@pytest.mark.parametrize(
    "arguments",
    [["--mode", "openai"], ["--mode", "grok=ok"], ["--mode", "openai=sulky"], ["--rate-limit", "openai=rps:1"]],
)
@in_one_loop
async def test_a_wrong_option_is_told_before_anything_starts(arguments: list[str]) -> None:
    assert CliRunner().invoke(main, arguments).exit_code == 2


@given(calls=st.lists(st.tuples(st.floats(0, 30), st.integers(1, 900)), max_size=30))
def test_no_minute_gets_more_than_twice_its_rate(calls: list[tuple[float, int]]) -> None:
    """A full bucket and what flows in during a minute: never more, whatever is asked."""
    meter, now, taken = Meter(), 0.0, []
    for gap_s, n in calls:
        now += gap_s
        wait_s = meter.take(Capacity(rpm=10, tpm=1_000), n, now)
        if wait_s == 0:
            taken.append((now, n))
        else:
            assert meter.take(Capacity(rpm=10, tpm=1_000), n, now + wait_s + 1e-6) == 0
            now += wait_s + 1e-6
            taken.append((now, n))
    for at, _ in taken:
        minute = [n for then, n in taken if at <= then < at + 60]
        assert len(minute) <= 20
        assert sum(minute) <= 2_000


@given(text=st.text(max_size=60))
def test_pieces_are_the_whole_text(text: str) -> None:
    said = text.encode("utf-8", "ignore").decode()
    assert "".join(pieces(said)) == said
    assert said.startswith(cut("gpt-4o", said, 3))
