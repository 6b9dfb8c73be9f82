"""One server on loopback that speaks the wire protocols of OpenAI, Mistral, Gemini (both SDKs) and vLLM.

Each provider has its own path, mode, counters and recorded bodies. Labels come from tests/simulator/rule.py.
"""

import asyncio
import contextlib
import json
from collections import deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

from aiohttp import web

from streams.providers.ranks import o200k_counter
from tests.simulator import dialects
from tests.simulator.modes import LIMIT_ITEMS, Mode, Reply, reply_to

PROVIDERS: Final = ("gemini", "mistral", "openai", "vllm")
KEPT_BODIES: Final = 1_000
SLOW_S: Final = 0.2
MODEL_LEN: Final = 8_192

_STATUS: Final[dict[Mode, int]] = {
    Mode.RATE_LIMITED: 429,
    Mode.RATE_LIMITED_SHORT: 429,
    Mode.RATE_LIMITED_LONG: 429,
    Mode.RETRY_INFO: 429,
    Mode.QUOTA: 429,
    Mode.UNAUTHORISED: 401,
    Mode.PAYMENT: 402,
    Mode.FORBIDDEN: 403,
    Mode.NOT_FOUND: 404,
    Mode.ERROR: 500,
    Mode.UNAVAILABLE: 503,
    Mode.BAD_REQUEST: 400,
}
_RETRY_AFTER: Final[dict[Mode, str]] = {Mode.RATE_LIMITED_SHORT: "1", Mode.RATE_LIMITED_LONG: "60"}


@dataclass(slots=True)
class Played:
    """One provider's part: its mode (for `n_left` calls, then ok; None is for ever) and what it saw."""

    mode: Mode = Mode.OK
    n_left: int | None = None
    n_calls: int = 0
    n_tweets: int = 0
    bodies: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_BODIES))

    def next_mode(self) -> Mode:
        self.n_calls += 1
        mode = self.mode
        if self.n_left is not None:
            self.n_left -= 1
            if self.n_left <= 0:
                self.mode, self.n_left = Mode.OK, None
        return mode


