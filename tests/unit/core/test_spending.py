"""Sums of calls, their shares among the services, and the month's end."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.spend import Spend
from schemas.taxonomy import DataPolicy, Level, Service
from streams.core.spending import UNANSWERED, By, Ledger, Sum, days_left, forecast, forecast_since, shares

NOW: Final = datetime(2026, 4, 16, 12, tzinfo=UTC)
SINCE: Final = NOW - timedelta(days=30)


def call(usd: str | None = "0.001", **changes: Any) -> Spend:
    known: dict[str, Any] = {
        "id": "c", "at": NOW, "stage": "classifier", "level": Level.API, "provider": "openai", "model": "gpt-4o-mini",
        "policy": DataPolicy.PUBLIC, "policy_reason": "no contract", "n_tweets": 10, "n_answered": 10, "attempt": 1,
        "outcome": "ok", "latency_s": 1.0, "input_tokens": 700, "output_tokens": 60, "price_version": "4f8a1c2e",
        "cost_usd": None if usd is None else Decimal(usd),
    }  # fmt: skip
    return Spend(**(known | changes))


def ledger(by: By, *calls: Spend) -> Ledger:
    made = Ledger(by, SINCE)
    for one in calls:
        made.add(one)
    return made


CALLS: Final = st.builds(
    call,
    usd=st.none() | st.decimals(min_value=0, max_value=100, places=9).map(str),
    model=st.sampled_from(["gpt-4o-mini", "gpt-4o"]),
    level=st.sampled_from(Level),
    at=st.datetimes(datetime(2026, 3, 1), datetime(2026, 4, 16)).map(lambda at: at.replace(tzinfo=UTC)),
    escalated=st.booleans(),
    n_by_service=st.dictionaries(st.sampled_from([one.value for one in Service]), st.integers(0, 40)),
)


@given(calls=st.lists(CALLS, max_size=20), by=st.sampled_from(By))
def test_whatever_is_summed_by_the_groups_hold_the_same_money(calls: list[Spend], by: By) -> None:
    made = ledger(by, *calls)
    recent = [one for one in calls if one.at >= SINCE]
    assert made.total.n_calls == len(recent)
    assert made.total.usd == sum((one.cost_usd for one in recent if one.cost_usd is not None), Decimal(0))
    assert sum((sums.usd for sums in made.groups.values()), Decimal(0)) == made.total.usd
    if by is not By.SERVICE:
        assert sum(sums.n_calls for sums in made.groups.values()) == len(recent)
        assert sum(sums.n_unknown for sums in made.groups.values()) == made.total.n_unknown


@given(one=CALLS)
def test_the_shares_of_a_call_sum_to_its_cost_to_the_last_digit(one: Spend) -> None:
    found = list(shares(one))
    costs = [usd for _, _, _, usd in found]
    assert (None in costs) == (one.cost_usd is None)
    if one.cost_usd is not None:
        assert sum(usd for usd in costs if usd is not None) == one.cost_usd
        assert all(usd is not None and usd >= 0 for usd in costs)
    assert [service for service, _, _, _ in found] == (
        sorted(service for service, n in one.n_by_service.items() if n) or [UNANSWERED]
    )


def test_a_call_is_shared_by_the_tweets_that_it_answered_for_each() -> None:
    one = call("0.001", input_tokens=1_000, n_answered=4, n_by_service={"billing": 1, "technical": 3})
    rows = dict(ledger(By.SERVICE, one).rows())
    assert (rows["billing"].usd, rows["technical"].usd) == (Decimal("0.00025"), Decimal("0.00075"))
    assert (rows["billing"].input_tokens, rows["technical"].input_tokens) == (250, 750)
    assert (rows["billing"].n_answered, rows["technical"].n_answered) == (1, 3)


def test_what_cannot_be_divided_goes_to_the_service_with_the_most_tweets() -> None:
    one = call("0.000000000001", n_answered=3, n_by_service={"billing": 1, "technical": 2})
    assert {service: usd for service, _, _, usd in shares(one)} == {"billing": 0, "technical": Decimal("1e-12")}


@pytest.mark.parametrize(
    ("by", "names"),
    [
        (By.MODEL, ["openai/gpt-4o", "openai/gpt-4o-mini", "vllm/mistral-small"]),
        (By.TARGET, ["openai/gpt-4o-mini@eu", "openai/gpt-4o", "openai/gpt-4o-mini", "vllm/mistral-small"]),
        (By.DAY, ["2026-04-15", "2026-04-16"]),
        (By.LEVEL, ["api", "gpu"]),
        (By.SERVICE, ["billing", UNANSWERED]),
    ],
)
def test_groups_come_dearest_first_and_unknown_last_and_days_in_order(by: By, names: list[str]) -> None:
    made = ledger(
        by,
        call("0.3", model="gpt-4o", n_by_service={"billing": 10}),
        call("0.02", target=None, at=NOW - timedelta(days=1), n_by_service={"billing": 10}),
        call("0.04" if by is By.MODEL else "0.9", target="openai/gpt-4o-mini@eu", n_by_service={"billing": 10}),
        call(None, provider="vllm", model="mistral-small", level=Level.GPU, n_answered=0),
    )
    assert [name for name, _ in made.rows()] == names


def test_an_unknown_cost_is_counted_and_never_zero() -> None:
    made = ledger(
        By.MODEL,
        call("0.002", n_answered=10),
        call(None, n_answered=8),
        call(None, n_answered=0, outcome="failed", input_tokens=None, output_tokens=None),
    ).total
    assert (made.n_calls, made.n_unknown, made.n_unpriced, made.n_failed) == (3, 2, 1, 1)
    assert made.unknown_share == pytest.approx(2 / 3)
    assert made.usd_per_1000_tweets == Decimal("0.2")  # for the 10 tweets of known cost, not for 18
    only = ledger(By.MODEL, call(None)).total
    assert (only.known_usd, only.usd_per_1000_tweets) == (None, None)
    assert ledger(By.MODEL, call("0", n_answered=0)).total.known_usd == 0


def test_what_escalation_costs_is_told_apart() -> None:
    total = ledger(By.MODEL, call("0.002"), call("0.03", escalated=True, n_answered=2)).total
    assert (total.n_answered, total.n_answered_escalated) == (12, 2)
    assert (total.usd, total.escalated_usd) == (Decimal("0.032"), Decimal("0.03"))


def test_calls_before_the_instant_count_for_the_forecast_alone() -> None:
    made = Ledger(By.MODEL, NOW)
    made.add(call("1", at=NOW - timedelta(hours=1)))
    assert made.groups == {}
    assert forecast(made.days, now=NOW).month_to_date_usd == 1


def test_days_are_those_of_utc() -> None:
    paris = timezone(timedelta(hours=2))
    made = ledger(By.DAY, call(at=datetime(2026, 4, 10, 1, tzinfo=paris)))
    assert list(made.groups) == ["2026-04-09"]


# --- the forecast


def spent(**usd_by_day: str) -> dict[date, Sum]:
    return {
        date.fromisoformat(f"2026-{day[1:3]}-{day[3:]}"): Sum(n_calls=1, usd=Decimal(usd))
        for day, usd in usd_by_day.items()
    }


def test_the_forecast_goes_on_with_the_mean_of_the_last_seven_full_days() -> None:
    days = spent(**{f"d04{day:02}": "2" for day in range(1, 16)}, d0416="0.5", d0331="999")
    found = forecast(days, now=NOW)
    assert found.month_to_date_usd == Decimal("30.5")
    assert (found.mean_day_usd, found.n_days) == (Decimal(2), 7)
    assert found.days_left == Decimal("14.5")
    assert found.month_end_usd == Decimal("30.5") + 2 * Decimal("14.5")


def test_a_day_without_a_call_counts_as_one() -> None:
    found = forecast(spent(d0401="7", d0410="7", d0415="7"), now=NOW)
    assert (found.mean_day_usd, found.n_days) == (Decimal(2), 7)


def test_the_first_day_is_no_full_one() -> None:
    assert forecast(spent(d0413="100", d0414="1", d0415="3"), now=NOW).mean_day_usd == 2
    young = forecast(spent(d0415="100", d0416="1"), now=NOW)
    assert (young.n_days, young.mean_day_usd, young.month_end_usd) == (0, None, None)
    assert young.month_to_date_usd == 101


def test_nothing_spent_forecasts_nothing() -> None:
    found = forecast({}, now=NOW)
    assert (found.month_to_date_usd, found.month_end_usd) == (Decimal(0), None)


def test_the_week_before_the_month_counts_for_the_mean_alone() -> None:
    now = datetime(2026, 5, 2, tzinfo=UTC)
    found = forecast(spent(**{f"d04{day}": "7" for day in range(20, 31)}, d0501="14"), now=now)
    assert (found.month_to_date_usd, found.mean_day_usd) == (Decimal(14), Decimal(8))


def test_unknown_costs_of_the_month_are_told() -> None:
    days = {date(2026, 4, 2): Sum(n_calls=3, n_unknown=2), date(2026, 3, 30): Sum(n_calls=1, n_unknown=1)}
    assert forecast(days, now=NOW).n_unknown == 2


def test_unknown_costs_of_the_days_of_the_mean_are_told() -> None:
    days = {date(2026, 4, day): Sum(n_calls=3, n_unknown=2) for day in (20, 29, 30)}
    found = forecast(days, now=datetime(2026, 5, 1, 1, tzinfo=UTC))
    assert (found.n_unknown, found.n_unknown_mean, found.month_end_usd) == (0, 4, Decimal(0))


@pytest.mark.parametrize(
    ("now", "left"),
    [
        (datetime(2026, 4, 1, tzinfo=UTC), "30"),
        (datetime(2026, 4, 30, 18, tzinfo=UTC), "0.25"),
        (datetime(2028, 2, 29, 12, tzinfo=UTC), "0.5"),
        (datetime(2026, 5, 1, tzinfo=timezone(timedelta(hours=3))), "0.125"),
    ],
)
def test_days_left(now: datetime, left: str) -> None:
    assert days_left(now) == Decimal(left)


@given(now=st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)))
def test_the_forecast_needs_the_month_and_eight_days(now: datetime) -> None:
    since = forecast_since(now)
    assert since <= now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    assert now.date() - since.date() >= timedelta(days=8)
    assert now - since < timedelta(days=32)
    assert 0 <= days_left(now) <= 31
