"""`dallosh repair`: what a lower level classified goes through level 1 again."""

import asyncio
import math
import sys
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, cast

import click
import msgspec
from rich.console import Console
from rich.table import Table

from agents.cli.instant import Since, epoch_ms
from agents.cli.operator import who
from agents.embedded import connected
from agents.printable import escaped, printable
from agents.repair import Order, RepairReport, dry_run, repair
from schemas.taxonomy import Level, Priority
from streams.core.repair_plan import DEGRADED, Wanted
from streams.logging import configure
from streams.settings import load_settings

_LEVELS: Final = click.Choice(sorted(level.value for level in DEGRADED))


@click.command("repair")
@click.option("--since", type=Since(), required=True, help="Classified since: 30m, 2h, 7d or an ISO instant.")
@click.option("--until", type=Since(), help="Classified until: an age or an ISO instant.")
@click.option("--level", "levels", type=_LEVELS, multiple=True, help="Only what this level classified; repeatable.")
@click.option(
    "--priority", "priorities", type=click.IntRange(0, 2), multiple=True, help="Only this priority; repeatable."
)
@click.option("--unsure", is_flag=True, help="Only those of whose labels the model was not confident.")
@click.option("--rate", type=click.FloatRange(0.1, 10_000), default=50.0, show_default=True, help="Tweets a second.")
@click.option("--max", "limit", type=click.IntRange(1), help="Tweets at most.")
@click.option("--why", default="", help="Reason, kept with the command in ops.commands.")
@click.option("--force", is_flag=True, help="Send even where level 1 takes no calls or has spent its soft budget.")
@click.option("--yes", is_flag=True, help="Send them; without it the plan is printed and nothing is written.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def repair_command(
    since: datetime, until: datetime | None, levels: tuple[str, ...], priorities: tuple[int, ...], unsure: bool,
    rate: float, limit: int | None, why: str, force: bool, yes: bool, as_json: bool,
) -> None:  # fmt: skip
    """Send tweets that a lower level classified to level 1 again; a dry run unless --yes.

    Each becomes the next revision of itself, at the service that the better label names. Exit 1 when it stopped early.
    """
    if until is not None and until <= since:
        raise click.UsageError("--until must be later than --since")
    if since > datetime.now(UTC):
        raise click.UsageError("--since lies in the future")
    if not math.isfinite(rate):
        raise click.UsageError("--rate must be a number of tweets a second")
    settings = load_settings()
    configure(settings)
    settings = connected(settings, ("kafka",))
    wanted = Wanted(
        levels=frozenset(Level(level) for level in levels) or DEGRADED,
        priorities=frozenset(cast(tuple[Priority, ...], priorities)),
        until=until,
        unsure=unsure,
    )
    order = Order(
        command_id=uuid.uuid4().hex, who=who(), why=why, wanted=wanted, since_ms=epoch_ms(since) or 0, rate=rate,
        limit=limit, force=force,
    )  # fmt: skip
    if yes:
        report = asyncio.run(repair(settings, order, now=datetime.now(UTC)))
    else:
        report = asyncio.run(dry_run(settings, order))
    if as_json:
        click.echo(escaped(msgspec.json.encode(_summary(report, order, executed=yes))))
    else:
        _print(report, order, executed=yes)
    sys.exit(1 if report.stopped else 0)


def _summary(report: RepairReport, order: Order, *, executed: bool) -> dict[str, object]:
    return {
        "executed": executed, "command_id": order.command_id if executed and report.n_sent else None,
        "matched": report.histogram.total, "unsure": report.histogram.n_unsure,
        "on_their_way": report.histogram.n_waiting, "sent": report.n_sent,
        "stopped": report.stopped, "obstacle": report.obstacle, "model": report.first_model,
        "expected_usd": report.cost_usd, "histogram": report.histogram.rows(),
    }  # fmt: skip


def _print(report: RepairReport, order: Order, *, executed: bool) -> None:
    if report.histogram.total:
        table = Table("level", "service", "priority", "n", "unsure")
        for row in report.histogram.rows():
            table.add_row(*map(str, row.values()))
        Console().print(table)
    for line in _lines(report, order, executed=executed):
        click.echo(printable(line), err=True)


def _lines(report: RepairReport, order: Order, *, executed: bool) -> list[str]:
    lines = list(report.missing)
    if report.histogram.n_waiting:
        lines.append(f"{report.histogram.n_waiting} more were sent before and wait at level 1")
    if not report.histogram.total:
        return [*lines, "Nothing to repair"]
    if executed:
        lines.append(f"{report.n_sent} of {report.histogram.total} tweets sent, {order.rate:g} a second")
        return [*lines, f"Stopped: {report.stopped}"] if report.stopped else lines
    lines.append(f"{report.histogram.n_unsure} of {report.histogram.total} are unsure (--unsure sends only those)")
    lines.append(
        f"Expected cost: {_amount(report.cost_usd)}" + (f" at {report.first_model}" if report.first_model else "")
    )
    if report.obstacle:
        lines.append(f"It would be refused now: {report.obstacle}")
    return [*lines, "Dry run: nothing was written. Send them with --yes"]


def _amount(cost_usd: Decimal | None) -> str:
    return "unknown" if cost_usd is None else f"{cost_usd:.4f} USD"
