"""What is known of level 1's models now: from the settings, the price table and the state that the workers share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from agents.embedded import connected
from agents.limits import open_limits
from schemas.taxonomy import Level
from streams.core.limits import Limits, TargetState
from streams.core.order import Load, Ranked, rank
from streams.core.profiles import Disabled
from streams.core.prompt import SYSTEM
from streams.core.standing import Standing, standings
from streams.errors import FatalError
from streams.providers.deployments import plan
from streams.providers.prices import open_prices
from streams.providers.profiles import load_models
from streams.providers.ranks import o200k_counter
from streams.settings import Settings

TWEET_TOKENS: Final = 44
"""o200k tokens of a French tweet's line, its index included: the mean of 60,000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStatus:
    """Every configured model. `missing` says what could not be asked; states are then left out.

    `budget_usd` is the level's of one day, None where it is unbounded; `spent_today_usd` None where nobody knows.
    """

    standings: tuple[Standing, ...]
    disabled: tuple[Disabled, ...]
    price_version: str
    load: Load
    missing: tuple[str, ...] = ()
    budget_usd: Decimal | None = None
    spent_today_usd: Decimal | None = None


async def model_status(settings: Settings) -> ModelStatus:
    """Gathers the status; without Redis the workers' states are unknown, and it says so.

    Raises:
        SettingsError: the models file or the prices file is wrong.
    """
    found = plan(settings, load_models(settings.models_file), datetime.now(UTC).date())
    targets = tuple(one.target for one in found.ready)
    prices, load = open_prices(settings, keeps_history=False).table(), full_batch(settings)
    budget_usd = settings.budget_usd_per_day or None
    missing: tuple[str, ...] = ()
    states: Mapping[str, TargetState] = {}
    try:
        states = await _states(settings, rank(targets, prices, load), budget_usd) if targets else {}
    except FatalError as error:
        missing = (f"the state that the workers share is unknown: {error}",)
    return ModelStatus(
        standings=standings(targets, prices, load, states, level_budget_usd=budget_usd),
        disabled=found.disabled,
        price_version=prices.version,
        load=load,
        missing=missing,
        budget_usd=budget_usd,
        spent_today_usd=next((state.level_spent_today_usd for state in states.values()), None),
    )


def full_batch(settings: Settings) -> Load:
    """Returns a full batch of mean tweets, for which targets are ranked here."""
    n_tweets = max(1, min(settings.max_batch_tokens // TWEET_TOKENS, settings.max_batch_tweets))
    return Load(prompt_tokens=o200k_counter()(SYSTEM), tweet_tokens=n_tweets * TWEET_TOKENS, n_tweets=n_tweets)


async def reset_breaker(settings: Settings, name: str) -> None:
    """Closes the breaker of a configured target for all workers.

    Raises:
        FatalError: no such target is configured, or Redis does not answer.
    """
    found = plan(settings, load_models(settings.models_file), datetime.now(UTC).date())
    names = [one.target.name for one in found.ready]
    if name not in names:
        raise FatalError(f"no model {name} is configured", remedy=f"One of: {', '.join(names) or 'none'}")
    limits = _limits(settings)
    try:
        await limits.reset(name)
        _require_shared(limits)
    finally:
        await limits.close()


async def _states(
    settings: Settings, ranked: tuple[Ranked, ...], budget_usd: Decimal | None
) -> Mapping[str, TargetState]:
    limits = _limits(settings)
    try:
        states = await limits.states(tuple(one.ask(budget_usd) for one in ranked))
        _require_shared(limits)
    finally:
        await limits.close()
    return states


def _limits(settings: Settings) -> Limits:
    """Opens the workers' state; raises FatalError where Redis is neither configured nor running."""
    return open_limits(connected(settings, ("redis",)), Level.API)


def _require_shared(limits: Limits) -> None:
    if not limits.shared:
        raise FatalError("Redis does not answer", remedy="See: dallosh doctor")
