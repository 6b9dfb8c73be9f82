"""A receiver of webhooks on loopback, that can be down: then nothing listens at its port."""

import time
from types import TracebackType
from typing import Final, NamedTuple, Self

import msgspec
from aiohttp import web

from streams.loopback import free_ports

KEY: Final = "Idempotency-Key"


class Taken(NamedTuple):
    """A message that was answered with 200, and when, in seconds since 1970."""

    alert_id: str
    seq: int
    key: str
    at: float


class _Alert(msgspec.Struct, frozen=True):
    id: str


class _Message(msgspec.Struct, frozen=True):
    seq: int
    alert: _Alert


class Receiver:
    """Listens while its block runs, except from `down` to `up`."""

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        (self._port,) = free_ports(1)
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where messages go."""
        return f"http://127.0.0.1:{self._port}/alerts"

    async def up(self) -> None:
        """Listens, at the same port every time."""
        app = web.Application()
        app.add_routes([web.post("/alerts", self._take)])
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()

    async def down(self) -> None:
        """Closes the port and every connection."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.up()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.down()

    async def _take(self, request: web.Request) -> web.Response:
        said = msgspec.json.decode(await request.read(), type=_Message)
        self.taken.append(Taken(said.alert.id, said.seq, request.headers.get(KEY, ""), time.time()))
        return web.Response()
