"""The classifier: level 1, the external APIs."""

import asyncio
from collections.abc import Sequence

from agents.kept import open_kept
from agents.level import LevelProcessor, LevelSpec
from agents.limits import open_limits
from schemas.taxonomy import Level, Stage
from schemas.topics import FALLBACK_GPU
from schemas.tweet import ScrubbedTweet
from streams.core.batching import BatchLimits
from streams.core.capacity import Capacity, shared_capacity
from streams.core.cascade import Keep, LevelResult, keep_nothing
from streams.core.order import ORDINARY, candidates
from streams.core.tokens import tweet_tokens
from streams.kafka.batch_stage import run_batch_stage
from streams.providers.chain import Chain
from streams.providers.levels import api_targets
from streams.providers.prices import open_prices
from streams.providers.ranks import o200k_counter
from streams.settings import Settings

SPEC = LevelSpec(stage=Stage.CLASSIFIER, level=Level.API, fallback=FALLBACK_GPU)


class ApiModels:
    """The configured APIs; with none, every tweet is handed on at once and no time is spent on filling batches."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._count = o200k_counter()
        self._prices = open_prices(settings, strict=False)
        self._limits = open_limits(settings, SPEC.level)
        self._watch: asyncio.Task[None] | None = None
        deployed = api_targets(settings)
        self._policies = {one.target.policy for one in deployed}
        self.chain = Chain(
            deployed,
            stage=SPEC.stage,
            level=SPEC.level,
            deadline_s=settings.batch_deadline_s,
            limits=self._limits,
            count=self._count,
            prices=self._prices.table,
            level_budget_usd=settings.budget_usd_per_day or None,
        )

    async def start(self) -> None:
        """Begins to watch the prices; the clients connect at the first call."""
        self._watch = asyncio.create_task(self._prices.run())

    def limits(self) -> BatchLimits:
        """Returns what fits every model that an ordinary batch may go to; without one nothing lingers."""
        wanted = Capacity(max_tokens=self._settings.max_batch_tokens, max_tweets=self._settings.max_batch_tweets)
        ranked = self.chain.ranked(tweet_tokens=wanted.max_tokens, n_tweets=1)
        profiles = (one.target.profile for one in candidates(ranked, ORDINARY))
        table, prompt_tokens = self._prices.table(), self.chain.prompt_tokens
        held = shared_capacity(profiles, table, prompt_tokens=prompt_tokens, at_most=wanted)
        return BatchLimits(
            max_tokens=held.max_tokens,
            max_items=held.max_tweets,
            linger_s=self._settings.linger_s if ranked else 0.0,
        )

    def n_tokens(self, tweet: ScrubbedTweet) -> int:
        """Counts the o200k tokens of the longest form that a configured target may see."""
        return tweet_tokens(tweet, self._count, policies=self._policies) if self._policies else 1

    async def classify(self, tweets: Sequence[ScrubbedTweet], keep: Keep = keep_nothing) -> LevelResult:
        """Sends a batch through the cascade."""
        return await self.chain.classify(tweets, keep)

    async def close(self) -> None:
        """Closes the clients and the shared state."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait({self._watch})  # however it ended, the clients are closed
        await self.chain.close()
        await self._limits.close()


def processor(settings: Settings) -> LevelProcessor:
    """Builds the stage's processor."""
    return LevelProcessor(SPEC, ApiModels(settings), open_kept(settings, SPEC.level))


def run(settings: Settings) -> int:
    """Runs the stage until SIGTERM; returns the exit code."""
    return run_batch_stage(settings, SPEC.stage, processor(settings))
