"""No adapter follows a redirect: what a target may see was decided for its own endpoint, and its key is for that."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from schemas.taxonomy import DataPolicy
from streams.core.prompt import render
from streams.core.retry import FailureKind
from streams.providers.errors import ProviderError
from tests.contract.providers.conftest import ADAPTERS, build, tweet

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")


@dataclass(slots=True)
class Redirecting:
    """A provider that sends everybody elsewhere, and counts who goes."""

    status: int = 307
    url: str = ""
    asked: list[str] = field(default_factory=list)
    followed: list[str] = field(default_factory=list)

    def base_url(self, provider: str) -> str:
        return f"{self.url}/{provider}"

    async def answer(self, request: web.Request) -> web.Response:
        if request.path == "/elsewhere":
            self.followed.append(request.method)
            return web.Response(status=500)
        self.asked.append(request.path)
        elsewhere = f"{self.url.replace('127.0.0.1', 'localhost')}/elsewhere"
        return web.Response(status=self.status, headers={"Location": elsewhere})


@pytest_asyncio.fixture
async def redirecting() -> AsyncIterator[Redirecting]:
    server, app = Redirecting(), web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("name", ADAPTERS)
async def test_neither_the_tweets_nor_the_key_go_elsewhere(name: str, status: int, redirecting: Redirecting) -> None:
    redirecting.status = status
    server: Any = redirecting
    provider = build(name, server, DataPolicy.ZDR)
    try:
        with pytest.raises(ProviderError) as raised:
            await provider.complete(render([tweet("Panne")], DataPolicy.ZDR), timeout_s=3.0)
    finally:
        await provider.close()
    assert redirecting.asked
    assert not redirecting.followed
    assert raised.value.failure.kind in (FailureKind.BAD_RESPONSE, FailureKind.CONNECTION)
