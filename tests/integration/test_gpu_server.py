"""Level 2 follows its server: what it tells is asked anew, its test is repeated, and one that hangs holds nobody up."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio

from agents.gpu_server import GpuServer
from agents.gpu_worker import GpuModels
from streams.core.batching import BatchLimits
from streams.core.retry import Failure, FailureKind
from streams.providers.errors import ProviderError
from streams.providers.vllm import VllmProvider
from streams.settings import load_settings
from tests.integration.gpu_rig import is_whole, tweets, worker
from tests.simulator.limits import MODEL_LEN, Capacity
from tests.simulator.modes import Mode
from tests.simulator.server import Simulator

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
MODELS = b'{"object":"list","data":[{"id":"m","object":"model","created":1,"owned_by":"us"}]}'
CHECK_S = 0.4
LONGER = ("Plus de fibre à Brest depuis 3 jours, je travaille chez moi et personne ne me rappelle, c'est long",)
TOO_LONG_S = 60.0


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator() as running:
        yield running


@asynccontextmanager
async def level_2(simulator: Simulator, provider: str = "vllm", **changes: object) -> AsyncIterator[GpuModels]:
    given = {"batch_deadline_s": 3.0, **changes}
    async with worker(load_settings(vllm_base_url=simulator.base_url(provider), **given)) as models:
        yield models


# --- the limits


async def test_batches_fit_the_servers_context(simulator: Simulator) -> None:
    simulator.set_capacity("vllm", Capacity(context_tokens=2_048))
    async with level_2(simulator) as models:
        limits = models.limits()
        (one,) = tweets(1, LONGER)
        n = min(limits.max_items, limits.max_tokens // models.n_tokens(one))
        batch = tweets(n, LONGER)
        result = await models.classify(batch)
    assert n > 10
    assert len(result.answers) == n
    assert [event.outcome for event in result.spend] == ["ok"]


async def test_short_tweets_leave_room_for_their_answers(simulator: Simulator) -> None:
    async with level_2(simulator, max_batch_tokens=100_000) as models:
        limits = models.limits()
    assert limits.max_items * 8 < MODEL_LEN * 0.2
    assert limits.max_tokens < MODEL_LEN * 0.8


@pytest.mark.parametrize("notices", ["by asking", "by a refusal"])
async def test_the_limit_follows_the_server(
    simulator: Simulator, notices: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if notices == "by asking":
        monkeypatch.setattr("agents.gpu_server.RECHECK_S", 0.0)
    many = tweets(120)
    async with level_2(simulator) as models:
        assert len((await models.classify(many)).answers) == 120
        before = models.limits()
        simulator.set_capacity("vllm", Capacity(context_tokens=2_048))
        result = await models.classify(many)
        assert len(result.answers) == 120, "what is too long now is split"
        await models.classify(tweets(1))
        after = models.limits()
    assert after.max_tokens < before.max_tokens / 2
    assert after.max_items < before.max_items


async def test_another_model_is_found_by_itself(simulator: Simulator) -> None:
    simulator.set_models("vllm", ["one"])
    async with level_2(simulator) as models:
        assert {answer.model for answer in (await models.classify(tweets())).answers.values()} == {"one"}
        simulator.set_models("vllm", ["other"])
        result = await models.classify(tweets())
    assert {answer.model for answer in result.answers.values()} == {"other"}
    assert [event.outcome for event in result.spend] == ["failed", "ok"]


async def test_without_a_server_nothing_lingers() -> None:
    async with worker(load_settings()) as models:
        assert models.limits() == BatchLimits(max_tokens=4_400, max_items=1_000, linger_s=0.0)
        assert set((await models.classify(tweets())).given_up.values()) == {"no_provider"}


# --- the self-test


async def test_the_self_test_is_repeated_when_the_server_was_away(simulator: Simulator) -> None:
    async with level_2(simulator) as models:
        assert len((await models.classify(tweets())).answers) == 3
        simulator.set_mode("vllm", Mode.DROPPED)
        assert is_whole(await models.classify(tweets()), 3)
        simulator.set_mode("vllm", Mode.UNCONSTRAINED)
        assert set((await models.classify(tweets())).given_up.values()) == {"not_constrained"}
        n_calls = simulator.played["vllm"].n_calls
        assert set((await models.classify(tweets())).given_up.values()) == {"not_constrained"}
        assert simulator.played["vllm"].n_calls == n_calls, "it is left alone for a while"


async def test_a_server_that_was_mended_is_used_again(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.gpu_server.PAUSE_S", 0.0)
    simulator.set_mode("vllm", Mode.UNCONSTRAINED)
    async with level_2(simulator) as models:
        assert set((await models.classify(tweets())).given_up.values()) == {"not_constrained"}
        simulator.set_mode("vllm", Mode.OK)
        assert len((await models.classify(tweets())).answers) == 3


async def test_a_dead_engine_is_noticed_and_its_return_too(simulator: Simulator) -> None:
    async with level_2(simulator) as models:
        simulator.set_mode("vllm", Mode.UNAVAILABLE)
        first = await models.classify(tweets())
        assert all(reason.startswith("all_failed: unavailable 503") for reason in first.given_up.values())
        second = await models.classify(tweets())
        assert set(second.given_up.values()) == {"server_down: unavailable 503"}
        assert not second.spend, "nothing is sent to a server that is not well"
        simulator.set_mode("vllm", Mode.OK)
        assert len((await models.classify(tweets())).answers) == 3


async def test_a_breaker_that_opened_is_closed_by_the_self_test(simulator: Simulator) -> None:
    async with level_2(simulator) as models:
        await models.classify(tweets())
        simulator.set_mode("vllm", Mode.DROPPED)
        await asyncio.gather(*(models.classify(tweets()) for _ in range(6)))
        simulator.set_mode("vllm", Mode.OK)
        results = await asyncio.gather(*(models.classify(tweets()) for _ in range(4)))
    assert [len(result.answers) for result in results] == [3] * 4


# --- Ollama


async def test_ollama_takes_the_schema_and_tells_no_context(simulator: Simulator) -> None:
    async with level_2(simulator, "ollama") as models:
        result = await models.classify(tweets())
        default = models.limits()
    async with level_2(simulator, "ollama", vllm_context_tokens=2_048) as models:
        told = models.limits()
    assert len(result.answers) == 3
    assert '"prefixItems"' in simulator.played["ollama"].bodies[-1]
    assert 2 * told.max_tokens < default.max_tokens < 4_096


async def test_what_ollama_would_cut_silently_is_not_sent(simulator: Simulator) -> None:
    async with level_2(simulator, "ollama", vllm_context_tokens=2_048) as models:
        n_before = simulator.played["ollama"].n_tweets
        result = await models.classify(tweets(2, ("Merci", "Ma facture est fausse " * 300)))
    assert set(result.answers) == {0}
    assert result.given_up[1].startswith("context_length")
    assert simulator.played["ollama"].n_tweets == n_before + 1


# --- a server that hangs


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def trickling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Sends a byte at a time: no timeout between two bytes ever passes."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(HEAD % 1_000_000)
    while not writer.is_closing():
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(CHECK_S / 8)


async def trickling_after_its_models(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(HEAD % len(MODELS) + MODELS)
    await trickling(reader, writer)


@asynccontextmanager
async def server(serve: Serve) -> AsyncIterator[str]:
    tasks: set[asyncio.Task[None]] = set()

    async def quiet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())  # type: ignore[arg-type]
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await serve(reader, writer)
        writer.close()

    listening = await asyncio.start_server(quiet, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
    finally:
        listening.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("serve", [silent, trickling, trickling_after_its_models])
async def test_neither_the_start_nor_a_batch_is_held_up(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.gpu_server.HEALTH_S", CHECK_S)
    monkeypatch.setattr("agents.gpu_server.SELF_TEST_S", CHECK_S)
    monkeypatch.setattr("agents.gpu_server.HUNG_S", CHECK_S / 2)
    async with asyncio.timeout(TOO_LONG_S), server(serve) as url, worker(load_settings(vllm_base_url=url)) as models:
        assert models.limits().linger_s > 0, "the server stays in use: it may recover"
        for _ in range(200):  # were each held up for `CHECK_S`, they would take longer than is given
            reasons = set((await models.classify(tweets())).given_up.values())
            assert reasons <= {"server_down: timeout", "self_test: timeout"}
            assert reasons


class Down:
    """A server that answers 503."""

    async def health(self, *, timeout_s: float) -> None:
        await asyncio.sleep(0)
        raise ProviderError(Failure(FailureKind.UNAVAILABLE, 503))


async def test_each_check_is_told_to_those_who_waited_for_it() -> None:
    """The first of them to wake begins the next check before the others have read theirs."""
    server = GpuServer(Down(), None, start_timeout_s=1.0, start_interval_s=1.0)  # type: ignore[arg-type]

    async def twice() -> list[str]:
        return [await server.ready(), await server.ready()]

    told = await asyncio.gather(twice(), twice(), twice())
    assert list(told) == 3 * [2 * ["server_down: unavailable 503"]]


@pytest.mark.parametrize("serve", [silent, trickling])
async def test_asking_the_server_is_bounded(serve: Serve) -> None:
    async with server(serve) as url:
        provider = VllmProvider(base_url=url)
        try:
            for ask in (provider.resolve, provider.health):
                async with asyncio.timeout(TOO_LONG_S):
                    with pytest.raises(ProviderError, match="timeout"):
                        await ask(timeout_s=CHECK_S)
        finally:
            await provider.close()
