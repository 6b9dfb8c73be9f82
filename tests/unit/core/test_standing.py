"""Where each model stands and why."""

from decimal import Decimal
from typing import Any

import pytest

from streams.core.breaker import BreakerState
from streams.core.limits import TargetState
from streams.core.order import Load
from streams.core.pricing import PriceTable
from streams.core.profiles import Role, Target
from streams.core.standing import standings
from tests.unit.core.targets import ALL, FLASH, MINI, PRICES, price, target

LOAD = Load(prompt_tokens=1_000, tweet_tokens=4_400, n_tweets=100)


def state(**changes: Any) -> TargetState:
    return TargetState(**({"breaker": BreakerState.CLOSED} | changes))


def told(*targets: Target, prices: PriceTable = PRICES, **states: TargetState) -> list[tuple[str, int | None, str]]:
    found = standings(targets, prices, LOAD, {f"x/{name}": one for name, one in states.items()})
    return [(one.target.name, one.position, one.why) for one in found]


def test_the_cheapest_first_and_the_top_apart() -> None:
    assert told(*ALL) == [
        ("x/flash", 1, "the cheapest"),
        ("x/mini", 2, "1.38 times the cheapest"),
        ("x/small", 3, "1.54 times the cheapest"),
        ("x/big", None, "only escalated tweets and VIPs"),
    ]


def test_costs_are_told_for_a_thousand_tweets() -> None:
    (one,) = standings([MINI], PRICES, LOAD)
    # 5,400 tokens in at 0.15 and 700 out at 0.60 USD per million for 100 tweets
    assert one.usd_per_1000 == Decimal("0.0123")
    assert one.price == PRICES.prices["x/mini"]
    assert one.state is None


def test_equals_unknown_prices_and_a_top_that_stands_alone() -> None:
    twin, free = target("twin", Role.REASONING), target("free", Role.REASONING)
    prices = PriceTable({**PRICES.prices, "x/twin": price("0.15", "0.60")}, "v")
    assert told(MINI, twin, free, prices=prices) == [
        ("x/mini", 1, "costs the same as x/twin: the business's order decides"),
        ("x/twin", 2, "costs the same as x/mini: the business's order decides"),
        ("x/free", 3, "its price is unknown: behind all that are known"),
    ]
    assert told(ALL[3]) == [("x/big", 1, "the cheapest")]
    assert told(free) == [("x/free", 1, "its price is unknown: behind all that are known")]


def test_deployments_of_a_model_share() -> None:
    eu = target("flash", name="x/flash@eu", weight=3, token_ratio=1.09)
    assert told(FLASH, eu)[1] == ("x/flash@eu", 2, "shares the calls to flash: 3 of 4")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"breaker": BreakerState.OPEN, "open_for_s": 12.4}, "breaker open for 12 s"),
        ({"breaker": BreakerState.OPEN, "open_for_s": 480.0, "disabled": True}, "disabled: its provider refuses it"),
        ({"rpm_left": 0.5}, "out of requests for the moment"),
        ({"tpm_left": 6_600.0}, "out of tokens for the moment"),
        ({"tpm_left": -50.0}, "out of tokens for the moment"),
        ({"spent_today_usd": Decimal("0.5")}, "its budget of the day is spent"),
        ({"spent_today_usd": Decimal("0.4999")}, "its budget of the day has too little left for a full batch"),
    ],
)
def test_who_takes_no_calls_stands_behind_with_the_reason(changes: dict[str, Any], why: str) -> None:
    first = target("flash", token_ratio=1.09, budget_usd_per_day=Decimal("0.5"), tpm=100_000)
    (mini, flash) = told(first, MINI, flash=state(**changes))
    assert mini == ("x/mini", 1, "the cheapest")
    assert flash[:2] == ("x/flash", None)
    assert flash[2].startswith(why)


@pytest.mark.parametrize(
    "changes",
    [
        {"breaker": BreakerState.HALF_OPEN, "failures": 3},
        {"breaker": BreakerState.HALF_OPEN, "disabled": True},
        {"rpm_left": 1.0, "tpm_left": 6_700.0, "spent_today_usd": Decimal("0.49")},
    ],
)
def test_who_takes_calls_keeps_its_place(changes: dict[str, Any]) -> None:
    first = target("flash", token_ratio=1.09, budget_usd_per_day=Decimal("0.5"), tpm=100_000)
    assert told(first, MINI, flash=state(**changes))[0] == ("x/flash", 1, "the cheapest")


def test_a_level_that_has_spent_its_budget_stops_altogether() -> None:
    states = {"x/mini": state(level_spent_today_usd=Decimal(2))}
    (one,) = standings([MINI], PRICES, LOAD, states, level_budget_usd=Decimal(2))
    assert (one.position, one.why) == (None, "the level's budget of the day is spent")
    (one,) = standings([MINI], PRICES, LOAD, states, level_budget_usd=Decimal("2.0001"))
    assert (one.position, one.why) == (None, "the level's budget of the day has too little left for a full batch")
    (one,) = standings([MINI], PRICES, LOAD, states, level_budget_usd=Decimal("2.01"))
    assert one.position == 1


def test_a_call_larger_than_the_bucket_goes_when_that_is_full() -> None:
    small = target("mini", Role.REASONING, tpm=30_000)
    assert told(small, mini=state(tpm_left=3_000.0)) == [("x/mini", 1, "the cheapest")]
    assert told(small, mini=state(tpm_left=2_990.0)) == [("x/mini", None, "out of tokens for the moment")]