class Simulator:
    """The server; `async with Simulator() as simulator` starts it on a free port of 127.0.0.1."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.played = {name: Played() for name in PROVIDERS}
        self._stopping = asyncio.Event()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def base_url(self, provider: str) -> str:
        """Returns what the setting `<provider>_base_url` takes."""
        suffix = {"openai": "/v1", "vllm": "/v1"}.get(provider, "")
        return f"{self.url}/{provider}{suffix}"

    def environment(self) -> dict[str, str]:
        """Returns the settings that point all of Dallosh's model tiers at this server."""
        urls = {f"DALLOSH_{name.upper()}_BASE_URL": self.base_url(name) for name in PROVIDERS}
        keys = {f"DALLOSH_{name.upper()}_API_KEY": "simulated" for name in PROVIDERS}
        return {**urls, **keys}

    def set_mode(self, provider: str, mode: Mode | str, *, times: int | None = None) -> None:
        """Changes how a provider behaves, for the next `times` calls or for ever."""
        self.played[provider].mode = Mode(mode)
        self.played[provider].n_left = times

    def stats(self) -> dict[str, dict[str, Any]]:
        return {
            name: {"calls": one.n_calls, "tweets": one.n_tweets, "mode": one.mode.value}
            for name, one in self.played.items()
        }

    async def start(self) -> None:
        app = web.Application(client_max_size=64 << 20)
        app.add_routes(
            [
                web.post("/openai/v1/chat/completions", self._chat),
                web.post("/mistral/v1/chat/completions", self._chat),
                web.post("/vllm/v1/chat/completions", self._chat),
                web.get("/vllm/v1/models", self._models),
                web.get("/vllm/health", self._health),
                web.post("/{provider:gemini}/{version}/models/{model}:generateContent", self._generate),
                web.get("/_simulator/stats", self._stats),
                web.post("/_simulator/mode", self._mode),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        self._stopping.set()
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    # --- the models

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        provider = request.path.split("/")[1]
        if provider != "vllm" and not request.headers.get("Authorization", "").startswith("Bearer "):
            return _error(provider, Mode.UNAUTHORISED)
        return await self._answer(request, provider)

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        if not (request.headers.get("x-goog-api-key") or request.query.get("key")):
            return _error("gemini", Mode.UNAUTHORISED)
        return await self._answer(request, "gemini")

    async def _answer(self, request: web.Request, provider: str) -> web.StreamResponse:
        played = self.played[provider]
        raw = await request.text()
        body = json.loads(raw)
        if (forced := dialects.forced_answer(body)) is not None:  # the self-test counts as no call
            text = reply_to([], Mode.UNCONSTRAINED).text if played.mode is Mode.UNCONSTRAINED else forced
            return web.json_response(dialects.answer(provider, body, Reply(text), n_in=40, n_out=5))
        mode = played.next_mode()
        played.bodies.append(raw)
        system, user = dialects.texts(provider, body)
        lines = dialects.lines(user)
        played.n_tweets += len(lines)
        if mode in _STATUS:
            return _error(provider, mode)
        if mode is Mode.CONTEXT_LENGTH and len(lines) > LIMIT_ITEMS:
            return _error(provider, mode)
        if (trouble := await self._trouble(request, mode)) is not None:
            return trouble
        reply = reply_to(lines, mode)
        if mode is Mode.SAFETY and reply.finish == "safety" and provider == "openai" and played.n_calls % 2:
            return _error(provider, mode)  # as Azure does; every other time as a finish reason
        count = o200k_counter()
        answered = dialects.answer(provider, body, reply, n_in=count(system) + count(user), n_out=count(reply.text))
        return await _dripped(request, answered) if mode is Mode.DRIP else web.json_response(answered)

    async def _trouble(self, request: web.Request, mode: Mode) -> web.StreamResponse | None:
        match mode:
            case Mode.SLOW:
                await asyncio.sleep(SLOW_S)
            case Mode.HANG:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), 600)
                return web.Response(status=503)
            case Mode.DROPPED:
                if request.transport is not None:
                    request.transport.abort()
                return web.Response(status=500)
            case Mode.HTML_502 | Mode.HTML_200:
                status = 502 if mode is Mode.HTML_502 else 200
                return web.Response(status=status, text="<html>proxy</html>", content_type="text/html")
            case _:
                pass
        return None

    async def _models(self, request: web.Request) -> web.Response:
        if self.played["vllm"].mode in _STATUS:
            return _error("vllm", self.played["vllm"].mode)
        model = {"id": "simulated-mistral", "object": "model", "created": 0, "owned_by": "simulator"}
        return web.json_response({"object": "list", "data": [{**model, "max_model_len": MODEL_LEN}]})

    async def _health(self, request: web.Request) -> web.Response:
        return web.Response(status=_STATUS.get(self.played["vllm"].mode, 200))

    # --- control from another process

    async def _stats(self, request: web.Request) -> web.Response:
        return web.json_response(self.stats())

    async def _mode(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        names = PROVIDERS if wanted["provider"] == "all" else (wanted["provider"],)
        for name in names:
            self.set_mode(name, wanted["mode"], times=wanted.get("times"))
        return web.json_response(self.stats())


def _error(provider: str, mode: Mode) -> web.Response:
    status = 400 if mode in (Mode.CONTEXT_LENGTH, Mode.SAFETY) else _STATUS[mode]
    headers = {"Retry-After": _RETRY_AFTER[mode]} if mode in _RETRY_AFTER else {}
    return web.json_response(dialects.error(provider, status, mode), status=status, headers=headers)


async def _dripped(request: web.Request, answer: dict[str, Any]) -> web.StreamResponse:
    """Sends an answer byte by byte, slower than any deadline."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        for byte in json.dumps(answer).encode():
            await response.write(bytes([byte]))
            await asyncio.sleep(0.2)
            if request.transport is None or request.transport.is_closing():
                break
    return response
