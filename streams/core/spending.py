"""Sums of what calls cost, by what people ask for, and where the month ends; an unknown cost is counted, never 0."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from typing import Final

from schemas.spend import Spend

UNANSWERED: Final = "(nothing answered)"
"""In place of a service: calls that answered no tweet, and older events that do not say for whom."""

MEAN_DAYS: Final = 7
"""Full days before today whose mean the forecast goes on with."""

_PART: Final = Decimal("1e-12")
_DAY_S: Final = 86_400


class By(StrEnum):
    """What calls are grouped by."""

    MODEL = "model"
    TARGET = "target"
    DAY = "day"
    LEVEL = "level"
    SERVICE = "service"


@dataclass(slots=True)
class Sum:
    """Calls of one group.

    `usd` is the sum of the known costs. Of the calls whose cost is unknown, `n_unpriced` said their tokens and no price
    was known; the others said no tokens, as a call that timed out. Of `n_answered` tweets `n_answered_priced` belong to
    calls of known cost. A tweet that climbed to a dearer model is answered twice and counts twice: the answers of
    escalated calls, and their known costs, are also told apart. Tokens that a call did not say count as none.
    """

    n_calls: int = 0
    n_failed: int = 0
    n_unknown: int = 0
    n_unpriced: int = 0
    n_answered: int = 0
    n_answered_priced: int = 0
    n_answered_escalated: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    thought_tokens: int = 0
    usd: Decimal = Decimal(0)
    escalated_usd: Decimal = Decimal(0)

    @property
    def known_usd(self) -> Decimal | None:
        """The known costs, None where no call has one."""
        return self.usd if self.n_unknown < self.n_calls else None

    @property
    def usd_per_1000_tweets(self) -> Decimal | None:
        """The known costs for a thousand tweets that those calls answered; None where none did."""
        return self.usd * 1_000 / self.n_answered_priced if self.n_answered_priced else None

    @property
    def unknown_share(self) -> float:
        """The share of calls whose cost is unknown."""
        return self.n_unknown / self.n_calls if self.n_calls else 0.0

    def add(self, call: Spend, *, usd: Decimal | None, n_answered: int, share: Decimal = Decimal(1)) -> None:
        """Counts a call, or the share of it that one service takes; tokens are rounded to whole ones."""
        self.n_calls += 1
        self.n_failed += call.outcome == "failed"
        self.n_answered += n_answered
        for name in ("input_tokens", "output_tokens", "cached_tokens", "thought_tokens"):
            setattr(self, name, getattr(self, name) + round((getattr(call, name) or 0) * share))
        if usd is None:
            self.n_unknown += 1
            self.n_unpriced += call.input_tokens is not None
        else:
            self.usd += usd
            self.n_answered_priced += n_answered
        if call.escalated:
            self.n_answered_escalated += n_answered
            self.escalated_usd += usd or 0


@dataclass(slots=True)
class Ledger:
    """Sums of the calls since an instant by group, and of all; costs by day (UTC), for the forecast.

    Args:
        by: what to group by.
        since: calls before it count for the forecast only.
    """

    by: By
    since: datetime
    groups: dict[str, Sum] = field(default_factory=dict)
    total: Sum = field(default_factory=Sum)
    days: dict[date, Sum] = field(default_factory=dict)

    def add(self, call: Spend) -> None:
        """Takes one call."""
        cost, n_answered = call.cost_usd, call.n_answered
        self.days.setdefault(_day(call.at), Sum()).add(call, usd=cost, n_answered=n_answered)
        if call.at < self.since:
            return
        self.total.add(call, usd=cost, n_answered=n_answered)
        if self.by is By.SERVICE:
            for service, n_tweets, share, usd in shares(call):
                self.groups.setdefault(service, Sum()).add(call, usd=usd, n_answered=n_tweets, share=share)
        else:
            self.groups.setdefault(_group(call, self.by), Sum()).add(call, usd=cost, n_answered=n_answered)

    def rows(self) -> list[tuple[str, Sum]]:
        """Returns the groups: days in their order, the others by cost, dearest first, what is unknown last."""
        if self.by is By.DAY:
            return sorted(self.groups.items())
        return sorted(self.groups.items(), key=lambda row: (row[1].known_usd is None, -row[1].usd, row[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Where the month ends: `month_to_date_usd` + `mean_day_usd` * `days_left`.

    `mean_day_usd` is the mean of the last `n_days` full days, at most 7; None, as the forecast, before the first full
    day. `n_unknown` calls of this month and `n_unknown_mean` of those days have an unknown cost: then it is what the
    month costs at least.
    """

    month_to_date_usd: Decimal
    n_unknown: int
    n_unknown_mean: int
    n_days: int
    mean_day_usd: Decimal | None
    days_left: Decimal
    month_end_usd: Decimal | None


