"""The GPU worker: level 2, an OpenAI-compatible server of our own (vLLM or Ollama)."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil
from typing import Final

import structlog

from agents.gpu_server import HEALTH_S, SELF_TEST_S, GpuServer
from agents.gpu_start import ServerStart
from agents.kept import open_kept
from agents.level import LevelProcessor, LevelSpec
from agents.limits import open_limits
from schemas.taxonomy import DataPolicy, Level, Stage
from schemas.topics import FALLBACK_BERT
from schemas.tweet import ScrubbedTweet
from streams.core.batching import BatchLimits
from streams.core.capacity import CONTEXT_SHARE, OUT_PER_TWEET_TOKEN, Capacity, capacity
from streams.core.cascade import Answer, GiveUp, Keep, LevelResult, keep_nothing
from streams.core.prompt import OUT_TOKENS_RESERVE
from streams.core.rescue import is_suspicious, merged, once_more
from streams.core.tokens import tweet_tokens
from streams.kafka.batch_stage import run_batch_stage
from streams.providers.chain import Chain
from streams.providers.levels import gpu_providers, served
from streams.providers.prices import open_prices
from streams.providers.protocol import Deployed
from streams.providers.ranks import o200k_counter
from streams.settings import GPU_CHECKS_S, Settings

log = structlog.get_logger()

SPEC: Final = LevelSpec(stage=Stage.GPU, level=Level.GPU, fallback=FALLBACK_BERT)

CORRECTION_STEP: Final = 20
"""A twentieth: what usage teaches about the token ratio moves the limits by such steps, not with every batch."""


class GpuModels:
    """The configured server; with none, or one that cannot be used now, tweets are handed on with the reason.

    A batch waits for the server's checks and its start at most `gpu_start_timeout_s` and `GPU_CHECKS_S` in all.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._count = o200k_counter()
        self._limits = open_limits(settings, SPEC.level)
        self._prices = open_prices(settings, strict=False)
        self._watch: asyncio.Task[None] | None = None
        self._server = _server(settings)
        self._generation = 0
        self.chain = self._chain()

    async def start(self) -> None:
        """Watches the prices; tests a server that is up. One that is down is started when there are tweets for it."""
        self._watch = asyncio.create_task(self._prices.run())
        if self._server is not None:
            why = await self._server.ready(may_start=False, timeout_s=HEALTH_S + SELF_TEST_S)
            if why:
                log.warning("gpu_server_not_ready", reason=why)
            else:
                await self._follow(self._server)

    def limits(self) -> BatchLimits:
        """Returns the settings' limits, within the server's context as it told it last; without one nothing lingers."""
        limits = BatchLimits(
            max_tokens=self._settings.max_batch_tokens, max_items=self._settings.max_batch_tweets, linger_s=0.0
        )
        if self._server is None:
            return limits
        held = self._capacity(self._server)
        return replace(
            limits,
            max_tokens=min(limits.max_tokens, held.max_tokens),
            max_items=min(limits.max_items, held.max_tweets),
            linger_s=self._settings.linger_s,
        )

    def n_tokens(self, tweet: ScrubbedTweet) -> int:
        """Counts the o200k tokens of the text as written."""
        return tweet_tokens(tweet, self._count, policies=(DataPolicy.LOCAL,)) if self._server is not None else 1

    async def classify(self, tweets: Sequence[ScrubbedTweet], keep: Keep = keep_nothing) -> LevelResult:
        """Sends a batch to the server, once more where the server was gone and came back."""
        if self._server is None:
            return _all_given_up(tweets, GiveUp.NO_PROVIDER.value)
        deadline = time.monotonic() + self._settings.gpu_start_timeout_s + GPU_CHECKS_S
        if why := await self._why_not(self._server, deadline):
            return _all_given_up(tweets, why)
        generation = self._generation
        result = await self.chain.classify(tweets, keep)
        if is_suspicious(result):
            self._server.suspect(generation)
        items = once_more(result)
        if items and not await self._why_not(self._server, deadline):

            async def keep_again(answers: Mapping[int, Answer]) -> None:
                await keep({items[i]: answer for i, answer in answers.items()})

            result = merged(result, items, await self.chain.classify([tweets[i] for i in items], keep_again))
        return result

    async def close(self) -> None:
        """Ends the checks and closes the client; the server goes on."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait({self._watch})  # however it ended, the clients are closed
        if self._server is not None:
            await self._server.close()
        await self.chain.close()
        await self._limits.close()

    async def _why_not(self, server: GpuServer, deadline: float) -> str:
        """Returns an empty string when the server can be used."""
        why = await server.ready(timeout_s=max(0.0, deadline - time.monotonic()))
        if not why:
            await self._follow(server)
        return why

    async def _follow(self, server: GpuServer) -> None:
        """Takes over what a self-test told: the server's model and context, and that it is well."""
        if server.generation == self._generation:
            return
        generation, chain = server.generation, self._chain()
        if chain.deployed[0].target != self.chain.deployed[0].target:
            self.chain = chain
        await self._limits.reset(self.chain.deployed[0].target.name)  # the self-test was the probe
        self._generation = generation

    def _capacity(self, server: GpuServer) -> Capacity:
        """Returns what fits the server's context, prompt, tweets and answer together."""
        target, provider = self.chain.deployed[0].target, server.provider
        correction = ceil(self.chain.correction(target) * CORRECTION_STEP) / CORRECTION_STEP
        ratio = target.profile.token_ratio * correction
        prompt_tokens = provider.prompt_tokens or ceil(self.chain.prompt_tokens * ratio)
        room = CONTEXT_SHARE * provider.context_tokens - prompt_tokens - OUT_TOKENS_RESERVE
        answer = max(0, int(room * OUT_PER_TWEET_TOKEN / (1 + OUT_PER_TWEET_TOKEN)))
        profile = replace(
            target.profile,
            context_tokens=provider.context_tokens,
            max_output_tokens=OUT_TOKENS_RESERVE + answer,
            token_ratio=ratio,
        )
        return capacity(profile, prompt_tokens=ceil(prompt_tokens / ratio))

    def _chain(self) -> Chain:
        return Chain(
            self._deployed(),
            stage=SPEC.stage,
            level=SPEC.level,
            deadline_s=self._settings.batch_deadline_s,
            limits=self._limits,
            count=self._count,
            prices=self._prices.table,
        )

    def _deployed(self) -> list[Deployed]:
        return [served(self._server.provider)] if self._server is not None else []


def _server(settings: Settings) -> GpuServer | None:
    providers = gpu_providers(settings)
    if not providers:
        return None
    command, timeout_s = settings.gpu_start_command, settings.gpu_start_timeout_s
    start = ServerStart(command, settings.data_dir, timeout_s=timeout_s) if command else None
    interval_s = settings.gpu_start_interval_s
    return GpuServer(providers[0], start, start_timeout_s=timeout_s, start_interval_s=interval_s)


def _all_given_up(tweets: Sequence[ScrubbedTweet], why: str) -> LevelResult:
    return LevelResult({}, dict.fromkeys(range(len(tweets)), why))


def processor(settings: Settings) -> LevelProcessor:
    """Builds the stage's processor."""
    return LevelProcessor(SPEC, GpuModels(settings), open_kept(settings, SPEC.level))


def run(settings: Settings) -> int:
    """Runs the stage until SIGTERM; returns the exit code."""
    return run_batch_stage(settings, SPEC.stage, processor(settings))
