"""The cost benchmark's arithmetic, and which figures miss a stated target."""

from dataclasses import replace
from decimal import Decimal

import pytest

from streams.core.pricing import Price
from streams.core.profiles import Profile, Role
from tests.bench.bill import Bill, Sheet, bill, missed
from tests.bench.forms import Call

PRICE = Price(input_usd_per_mtok=Decimal("0.15"), output_usd_per_mtok=Decimal("0.60"))
PROFILE = Profile(
    model="m", provider="p", role=Role.REASONING, context_tokens=128_000, max_output_tokens=16_384,
    structured="json_schema",
)  # fmt: skip


def at(usd: str) -> Bill:
    return Bill(n_tweets=100, n_calls=1, input_tokens=1, output_tokens=1, usd_per_million=Decimal(usd))


GOOD = Sheet("m", one_per_call=at("95"), fixed_500=at("21.5"), ours=at("9.5"), compact_one_per_call=at("80"), fill=0.98)


def test_a_call_is_priced_by_the_million_tweets() -> None:
    assert bill([Call(100, 5_000, 600)], PROFILE, PRICE).usd_per_million == Decimal("11.1")


def test_a_model_pays_in_its_own_tokens() -> None:
    made = bill([Call(50, 1_000, 100), Call(50, 1_000, 100)], replace(PROFILE, token_ratio=1.12), PRICE)
    assert (made.n_calls, made.input_tokens, made.output_tokens) == (2, 2_240, 224)
    assert made.per_million(made.input_tokens) == 22_400_000


def test_a_price_tier_counts_call_by_call() -> None:
    dear = Price(input_usd_per_mtok=Decimal(1), output_usd_per_mtok=Decimal(0))
    tiered = Price(input_usd_per_mtok=Decimal(0), output_usd_per_mtok=Decimal(0), tier_tokens=1_000, above=dear)
    calls = [Call(1, 1_000, 0), Call(1, 1_001, 0)]
    assert bill(calls, PROFILE, tiered).usd_per_million == Decimal("500.5")


@pytest.mark.parametrize(
    ("sheet", "overhead_us", "word"),
    [
        (replace(GOOD, one_per_call=at("94")), 150.0, "one per call"),
        (replace(GOOD, fixed_500=at("21")), 150.0, "fixed rows"),
        (replace(GOOD, fill=0.979), 150.0, "filled"),
        (replace(GOOD, fill=None), 150.0, "no batch"),
        (replace(GOOD, ours=at("10"), one_per_call=at("100"), fixed_500=at("23")), 150.0, "cheapest"),
        (GOOD, 150.1, "microseconds"),
    ],
)
def test_a_missed_target_is_named(sheet: Sheet, overhead_us: float, word: str) -> None:
    said = missed([sheet], overhead_us)
    assert len(said) == 1
    assert word in said[0]


def test_met_targets_are_silent_and_no_model_at_all_is_a_miss() -> None:
    dear = replace(GOOD, ours=at("90"), one_per_call=at("900"), fixed_500=at("200"))
    assert missed([GOOD, dear], 150.0) == []
    assert missed([], 1.0) == ["no configured model has a known price"]


def test_the_summary_holds_numbers_alone() -> None:
    assert GOOD.summary() == {
        "usd_per_million": {"one_per_call": 95.0, "fixed_500": 21.5, "ours": 9.5},
        "fill": 0.98,
        "calls": {"one_per_call": 1, "fixed_500": 1, "ours": 1},
    }
