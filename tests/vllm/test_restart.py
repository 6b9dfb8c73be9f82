"""A real vLLM server that dies with batches in flight is started again by the configured command; nothing is lost."""

import asyncio
import time

import pytest

from agents.gpu_worker import GpuModels
from streams.core.cascade import LevelResult
from tests.integration.gpu_rig import is_whole, worker
from tests.vllm.real_server import MODEL_LEN, RealServer, gone
from tests.vllm.test_contract import tweets

pytestmark = pytest.mark.timeout(900)

N = 40


async def in_flight(models: GpuModels, server: RealServer, name: str) -> tuple[list[LevelResult], float]:
    """Kills a part of the server while four batches are at it; returns their results and how long they took."""
    models.limits()
    batches = [asyncio.create_task(models.classify(tweets(N))) for _ in range(4)]
    await asyncio.sleep(0.2)  # a batch takes 1 s and more
    assert not any(batch.done() for batch in batches)
    before = server.kill(name)
    began = time.monotonic()
    results = list(await asyncio.gather(*batches))
    assert gone(before), "what the first start left has ended"
    return results, time.monotonic() - began


async def test_killed_and_started_with_another_context(other_server: RealServer) -> None:
    async with worker(other_server.settings()) as first:
        assert len((await first.classify(tweets(N))).answers) == N
        before = first.limits()
    async with worker(other_server.settings(model_len=MODEL_LEN // 2)) as models:
        assert models.limits() == before, "the server outlived its worker"
        results, seconds = await in_flight(models, other_server, "api")
        after = models.limits()
    n_answered = sum(len(result.answers) for result in results)
    print(f"\nkill -9 of the server: {n_answered} of {4 * N} answered by the new one, {seconds:.0f} s")
    assert all(is_whole(result, N) for result in results)
    assert n_answered == 4 * N
    assert after.max_tokens < before.max_tokens / 2, "the limit follows without a restart of the worker"


async def test_a_dead_engine(other_server: RealServer) -> None:
    async with worker(other_server.settings()) as models:
        assert len((await models.classify(tweets(N))).answers) == N
        results, seconds = await in_flight(models, other_server, "engine")
        n_answered = sum(len(result.answers) for result in results)
        print(f"\nkill -9 of the engine: {n_answered} of {4 * N} answered by the new one, {seconds:.0f} s")
        assert all(is_whole(result, N) for result in results)
        later = await models.classify(tweets(N))
    assert len(later.answers) == N
