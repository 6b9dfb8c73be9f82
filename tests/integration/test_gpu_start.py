"""The GPU worker's start: a server that never ends an answer holds it up for a bounded time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from agents.gpu_worker import GpuModels
from streams.providers.errors import ProviderError
from streams.providers.vllm import VllmProvider
from streams.settings import load_settings

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
MODELS = b'{"object":"list","data":[{"id":"m","object":"model","created":1,"owned_by":"us"}]}'
SELF_TEST_S = 0.4
TOO_LONG_S = 5.0


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def trickling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Sends a byte at a time: no timeout between two bytes ever passes."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(HEAD % 1_000_000)
    while not writer.is_closing():
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(SELF_TEST_S / 8)


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
async def test_the_start_is_not_held_up(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.gpu_worker.SELF_TEST_S", SELF_TEST_S)
    async with server(serve) as url:
        models = GpuModels(load_settings(vllm_base_url=url))
        try:
            async with asyncio.timeout(TOO_LONG_S):
                await models.start()
            assert models.limits().linger_s > 0, "the server stays in use: it may recover"
        finally:
            await models.close()


@pytest.mark.parametrize("serve", [silent, trickling])
async def test_asking_for_the_models_is_bounded(serve: Serve) -> None:
    async with server(serve) as url:
        provider = VllmProvider(base_url=url)
        try:
            async with asyncio.timeout(TOO_LONG_S):
                with pytest.raises(ProviderError, match="timeout"):
                    await provider.resolve(timeout_s=SELF_TEST_S)
        finally:
            await provider.close()
