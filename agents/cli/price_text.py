"""Prices as people read them."""

from typing import Any, Final

from agents.printable import printable
from streams.providers.price_file import PriceRow
from streams.providers.price_history import PriceChange

HEAD: Final = ("model", "input", "output", "cached", "above tier", "USD/1,000 tweets", "source", "note")
UNKNOWN: Final = "unknown"


def price_cells(row: dict[str, Any]) -> list[str]:
    """Returns a model's line under HEAD."""
    price: PriceRow | None = row["price"]
    about = [row["source"] or "-", printable(row["note"])]
    if price is None:
        return [printable(row["model"]), UNKNOWN, UNKNOWN, "-", "-", UNKNOWN, *about]
    tier = f"{price.above.input:f}, {price.above.output:f} above {price.tier_tokens:,}" if price.above else "-"
    cached = "-" if price.cached is None else f"{price.cached:f}"
    per_1000 = f"{row['usd_per_1000_tweets']:.4f}"
    return [printable(row["model"]), f"{price.input:f}", f"{price.output:f}", cached, tier, per_1000, *about]


def price_text(row: PriceRow | None) -> str:
    """Writes a price in words, "unknown" for none."""
    if row is None:
        return UNKNOWN
    cached = "" if row.cached is None else f", cached {row.cached:f}"
    tier = "" if row.above is None else f", above {row.tier_tokens:,}: in {row.above.input:f}, out {row.above.output:f}"
    return f"in {row.input:f}, out {row.output:f}{cached}{tier}"


def change_cells(change: PriceChange) -> list[str]:
    """Returns when, what, by whom, under which version, from and to."""
    at = f"{change.at:%Y-%m-%d %H:%M:%S} UTC"
    return [
        at,
        printable(change.ref),
        change.source or "removed",
        change.version,
        f"{price_text(change.old)} -> {price_text(change.new)}",
    ]
