"""The GPU worker: level 2, an OpenAI-compatible server of our own (vLLM)."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import structlog

from agents.level import LevelProcessor, LevelSpec
from agents.limits import open_limits
from schemas.taxonomy import DataPolicy, Level, Stage
from schemas.topics import FALLBACK_BERT
from schemas.tweet import ScrubbedTweet
from streams.core.batching import BatchLimits
from streams.core.cascade import LevelResult
from streams.core.prompt import OUT_TOKENS_RESERVE, SYSTEM
from streams.core.tokens import ratio_of, tweet_tokens
from streams.kafka.batch_stage import run_batch_stage
from streams.providers.chain import Chain
from streams.providers.errors import ProviderError
from streams.providers.levels import gpu_providers, served
from streams.providers.ranks import o200k_counter
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.providers.vllm import VllmProvider  # loads the SDK, which a worker without a server does not need

log = structlog.get_logger()

SPEC = LevelSpec(stage=Stage.GPU, level=Level.GPU, fallback=FALLBACK_BERT)

SELF_TEST_S: Final = 20.0
CONTEXT_SHARE: Final = 0.9
OUT_PER_IN_TOKEN: Final = 0.25
"""Output tokens allowed per tweet token: 10.5 for a tweet of 44."""

MIN_BATCH_TOKENS: Final = 100


class GpuModels:
    """The configured server; with none, or one that does not obey the answer's schema, tweets are handed on at once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._providers = gpu_providers(settings)
        self._count = o200k_counter()
        self._limits = open_limits(settings)
        self.chain = self._chain()

    async def start(self) -> None:
        """Makes sure that constrained output really constrains, for `SELF_TEST_S` at most in all.

        A server that is down is tested no further.
        """
        try:
            async with asyncio.timeout(SELF_TEST_S):
                for provider in list(self._providers):
                    await self._test(provider)
        except TimeoutError:
            log.warning("self_test_skipped", failure="timeout")

    def limits(self) -> BatchLimits:
        """Returns the settings' limits, within the server's context; without a server nothing lingers."""
        return BatchLimits(
            max_tokens=min(self._settings.max_batch_tokens, self._context_tokens()),
            max_items=self._settings.max_batch_tweets,
            linger_s=self._settings.linger_s if self._providers else 0.0,
        )

    def n_tokens(self, tweet: ScrubbedTweet) -> int:
        """Counts the text as written, in the model's tokens."""
        if not self._providers:
            return 1
        return tweet_tokens(tweet, self._count, policies=(DataPolicy.LOCAL,), ratio=self._ratio())

    async def classify(self, tweets: Sequence[ScrubbedTweet]) -> LevelResult:
        """Sends a batch to the server."""
        return await self.chain.classify(tweets)

    async def close(self) -> None:
        """Closes the client."""
        await self.chain.close()
        await self._limits.close()

    async def _test(self, provider: "VllmProvider") -> None:
        try:
            if await provider.constrains(timeout_s=SELF_TEST_S):
                log.info("self_test_passed", model=provider.model, max_model_len=provider.max_model_len)
            else:
                log.error("output_not_constrained", model=provider.model, remedy="Use a vLLM of 0.12 or newer")
                await provider.close()
                self._providers = []
                self.chain = self._chain()
        except ProviderError as error:
            log.warning("self_test_skipped", failure=str(error))

    def _chain(self) -> Chain:
        return Chain(
            [served(provider) for provider in self._providers],
            stage=SPEC.stage,
            level=SPEC.level,
            deadline_s=self._settings.batch_deadline_s,
            limits=self._limits,
            count=self._count,
        )

    def _context_tokens(self) -> int:
        """Tweet tokens of which prompt and answer fit the smallest known context; no limit where none is known."""
        lengths = [provider.max_model_len for provider in self._providers if provider.max_model_len]
        if not lengths:
            return self._settings.max_batch_tokens
        fixed = self._count(SYSTEM) * self._ratio() + OUT_TOKENS_RESERVE
        return max(MIN_BATCH_TOKENS, int((CONTEXT_SHARE * min(lengths) - fixed) / (1 + OUT_PER_IN_TOKEN)))

    def _ratio(self) -> float:
        return max(ratio_of(provider.model) for provider in self._providers)


def processor(settings: Settings) -> LevelProcessor:
    """Builds the stage's processor."""
    return LevelProcessor(SPEC, GpuModels(settings))


def run(settings: Settings) -> int:
    """Runs the stage until SIGTERM; returns the exit code."""
    return run_batch_stage(settings, SPEC.stage, processor(settings))
