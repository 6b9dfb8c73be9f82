"""How much one call holds: the least of the model's bounds."""

import pytest

from streams.core.capacity import MAX_TWEETS, MIN_TOKENS, Capacity, capacity
from streams.core.profiles import Role
from tests.unit.core.targets import price, profile


@pytest.mark.parametrize(
    ("changes", "tier_tokens", "held"),
    [
        ({}, None, Capacity(max_tokens=4_400, max_tweets=1_000)),
        ({"max_batch_tokens": 2_000}, None, Capacity(max_tokens=2_000, max_tweets=1_000)),
        ({"max_output_tokens": 8_192}, None, Capacity(max_tokens=4_400, max_tweets=928)),
        ({"max_output_tokens": 1_024}, None, Capacity(max_tokens=4_400, max_tweets=109)),
        ({"context_tokens": 4_096}, None, Capacity(max_tokens=2_097, max_tweets=1_000)),
        ({"context_tokens": 4_096, "token_ratio": 1.35}, None, Capacity(max_tokens=1_346, max_tweets=1_000)),
        ({"max_batch_tokens": 300_000}, 128_000, Capacity(max_tokens=91_308, max_tweets=1_000)),
        (
            {"max_batch_tokens": 300_000, "context_tokens": 1_000_000},
            128_000,
            Capacity(max_tokens=127_000, max_tweets=1_000),
        ),
        ({"context_tokens": 1_200}, None, Capacity(max_tokens=MIN_TOKENS, max_tweets=1_000)),
        ({"max_output_tokens": 10}, None, Capacity(max_tokens=4_400, max_tweets=1)),
    ],
)
def test_the_least_bound_counts(changes: dict[str, float], tier_tokens: int | None, held: Capacity) -> None:
    tiered = price("1", "2", tier_tokens=tier_tokens, above=price("2", "4")) if tier_tokens else None
    found = capacity(profile("m", Role.REASONING, **changes), prompt_tokens=1_000, price=tiered)
    assert found == held
    assert found.max_tweets <= MAX_TWEETS


def test_what_fits_two_models_fits_each() -> None:
    both = Capacity(max_tokens=10, max_tweets=500).at_most(Capacity(max_tokens=20, max_tweets=300))
    assert both == Capacity(max_tokens=10, max_tweets=300)
