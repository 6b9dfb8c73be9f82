"""Targets to decide about, as a deployment might have them."""

from decimal import Decimal
from typing import Any

from schemas.taxonomy import DataPolicy
from streams.core.pricing import Price, PriceTable
from streams.core.profiles import Profile, Role, Target


def price(input_usd: str, output_usd: str, **changes: Any) -> Price:
    return Price(input_usd_per_mtok=Decimal(input_usd), output_usd_per_mtok=Decimal(output_usd), **changes)


def profile(model: str, role: Role, **changes: Any) -> Profile:
    values: dict[str, Any] = {
        "model": model,
        "provider": "x",
        "role": role,
        "context_tokens": 128_000,
        "max_output_tokens": 16_384,
        "structured": "json_schema",
        "price_ref": f"x/{model}",
    }
    return Profile(**values | changes)


def target(model: str, role: Role = Role.MASS_SORTING, *, name: str = "", weight: int = 1, **changes: Any) -> Target:
    of_model = profile(model, role, **changes)
    return Target(
        name=name or f"x/{model}",
        provider="x",
        model=model,
        policy=DataPolicy.PUBLIC,
        profile=of_model,
        weight=weight,
    )


FLASH = target("flash", Role.MASS_SORTING, token_ratio=1.09)
SMALL = target("small", Role.SOVEREIGN, token_ratio=1.12)
MINI = target("mini", Role.REASONING)
BIG = target("big", Role.AMBIGUOUS)
ALL = (FLASH, SMALL, MINI, BIG)

PRICES = PriceTable(
    {
        "x/flash": price("0.10", "0.40"),
        "x/small": price("0.15", "0.60"),
        "x/mini": price("0.15", "0.60"),
        "x/big": price("2.50", "10"),
    },
    "v1",
)
