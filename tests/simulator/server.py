"""One server on loopback that speaks the wire protocols of OpenAI, Azure OpenAI, Mistral, Gemini, vLLM and Ollama.

Each provider has its own path, each provider and model its own mode, limits, counters and recorded bodies. Labels come
from tests/simulator/rule.py: whatever shows them calls them simulated.
"""

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Final, Self

from aiohttp import web

from tests.simulator.answering import Answering
from tests.simulator.errors import STATUS, error
from tests.simulator.limits import MODEL_LEN as MODEL_LEN
from tests.simulator.limits import Capacity
from tests.simulator.metering import encoding
from tests.simulator.modes import Mode
from tests.simulator.played import Latency, Parts

PROVIDERS: Final = ("gemini", "mistral", "openai", "azure", "vllm", "ollama")
CONFIGURED: Final = ("gemini", "mistral", "openai", "vllm")
"""The parts that `environment` configures: a local trial's level 1 and level 2."""

MODELS: Final[dict[str, str]] = {"vllm": "simulated-mistral", "ollama": "simulated-mistral:latest"}
"""What the servers list when no models are named."""


class Simulator:
    """The server; `async with Simulator() as simulator` starts it on a free port of 127.0.0.1."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.played = Parts(PROVIDERS)
        self._stopping = asyncio.Event()
        self.answering = Answering(self.played, self._stopping)
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def base_url(self, provider: str) -> str:
        """Returns what the setting `<provider>_base_url` takes; for azure the endpoint."""
        suffix = "/v1" if provider in ("openai", "vllm", "ollama") else ""
        return f"{self.url}/{provider}{suffix}"

    def environment(self) -> dict[str, str]:
        """Returns the settings that point all of Dallosh's model tiers at this server."""
        urls = {f"DALLOSH_{name.upper()}_BASE_URL": self.base_url(name) for name in CONFIGURED}
        keys = {f"DALLOSH_{name.upper()}_API_KEY": "simulated" for name in CONFIGURED}
        return {**urls, **keys}

    def set_mode(self, name: str, mode: Mode | str, *, times: int | None = None) -> None:
        """Changes how a provider ("openai") or a model ("openai/gpt-4o") behaves, for `times` calls or for ever."""
        part = self.played.named(name)
        part.mode, part.n_left = Mode(mode), times

    def set_capacity(self, name: str, capacity: Capacity) -> None:
        """Bounds the rate, context and output of a provider or a model."""
        self.played.named(name).capacity = capacity

    def set_latency(self, name: str, latency: Latency) -> None:
        """Says how long the answers of a provider or a model take."""
        self.played.named(name).latency = latency

    def set_models(self, provider: str, models: Iterable[str]) -> None:
        """Names the models that a provider has; any other is a 404. None named: it has any."""
        self.played[provider].models = frozenset(models)

    def reset(self) -> None:
        """Starts anew: every part behaves, is unbounded and has seen nothing."""
        self.played.forget()

    def stats(self) -> dict[str, dict[str, Any]]:
        """Returns calls, tweets, tokens and statuses by provider and by model."""
        return self.played.stats()

    async def start(self) -> None:
        await asyncio.to_thread(encoding)
        app = web.Application(client_max_size=64 << 20)
        app.add_routes([*self._model_routes(), *self._server_routes(), *self._control_routes()])
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

    def _model_routes(self) -> list[web.RouteDef]:
        return [
            web.post("/{provider:openai|mistral|vllm|ollama}/v1/chat/completions", self._chat),
            web.post("/azure/openai/deployments/{deployment}/chat/completions", self._azure),
            web.post("/{provider:gemini}/{version}/models/{model}:generateContent", self._generate),
        ]

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        provider = request.match_info["provider"]
        local = provider in ("vllm", "ollama")
        known = local or request.headers.get("Authorization", "").startswith("Bearer ")
        return await self.answering.call(request, provider, "", known_key=known)

    async def _azure(self, request: web.Request) -> web.StreamResponse:
        if not request.query.get("api-version"):
            return web.json_response({"error": {"code": "404", "message": "Resource not found"}}, status=404)
        deployment = request.match_info["deployment"]
        return await self.answering.call(request, "azure", deployment, known_key="api-key" in request.headers)

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        known = bool(request.headers.get("x-goog-api-key") or request.query.get("key"))
        return await self.answering.call(request, "gemini", request.match_info["model"], known_key=known)

    # --- what vLLM and Ollama tell of themselves

    def _server_routes(self) -> list[web.RouteDef]:
        return [
            web.get("/{provider:vllm|ollama}/v1/models", self._models),
            web.get("/vllm/health", self._health),
            web.get("/ollama/api/tags", self._tags),
            web.get("/ollama/api/version", self._version),
        ]

    def _listed(self, provider: str) -> list[str]:
        return sorted(self.played[provider].models) or [MODELS[provider]]

    async def _models(self, request: web.Request) -> web.Response:
        provider = request.match_info["provider"]
        if (mode := self.played[provider].mode) in STATUS and mode is not None:
            status, headers, body = error(provider, mode)
            return web.json_response(body, status=status, headers=headers)
        data: list[dict[str, Any]] = [
            {"id": name, "object": "model", "created": 0, "owned_by": "simulator"} for name in self._listed(provider)
        ]
        if provider == "vllm":
            data = [{**one, "max_model_len": self.answering.limits(provider, one["id"])[0]} for one in data]
        return web.json_response({"object": "list", "data": data})

    async def _health(self, request: web.Request) -> web.Response:
        mode = self.played["vllm"].mode
        return web.Response(status=200 if mode is None else STATUS.get(mode, 200))

    async def _tags(self, request: web.Request) -> web.Response:
        if self.played["ollama"].mode in STATUS:
            return web.Response(status=503)
        details = {"format": "gguf", "family": "llama", "parameter_size": "7B", "quantization_level": "Q4_0"}
        models = [{"name": name, "model": name, "size": 1, "details": details} for name in self._listed("ollama")]
        return web.json_response({"models": models})

    async def _version(self, request: web.Request) -> web.Response:
        return web.json_response({"version": "0.0.0-simulated"})

    # --- control from another process

    def _control_routes(self) -> list[web.RouteDef]:
        return [
            web.get("/_simulator/stats", self._stats),
            web.post("/_simulator/mode", self._mode),
            web.post("/_simulator/limits", self._limits),
            web.post("/_simulator/latency", self._latency),
            web.post("/_simulator/models", self._set_models),
            web.post("/_simulator/reset", self._reset),
        ]

    async def _stats(self, request: web.Request) -> web.Response:
        return web.json_response(self.stats())

    async def _mode(self, request: web.Request) -> web.Response:
        """Takes {"provider": "openai" or "openai/gpt-4o" or "all", "mode": ..., "times": ...}."""
        wanted = await request.json()
        names = PROVIDERS if wanted["provider"] == "all" else (wanted["provider"],)
        for name in names:
            self.set_mode(name, wanted["mode"], times=wanted.get("times"))
        return web.json_response(self.stats())

    async def _limits(self, request: web.Request) -> web.Response:
        """Takes {"provider": ..., "rpm": ..., "tpm": ..., "context_tokens": ..., "max_output_tokens": ...}."""
        wanted = await request.json()
        self.set_capacity(wanted.pop("provider"), Capacity(**wanted))
        return web.json_response(self.stats())

    async def _latency(self, request: web.Request) -> web.Response:
        """Takes {"provider": ..., "base_s": ..., "per_token_s": ...}."""
        wanted = await request.json()
        self.set_latency(wanted.pop("provider"), Latency(**wanted))
        return web.json_response(self.stats())

    async def _set_models(self, request: web.Request) -> web.Response:
        """Takes {"provider": ..., "models": [...]}."""
        wanted = await request.json()
        self.set_models(wanted["provider"], wanted["models"])
        return web.json_response(self.stats())

    async def _reset(self, request: web.Request) -> web.Response:
        self.reset()
        return web.json_response(self.stats())
