"""What a call costs: prices as data, money as Decimal, and an unknown price that is never 0."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

MTOK: Final = Decimal(1_000_000)

MAX_MOVE: Final = Decimal(3)
"""A refresh that moves a price by more than this factor, either way, is not believed."""

MIN_KEPT_SHARE: Final = 0.5
"""A refresh that knows less than this share of the prices known before is not believed."""

LEAST_USD_PER_MTOK: Final = Decimal("0.000001")
MOST_USD_PER_MTOK: Final = Decimal(10_000)
"""No price lies outside but 0: the dearest text model costs some hundred USD per million tokens."""

_MAX_REASONS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """USD per million tokens.

    `cached_input` is None where a cached token costs the same as another. Above `tier_tokens` input tokens of one call
    the whole call costs as `above` says, not only the tokens beyond: that is how all providers of ours charge.
    """

    input_usd_per_mtok: Decimal
    output_usd_per_mtok: Decimal
    cached_input_usd_per_mtok: Decimal | None = None
    tier_tokens: int | None = None
    above: "Price | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one call, the model's own. `cached_tokens` are part of `input_tokens`; thoughts cost as output."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    thought_tokens: int = 0


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Prices by reference (`openai/gpt-4o-mini`); `version` changes with every change of a price in use."""

    prices: Mapping[str, Price]
    version: str

    def price(self, ref: str | None) -> Price | None:
        """Returns a price, None where none is known."""
        return self.prices.get(ref) if ref is not None else None


NO_PRICES: Final = PriceTable({}, "none")


def cost_of(price: Price, usage: Usage) -> Decimal:
    """Returns the cost of a call in USD.

    Worked number: 4,900 tokens in and 600 out at 0.15 and 0.60 USD per million cost 0.001095 USD.
    """
    if price.above is not None and price.tier_tokens is not None and usage.input_tokens > price.tier_tokens:
        return cost_of(price.above, usage)
    cached = min(usage.cached_tokens, usage.input_tokens)
    per_cached = (
        price.input_usd_per_mtok if price.cached_input_usd_per_mtok is None else price.cached_input_usd_per_mtok
    )
    paid = (
        (usage.input_tokens - cached) * price.input_usd_per_mtok
        + cached * per_cached
        + (usage.output_tokens + usage.thought_tokens) * price.output_usd_per_mtok
    )
    return paid / MTOK


def table_of(prices: Mapping[str, Price], used: Iterable[str]) -> PriceTable:
    """Makes a table whose version is a hash of the known prices in use: the same prices, the same version, anywhere."""
    lines = sorted(f"{ref}={_written(prices[ref])}" for ref in set(used) if ref in prices)
    return PriceTable(prices, hashlib.sha256("\n".join(lines).encode()).hexdigest()[:8])


def with_overrides(prices: Mapping[str, Price], overrides: Mapping[str, Price]) -> dict[str, Price]:
    """Returns the prices, an override in the place of the whole price that it names: tiers of the old one go, too."""
    return {**prices, **overrides}


def check_price(price: Price) -> str | None:
    """Returns what is wrong with a price, None for a possible one."""
    for one in _levels(price):
        for kind, rate in _rates(one):
            if not rate.is_finite() or (rate and not LEAST_USD_PER_MTOK <= rate <= MOST_USD_PER_MTOK):
                return f"{kind} is {rate}, expected 0, or {LEAST_USD_PER_MTOK:f} to {MOST_USD_PER_MTOK:,}"
        if (one.tier_tokens is None) != (one.above is None):
            return "tier_tokens and the price above it go together"
        if one.tier_tokens is not None and one.tier_tokens < 1:
            return "tier_tokens is below 1"
    return None


def moved(old: Price, new: Price) -> str | None:
    """Returns which rate moved by more than a factor of MAX_MOVE, None when none did.

    A rate for cached tokens that appears or goes is no move. A tier that appears or goes is compared with the rates
    that it takes the place of.
    """
    before = dict(_rates(old))
    for kind, rate in _rates(new):
        if kind in before and max(rate, before[kind]) > MAX_MOVE * min(rate, before[kind]):
            return f"{kind} moved from {before[kind]} to {rate}"
    if old.above is None and new.above is None:
        return None
    beyond = moved(old.above or old, new.above or new)
    return beyond and f"above its tier {beyond}"


def check_refresh(old: Mapping[str, Price], new: Mapping[str, Price]) -> tuple[str, ...]:
    """Returns the reasons not to believe new prices, none for believable ones; at most ten, in a stable order.

    Refused are: an impossible price (negative, infinite, no number), a price that moved by more than a factor of 3, and
    a list that has lost more than half of what was known. A price that is new, or gone alone, is believed.
    """
    reasons = []
    kept = sum(ref in new for ref in old)
    if kept < MIN_KEPT_SHARE * len(old):
        reasons.append(f"only {kept} of {len(old)} known prices are left")
    for ref, price in sorted(new.items()):
        wrong = check_price(price)
        if wrong is None and ref in old:
            wrong = moved(old[ref], price)
        if wrong is not None:
            reasons.append(f"{ref}: {wrong}")
    return tuple(reasons[:_MAX_REASONS])


def _levels(price: Price | None) -> Iterator[Price]:
    while price is not None:
        yield price
        price = price.above


def _rates(price: Price) -> Iterator[tuple[str, Decimal]]:
    yield "input", price.input_usd_per_mtok
    yield "output", price.output_usd_per_mtok
    if price.cached_input_usd_per_mtok is not None:
        yield "cached", price.cached_input_usd_per_mtok


def _written(price: Price) -> str:
    """A price as text that does not depend on how its numbers were written (0.60 is 0.6)."""
    return "|".join(
        ",".join([*(f"{kind}:{rate.normalize()}" for kind, rate in _rates(one)), str(one.tier_tokens)])
        for one in _levels(price)
    )
