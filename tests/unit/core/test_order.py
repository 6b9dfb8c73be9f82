"""Who gets a batch first: the cheapest of those that may answer, computed anew for every call."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.order import ORDINARY, VIP, Load, Need, Ranked, Rota, candidates, expected_usage, rank
from streams.core.pricing import NO_PRICES, PriceTable, Usage
from streams.core.profiles import Target
from streams.core.ratios import Ratios
from tests.unit.core.targets import ALL, BIG, FLASH, MINI, PRICES, SMALL, price, target

LOAD = Load(prompt_tokens=1_000, tweet_tokens=4_400, n_tweets=100)


def names(ranked: object) -> list[str]:
    return [one.target.model for one in ranked]  # type: ignore[attr-defined]


def test_a_call_costs_its_tokens_at_the_models_ratio() -> None:
    (one,) = rank([SMALL], PRICES, LOAD)
    assert one.usage == Usage(input_tokens=6_048, output_tokens=784)
    assert one.cost_usd == (6_048 * Decimal("0.15") + 784 * Decimal("0.60")) / 1_000_000


def test_the_cheapest_stands_first_and_the_ratio_decides_between_equal_prices() -> None:
    assert names(rank(ALL, PRICES, LOAD)) == ["flash", "mini", "small", "big"]


def test_equal_costs_keep_the_business_order() -> None:
    same = replace(MINI, profile=replace(MINI.profile, token_ratio=1.12))
    assert names(rank([same, SMALL], PRICES, LOAD)) == ["small", "mini"]


def test_a_change_of_price_changes_the_order() -> None:
    dearer = PriceTable({**PRICES.prices, "x/flash": price("0.30", "2.50")}, "v2")
    assert names(rank(ALL, dearer, LOAD)) == ["mini", "small", "flash", "big"]


def test_an_unknown_price_is_not_cheap() -> None:
    known = PriceTable({"x/big": PRICES.prices["x/big"]}, "v")
    assert names(rank(ALL, known, LOAD)) == ["big", "flash", "small", "mini"]
    assert names(rank(ALL, NO_PRICES, LOAD)) == ["flash", "small", "mini", "big"]


def test_usage_seen_corrects_what_is_expected() -> None:
    seen = Ratios()
    for _ in range(60):
        seen.observe("flash", 1_000, 2_000)
        seen.observe_cache("mini", 900, 1_000)
    assert expected_usage(FLASH, LOAD, seen).input_tokens == pytest.approx(2 * 5_400 * 1.09, rel=1e-3)
    assert expected_usage(MINI, LOAD, seen).cached_tokens == pytest.approx(0.9 * 5_400, rel=1e-3)
    ranked = rank([FLASH, MINI], PRICES, LOAD, seen)
    assert names(ranked) == ["mini", "flash"]
    assert [one.counted_tokens for one in ranked] == [5_400, 5_886]


def test_a_call_asks_for_its_tokens_and_its_cost() -> None:
    (one,) = rank([target("m", rpm=3, tpm=9, budget_usd_per_day=Decimal(5))], NO_PRICES, LOAD)
    ask = one.ask(Decimal(7))
    assert (ask.target, ask.model, ask.n_tokens, ask.cost_usd) == ("x/m", "x/m", 6_100, None)
    assert (ask.rpm, ask.tpm, ask.budget_usd, ask.level_budget_usd) == (3, 9, Decimal(5), Decimal(7))


def test_a_price_tier_counts() -> None:
    dearer = price("0.1", "0.4", tier_tokens=5_000, above=price("1", "4"))
    tiered = PriceTable({**PRICES.prices, "x/flash": dearer}, "t")
    small = Load(prompt_tokens=1_000, tweet_tokens=3_000, n_tweets=70)
    assert names(rank(ALL, tiered, small))[0] == "flash"
    assert names(rank(ALL, tiered, LOAD))[0] == "mini"


@pytest.mark.parametrize(
    ("need", "who"),
    [
        (ORDINARY, ["flash", "mini", "small"]),
        (VIP, ["big", "mini", "flash", "small"]),
        (Need(floor=1), ["mini"]),
        (Need(floor=2), ["big"]),
        (Need(floor=3), []),
    ],
)
def test_who_may_answer(need: Need, who: list[str]) -> None:
    assert names(candidates(rank(ALL, PRICES, LOAD), need)) == who


def test_an_escalation_takes_the_lowest_rung_that_the_deployment_has() -> None:
    assert names(candidates(rank([FLASH, BIG], PRICES, LOAD), Need(floor=1))) == ["big"]


def test_a_deployment_with_the_top_alone_uses_it() -> None:
    assert names(candidates(rank([BIG], PRICES, LOAD), ORDINARY)) == ["big"]


@given(weights=st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_deployments_of_one_model_share_by_weight(weights: list[int]) -> None:
    keys = [target("mini", name=f"x/mini@{i}", weight=weight) for i, weight in enumerate(weights)]
    ranked, rota, n_rounds = rank(keys, PRICES, LOAD), Rota(), 6
    assert Counter(taken(rota, ranked) for _ in range(n_rounds * sum(weights))) == {
        key.name: n_rounds * key.weight for key in keys
    }


def taken(rota: Rota, ranked: Sequence[Ranked]) -> str:
    """Gives a call to the first, and returns its name."""
    first = rota.spread(ranked)[0].target
    rota.took(first, ranked)
    return first.name


def test_turns_leave_the_order_of_models_and_lose_nobody() -> None:
    second: Target = target("flash", name="x/flash@b", token_ratio=1.09)
    rota, ranked = Rota(), rank([*ALL, second], PRICES, LOAD)
    for _ in range(4):
        spread = rota.spread(ranked)
        assert names(spread) == ["flash", "flash", "mini", "small", "big"]
        assert len({one.target.name for one in spread}) == 5
        rota.took(spread[0].target, ranked)


def test_a_turn_is_taken_by_a_call_and_not_by_looking() -> None:
    keys = [target("mini", name=f"x/mini@{i}") for i in range(2)]
    rota, ranked = Rota(), rank([FLASH, *keys], PRICES, LOAD)
    for name in ("x/mini@0", "x/mini@1", "x/mini@0"):
        for _ in range(3):
            taken(rota, ranked)  # calls to another model
        assert rota.spread(ranked)[1].target.name == name
        rota.took(rota.spread(ranked)[1].target, ranked)


def test_who_was_away_is_owed_one_round() -> None:
    one, other = (target("mini", name=f"x/mini@{i}") for i in range(2))
    rota, ranked = Rota(), rank([one, other], PRICES, LOAD)
    for _ in range(100):
        rota.took(other, ranked)
    assert Counter(taken(rota, ranked) for _ in range(12))[one.name] <= 8
