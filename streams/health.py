"""Health of a worker over HTTP: `/live`, `/ready`, `/metrics`."""

from collections.abc import Callable
from typing import Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from streams.errors import FatalError

Ready = Callable[[], tuple[bool, str]]

STOP_TIMEOUT_S: Final = 1.0


class HealthServer:
    """Answers on one port.

    `/live` says that the event loop turns; `/ready` answers 200 when the worker has its partitions and 503 with the
    reason when not; `/metrics` is Prometheus text.

    Args:
        host: address to listen on.
        port: 0 takes a free one.
        ready: whether the worker is ready, and why or why not.
    """

    def __init__(self, host: str, port: int, ready: Ready) -> None:
        self._host, self._port, self._ready = host, port, ready
        self._runner: web.AppRunner | None = None

    async def start(self) -> int:
        """Listens; returns the port.

        Raises:
            FatalError: the port is taken.
        """
        app = web.Application()
        app.add_routes(
            [web.get("/live", self._live), web.get("/ready", self._is_ready), web.get("/metrics", self._metrics)]
        )
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=STOP_TIMEOUT_S)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            raise FatalError(
                f"the health port {self._host}:{self._port} cannot be opened: {error.strerror}",
                remedy="Set DALLOSH_HEALTH_PORT to a free port, or 0",
            ) from error
        port: int = self._runner.addresses[0][1]
        return port

    async def stop(self) -> None:
        """Stops listening."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _live(self, request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _is_ready(self, request: web.Request) -> web.Response:
        ready, why = self._ready()
        return web.Response(status=200 if ready else 503, text=f"{why}\n")

    async def _metrics(self, request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})
