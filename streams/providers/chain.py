"""A level made of generative models: the cascade through which every batch goes.

What streams/core decides is carried out here: the cheapest sufficient target that takes the call gets it, with one
retry loop, one deadline for all of it, and one event for each call.
"""

import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

import structlog

from schemas.taxonomy import Level, Stage
from schemas.tweet import ScrubbedTweet
from streams import metrics
from streams.core.cascade import Keep, LevelResult, keep_nothing
from streams.core.limits import Limits
from streams.core.order import Load, Ranked, Rota, rank
from streams.core.pricing import NO_PRICES, PriceTable
from streams.core.profiles import Target
from streams.core.prompt import OUT_TOKENS_RESERVE, SYSTEM
from streams.core.ratios import Ratios
from streams.core.retry import FailureKind
from streams.core.tokens import TokenCounter
from streams.providers.batch_run import BatchRun
from streams.providers.booking import Booked, BookingOffice
from streams.providers.bounded import bounded
from streams.providers.errors import ProviderError
from streams.providers.levels import tell_disabled, tell_enabled
from streams.providers.protocol import Completion, Deployed

log = structlog.get_logger()

CLOSE_TIMEOUT_S: Final = 5.0

RAMBLING: Final = 2
"""An answer so many times as long as expected is an alarm: the model thinks or talks, and that is paid for."""


def no_prices() -> PriceTable:
    """Returns the table that knows no price: the business's order alone decides."""
    return NO_PRICES


class Chain:
    """Classifies batches with the cheapest sufficient target that takes them; several may be under way at once.

    Args:
        deployed: the targets in the business's order; empty gives every batch up at once.
        stage: recorded with each call.
        level: recorded with each call.
        deadline_s: for one batch, every retry, fallback and escalation included.
        limits: breakers, rates and budgets.
        count: o200k tokens of a text.
        prices: gives the table in force; asked for each batch, so that the order follows the prices.
        level_budget_usd: of one day, for the whole level; None: unbounded.
        rng: spreads the retries.
    """

    def __init__(
        self,
        deployed: Sequence[Deployed],
        *,
        stage: Stage,
        level: Level,
        deadline_s: float,
        limits: Limits,
        count: TokenCounter,
        prices: Callable[[], PriceTable] = no_prices,
        level_budget_usd: Decimal | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.deployed = tuple(deployed)
        self.deadline_s = deadline_s
        self.limits = limits
        self.count = count
        self.prices = prices
        self.ratios = Ratios()
        self.rng = rng or random.Random()  # noqa: S311 - jitter, no secret
        self.office = BookingOffice(
            self.deployed, limits=limits, stage=stage, level=level, level_budget_usd=level_budget_usd
        )
        self._disabled: set[str] = set()
        self.rota = Rota()
        self._prompt_tokens: int | None = None

    async def classify(self, tweets: Sequence[ScrubbedTweet], keep: Keep = keep_nothing) -> LevelResult:
        """Gives each tweet labels or a reason why it has none; takes at most `deadline_s` and raises nothing.

        A batch of VIPs alone begins at the top of the ladder. `keep` gets each answer of the result, once.
        """
        return await BatchRun(self, tweets, keep).finish()

    def ranked(self, *, tweet_tokens: int, n_tweets: int) -> tuple[Ranked, ...]:
        """Returns every target by what a call of this size would cost now."""
        load = Load(prompt_tokens=self.prompt_tokens, tweet_tokens=tweet_tokens, n_tweets=n_tweets)
        return rank((one.target for one in self.deployed), self.prices(), load, self.ratios)

    def learn(self, booked: Booked, completion: Completion) -> None:
        """Learns from an answer: its target is well, and how many tokens it took; one far too long is an alarm."""
        target, expected = booked.deployed.target, booked.expected
        if target.name in self._disabled:
            self._disabled.remove(target.name)
            tell_enabled(target.name)
        self.ratios.observe(target.model, booked.counted_tokens, completion.input_tokens)
        self.ratios.observe_cache(target.model, completion.cached_tokens, completion.input_tokens)
        n_out = (completion.output_tokens or 0) + (completion.thought_tokens or 0)
        if n_out > RAMBLING * expected.output_tokens + OUT_TOKENS_RESERVE:
            metrics.OUTPUT_ALARMS.labels(target.name).inc()
            log.warning("output_too_long", target=target.name, n_tokens=n_out, expected=expected.output_tokens)

    def disable(self, target: str, kind: FailureKind) -> None:
        """Alerts to a target whose provider refuses its calls, until it answers again."""
        self._disabled.add(target)
        tell_disabled(target, kind)

    def correction(self, target: Target) -> float:
        """Returns real input tokens per expected one, as the provider's usage has shown."""
        return self.ratios.ratio(target.model)

    @property
    def prompt_tokens(self) -> int:
        """O200k tokens of the prompt's fixed part."""
        if self._prompt_tokens is None:
            self._prompt_tokens = self.count(SYSTEM)
        return self._prompt_tokens

    @property
    def climbs(self) -> bool:
        """Whether there is a rung to climb to."""
        return len({one.target.profile.rung for one in self.deployed}) > 1

    async def close(self) -> None:
        """Closes every client, even where one of them fails to."""
        for one in self.deployed:
            try:
                await bounded(one.provider.close(), timeout_s=CLOSE_TIMEOUT_S)
            except ProviderError as error:
                log.warning("provider_close_failed", target=one.target.name, failure=str(error))
