"""What the calls of the cost benchmark cost at a model's price, and which of the stated targets that misses; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from streams.core.pricing import Price, Usage, cost_of
from streams.core.profiles import Profile
from tests.bench.forms import Call

MILLION: Final = 1_000_000

MAX_OF_ONE_PER_CALL: Final = Decimal("0.1")
MAX_OF_FIXED: Final = Decimal("0.45")
MIN_FILL: Final = 0.98
MAX_CHEAPEST_USD: Final = Decimal(10)
MAX_OVERHEAD_US: Final = 150.0


@dataclass(frozen=True, slots=True)
class Bill:
    """One way to send the tweets, at one model: calls and the model's own tokens for the sample, USD per million."""

    n_tweets: int
    n_calls: int
    input_tokens: int
    output_tokens: int
    usd_per_million: Decimal

    def per_million(self, n: int) -> int:
        """Returns a figure of the sample as of a million tweets."""
        return round(n * MILLION / self.n_tweets)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One model: a bill for each way, and how full our batches were (None: no batch was closed by its tokens)."""

    model: str
    one_per_call: Bill
    fixed_500: Bill
    ours: Bill
    compact_one_per_call: Bill
    fill: float | None

    @property
    def of_one_per_call(self) -> Decimal:
        """Ours over one tweet per call."""
        return self.ours.usd_per_million / self.one_per_call.usd_per_million

    @property
    def of_fixed(self) -> Decimal:
        """Ours over fixed rows."""
        return self.ours.usd_per_million / self.fixed_500.usd_per_million

    def summary(self) -> dict[str, Any]:
        """Returns the model's part of the last line: numbers alone."""
        bills = {"one_per_call": self.one_per_call, "fixed_500": self.fixed_500, "ours": self.ours}
        usd = {name: round(float(bill.usd_per_million), 4) for name, bill in bills.items()}
        calls = {name: bill.n_calls for name, bill in bills.items()}
        fill = {} if self.fill is None else {"fill": round(self.fill, 4)}
        return {"usd_per_million": usd, **fill, "calls": calls}


def bill(calls: Sequence[Call], profile: Profile, price: Price) -> Bill:
    """Prices calls one by one, so that a price tier counts; without cached tokens.

    Worked number: one call of 100 tweets, 5,000 tokens in and 600 out at 0.15 and 0.60 USD is 11.10 USD per million.
    """
    usages = [_usage(call, profile.token_ratio) for call in calls]
    n_tweets = sum(call.n_tweets for call in calls)
    cost_usd = sum((cost_of(price, usage) for usage in usages), Decimal(0))
    return Bill(
        n_tweets=n_tweets,
        n_calls=len(calls),
        input_tokens=sum(usage.input_tokens for usage in usages),
        output_tokens=sum(usage.output_tokens for usage in usages),
        usd_per_million=cost_usd * MILLION / n_tweets,
    )


def missed(sheets: Sequence[Sheet], overhead_us: float) -> list[str]:
    """Names the targets that are missed, with the figure; empty when all are met."""
    said = [line for sheet in sheets for line in _missed(sheet)]
    cheapest = min(sheets, key=lambda sheet: sheet.ours.usd_per_million, default=None)
    if cheapest is None:
        said.append("no configured model has a known price")
    elif cheapest.ours.usd_per_million >= MAX_CHEAPEST_USD:
        usd = cheapest.ours.usd_per_million
        said.append(f"{cheapest.model}, the cheapest, costs {usd:.2f} USD per million, not under {MAX_CHEAPEST_USD}")
    if overhead_us > MAX_OVERHEAD_US:
        said.append(f"our own code takes {overhead_us:.0f} microseconds a tweet, more than {MAX_OVERHEAD_US:.0f}")
    return said


def _missed(sheet: Sheet) -> list[str]:
    said = []
    if sheet.of_one_per_call > MAX_OF_ONE_PER_CALL:
        said.append(f"{sheet.model}: ours is {sheet.of_one_per_call:.3f} of one per call, over {MAX_OF_ONE_PER_CALL}")
    if sheet.of_fixed > MAX_OF_FIXED:
        said.append(f"{sheet.model}: ours is {sheet.of_fixed:.3f} of fixed rows, over {MAX_OF_FIXED}")
    if sheet.fill is None:
        said.append(f"{sheet.model}: no batch was filled; give more tweets")
    elif sheet.fill < MIN_FILL:
        said.append(f"{sheet.model}: batches are filled to {sheet.fill:.4f}, under {MIN_FILL}")
    return said


def _usage(call: Call, ratio: float) -> Usage:
    return Usage(input_tokens=round(call.input_tokens * ratio), output_tokens=round(call.output_tokens * ratio))
