"""`dallosh spend`: what calls to models cost, for whom, and where the month ends."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import click
import msgspec

from agents.cli.instant import Since, epoch_ms
from agents.cli.table import print_table
from agents.embedded import connected
from agents.printable import escaped, printable
from schemas.codec import UndecodableError, decode
from schemas.spend import Spend
from schemas.topics import SPEND
from streams.core.record_id import RecordId
from streams.core.spending import By, Forecast, Ledger, Sum, forecast, forecast_since
from streams.kafka.reading import scan
from streams.logging import configure
from streams.settings import Settings, load_settings

DEFAULT_SINCE: Final = timedelta(days=30)

_HEAD: Final = (
    "calls", "failed", "answered", "tokens in", "out", "cached", "thought", "USD", "USD/1,000 tweets", "cost unknown",
)  # fmt: skip
_UNKNOWN: Final = "unknown"


@click.command()
@click.option("--by", type=click.Choice([by.value for by in By]), default=By.MODEL.value, show_default=True,
              help="What to sum by.")  # fmt: skip
@click.option("--since", type=Since(), help="Calls since: 12h, 7d or an ISO instant; 30 days by default.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a group, a summary last.")
def spend(by: str, since: datetime | None, as_json: bool) -> None:
    """Sum the calls to models (ops.spend), and forecast the month's end. Days are UTC.

    A call's cost is shared among the services by the tweets that it answered for each; a call then counts at each of
    them. The forecast: month to date + mean of the last 7 full days x days left. What has no price is unknown, never 0.
    """
    settings, now = load_settings(), datetime.now(UTC)
    configure(settings)
    ledger = Ledger(By(by), since or now - DEFAULT_SINCE)
    n_unread = asyncio.run(_read(connected(settings, ("kafka",)), ledger, now))
    ahead = forecast(ledger.days, now=now)
    if as_json:
        for row in _rows(ledger, ahead, n_unread):
            click.echo(escaped(msgspec.json.encode(row)))
        return
    if ledger.groups:
        lines = [(printable(name), *_cells(sums)) for name, sums in ledger.rows()]
        print_table((by, *_HEAD), [*lines, ("all", *_cells(ledger.total))])
    for words in _told(ledger, ahead):
        click.echo(words, err=True)


async def _read(settings: Settings, ledger: Ledger, now: datetime) -> int:
    """Reads the events that the sums and the forecast need; returns how many could not be read."""
    n_unread = 0
    async for record in scan(
        settings, [SPEND], since_ms=epoch_ms(min(ledger.since, forecast_since(now))), required=True
    ):
        try:
            ledger.add(decode(record.value, Spend))
        except UndecodableError as error:
            n_unread += 1
            click.echo(f"skipped {RecordId.of(record).key}: {error}", err=True)
    return n_unread


def _rows(ledger: Ledger, ahead: Forecast, n_unread: int) -> Iterator[dict[str, Any]]:
    for name, sums in ledger.rows():
        yield {ledger.by.value: name, **_facts(sums)}
    yield {
        "by": ledger.by, "since": ledger.since, "groups": len(ledger.groups), "total": _facts(ledger.total),
        "forecast": asdict(ahead), "unread": n_unread,
    }  # fmt: skip


def _facts(sums: Sum) -> dict[str, Any]:
    return {
        **asdict(sums), "usd": sums.known_usd, "usd_per_1000_tweets": _rounded(sums.usd_per_1000_tweets),
        "unknown_share": round(sums.unknown_share, 4),
    }  # fmt: skip


def _rounded(usd: Decimal | None) -> Decimal | None:
    return None if usd is None else round(usd, 6)


def _cells(sums: Sum) -> list[str]:
    tokens = (sums.input_tokens, sums.output_tokens, sums.cached_tokens, sums.thought_tokens)
    unknown = f"{sums.n_unknown} ({sums.unknown_share:.0%})" if sums.n_unknown else "-"
    counts = [f"{n:,}" for n in (sums.n_calls, sums.n_failed, sums.n_answered, *tokens)]
    return [*counts, _usd(sums.known_usd), _usd(sums.usd_per_1000_tweets), unknown]


def _usd(usd: Decimal | None) -> str:
    return _UNKNOWN if usd is None else f"{usd:,.4f}"


def _told(ledger: Ledger, ahead: Forecast) -> Iterator[str]:
    """The sentences below the table."""
    total = ledger.total
    if not ledger.groups:
        yield f"no calls since {ledger.since:%Y-%m-%d %H:%M} UTC"
    if total.n_unknown:
        yield (
            f"{total.n_unknown} of {total.n_calls} calls have an unknown cost: {total.n_unpriced} of models without a "
            f"price (dallosh prices set), {total.n_unknown - total.n_unpriced} that failed and said no tokens; "
            "the sums hold the known costs"
        )
    if total.n_answered_escalated:
        yield f"escalated: {total.n_answered_escalated:,} answers for {_usd(total.escalated_usd)} USD of known cost"
    least = "at least " if ahead.n_unknown else ""
    end_least = "at least " if ahead.n_unknown or ahead.n_unknown_mean else ""
    if ahead.mean_day_usd is None:
        yield f"this month so far {least}{_usd(ahead.month_to_date_usd)} USD; no forecast before the first full day"
    else:
        yield (
            f"this month so far {least}{_usd(ahead.month_to_date_usd)} USD; forecast for its end {end_least}"
            f"{_usd(ahead.month_end_usd)} USD: so far + {_usd(ahead.mean_day_usd)} (mean of the last {ahead.n_days} "
            f"full days) x {ahead.days_left:.1f} days left"
        )
