"""What a call costs: prices as data, money as Decimal, and an unknown price that is never 0."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

MTOK: Final = Decimal(1_000_000)

MAX_MOVE: Final = Decimal(3)
"""A refresh that moves a price by more than this factor, either way, is not believed."""

MIN_KEPT_SHARE: Final = 0.5
"""A refresh that knows less than this share of the prices known before is not believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """USD per million tokens.

    `cached_input` is None where a cached token costs the same as another. Above `tier_tokens` input tokens of one call
    the whole call costs as `above` says.
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
    """Prices by reference (`openai/gpt-4o-mini`); `version` changes with every change of a price."""

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
