"""The classifier: level 1, the external APIs."""

from collections.abc import Sequence

from agents.level import LevelProcessor, LevelSpec
from schemas.taxonomy import Level, Stage
from schemas.topics import FALLBACK_GPU
from schemas.tweet import ScrubbedTweet
from streams.core.batching import BatchLimits
from streams.core.cascade import LevelResult
from streams.core.tokens import tweet_tokens
from streams.kafka.batch_stage import run_batch_stage
from streams.providers.chain import Chain
from streams.providers.levels import api_targets
from streams.providers.ranks import o200k_counter
from streams.settings import Settings

SPEC = LevelSpec(stage=Stage.CLASSIFIER, level=Level.API, fallback=FALLBACK_GPU)


class ApiModels:
    """The configured APIs; with none, every tweet is handed on at once and no time is spent on filling batches."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        deployed = api_targets(settings)
        providers = [one.provider for one in deployed]
        self.chain = Chain(providers, stage=SPEC.stage, level=SPEC.level, deadline_s=settings.batch_deadline_s)
        self._policies = {provider.policy for provider in providers}
        self._ratio = max((one.target.profile.token_ratio for one in deployed), default=1.0)
        self._count = o200k_counter() if providers else None

    async def start(self) -> None:
        """Does nothing: the clients connect at the first call."""

    def limits(self) -> BatchLimits:
        """Returns the settings' limits; without an API nothing lingers."""
        return BatchLimits(
            max_tokens=self._settings.max_batch_tokens,
            max_items=self._settings.max_batch_tweets,
            linger_s=self._settings.linger_s if self.chain.providers else 0.0,
        )

    def n_tokens(self, tweet: ScrubbedTweet) -> int:
        """Counts the longest form that a configured target may see, in the tokens of the dearest one."""
        if self._count is None:
            return 1
        return tweet_tokens(tweet, self._count, policies=self._policies, ratio=self._ratio)

    async def classify(self, tweets: Sequence[ScrubbedTweet]) -> LevelResult:
        """Sends a batch through the chain."""
        return await self.chain.classify(tweets)

    async def close(self) -> None:
        """Closes the clients."""
        await self.chain.close()


def processor(settings: Settings) -> LevelProcessor:
    """Builds the stage's processor."""
    return LevelProcessor(SPEC, ApiModels(settings))


def run(settings: Settings) -> int:
    """Runs the stage until SIGTERM; returns the exit code."""
    return run_batch_stage(settings, SPEC.stage, processor(settings))