def shares(call: Spend) -> Iterator[tuple[str, int, Decimal, Decimal | None]]:
    """Shares a call among the services by the tweets that it answered for each: service, tweets, share, cost in USD.

    The costs sum to the call's, to the last digit: what rounding leaves goes to the service with the most tweets. A
    call that answered nothing is nobody's.
    """
    counts = {service: n_tweets for service, n_tweets in sorted(call.n_by_service.items()) if n_tweets > 0}
    n_all = sum(counts.values())
    if not n_all:
        yield UNANSWERED, call.n_answered, Decimal(1), call.cost_usd
        return
    parts = {service: _part(call.cost_usd, n_tweets, n_all) for service, n_tweets in counts.items()}
    if call.cost_usd is not None:
        most = max(counts, key=lambda service: counts[service])
        parts[most] = (parts[most] or 0) + call.cost_usd - sum(part for part in parts.values() if part is not None)
    for service, n_tweets in counts.items():
        yield service, n_tweets, Decimal(n_tweets) / n_all, parts[service]


def forecast(days: dict[date, Sum], *, now: datetime) -> Forecast:
    """Returns where the month ends if it goes on as in the last full days; days are UTC.

    Worked number: 30 USD by noon of the 16th of April, and 2 USD a day before: 30 + 2 * 14.5 = 59 USD.
    """
    now = now.astimezone(UTC)
    today, first = now.date(), min(days, default=now.date())
    month = [sums for day, sums in days.items() if (day.year, day.month) == (today.year, today.month)]
    to_date = sum((sums.usd for sums in month), Decimal(0))
    n_days = min(MEAN_DAYS, max(0, (today - first).days - 1))  # the first day may have begun in the middle
    last = [days.get(today - timedelta(days=i), Sum()) for i in range(1, n_days + 1)]
    mean = sum((sums.usd for sums in last), Decimal(0)) / n_days if n_days else None
    left = days_left(now)
    return Forecast(
        month_to_date_usd=to_date,
        n_unknown=sum(sums.n_unknown for sums in month),
        n_unknown_mean=sum(sums.n_unknown for sums in last),
        n_days=n_days,
        mean_day_usd=mean,
        days_left=left,
        month_end_usd=None if mean is None else to_date + mean * left,
    )


def days_left(now: datetime) -> Decimal:
    """Returns the days to the end of the month (UTC), the rest of today as a part of one (4 digits)."""
    now = now.astimezone(UTC)
    last = monthrange(now.year, now.month)[1]
    gone_s = Decimal(now.hour * 3_600 + now.minute * 60 + now.second)
    return round(last - now.day + 1 - gone_s / _DAY_S, 4)


def forecast_since(now: datetime) -> datetime:
    """Returns from when on calls are needed for the forecast: the month's first day, and a week and a day back."""
    now = now.astimezone(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return min(midnight.replace(day=1), midnight - timedelta(days=MEAN_DAYS + 1))


def _group(call: Spend, by: By) -> str:
    model = f"{call.provider}/{call.model}"
    match by:
        case By.DAY:
            return _day(call.at).isoformat()
        case By.LEVEL:
            return call.level.value
        case By.TARGET:
            return call.target or model
        case _:
            return model


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()


def _part(usd: Decimal | None, n_tweets: int, n_all: int) -> Decimal | None:
    return None if usd is None else (usd * n_tweets / n_all).quantize(_PART, rounding=ROUND_DOWN)
