"""`dallosh dlq`: what stands in the dead letters and why, and sending it back."""

import asyncio
import sys
import uuid
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agents.cli.dlq_discard import NOTHING_MATCHED, discard_command
from agents.cli.instant import Since, epoch_ms
from agents.cli.operator import who
from agents.embedded import connected
from agents.printable import escaped, printable
from schemas.taxonomy import Stage
from streams.core.replay_plan import Action, Wanted
from streams.kafka.replay import Found, Order, ReplayReport, dead_letters, dry_run, replay
from streams.logging import configure
from streams.settings import Settings, load_settings

_STAGE = click.Choice([stage.value for stage in Stage])
_MESSAGE_CHARS: Final = 160


@click.group()
def dlq() -> None:
    """List, replay and discard dead letters. Exit 0 ok, 1 failed, 2 usage, 3 nothing matched."""


dlq.add_command(discard_command)


@dlq.command("ls")
@click.option("--stage", type=_STAGE, help="Only what this stage gave up.")
@click.option("--error", help="Only this error class, e.g. UndecodableError.")
@click.option("--since", type=Since(), help="Only what failed since: 30m, 24h, 7d or an ISO instant.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="Rows at most.")
@click.option("--all", "decided", is_flag=True, help="Also those that were replayed, parked or discarded.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, a summary last.")
def ls(stage: str | None, error: str | None, since: datetime | None, limit: int, decided: bool, as_json: bool) -> None:
    """List dead letters: where, why, how often; never their text."""
    wanted = Wanted(stage=Stage(stage) if stage else None, error=error)
    shown, n_matched = asyncio.run(_listed(_settings(), wanted, epoch_ms(since), limit, decided))
    if as_json:
        for found in shown:
            click.echo(escaped(msgspec.json.encode(asdict(found.letter) | {"verdict": found.verdict})))
        click.echo(msgspec.json.encode({"matched": n_matched, "shown": len(shown)}))
    else:
        _print_letters(shown, n_matched)
    sys.exit(0 if n_matched else NOTHING_MATCHED)


@dlq.command("replay")
@click.option("--stage", type=_STAGE, help="Only what this stage gave up.")
@click.option("--error", help="Only this error class.")
@click.option("--since", type=Since(), help="Only what failed since: 30m, 24h, 7d or an ISO instant.")
@click.option("--limit", type=click.IntRange(1), help="Letters at most.")
@click.option("--why", default="", help="Reason, kept with the command in ops.commands.")
@click.option("--yes", is_flag=True, help="Send them; without it the plan is printed and nothing is written.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def replay_command(
    stage: str | None, error: str | None, since: datetime | None, limit: int | None, why: str, yes: bool, as_json: bool
) -> None:
    """Send dead letters back to the input of the stage that failed; a dry run unless --yes."""
    settings = _settings()
    order = Order(
        command_id=uuid.uuid4().hex, who=who(), why=why, since_ms=epoch_ms(since), limit=limit,
        wanted=Wanted(stage=Stage(stage) if stage else None, error=error),
    )  # fmt: skip
    if yes:
        report = asyncio.run(replay(settings, order, now=datetime.now(UTC)))
    else:
        report = asyncio.run(dry_run(settings, order))
    if as_json:
        click.echo(escaped(msgspec.json.encode(_summary(report, order, executed=yes))))
    else:
        _print_plan(report, executed=yes)
    sys.exit(0 if report.histogram.total else NOTHING_MATCHED)


def _settings() -> Settings:
    settings = load_settings()
    configure(settings)
    return connected(settings, ("kafka",))


async def _listed(
    settings: Settings, wanted: Wanted, since_ms: int | None, limit: int, decided: bool
) -> tuple[list[Found], int]:
    shown: list[Found] = []
    n_matched = 0
    async for found in dead_letters(settings, wanted, since_ms=since_ms, decided=decided):
        n_matched += 1
        if len(shown) < limit:
            shown.append(found)
    return shown, n_matched


def _summary(report: ReplayReport, order: Order, *, executed: bool) -> dict[str, object]:
    count = report.histogram.count
    return {
        "executed": executed, "command_id": order.command_id if executed else None, "matched": report.histogram.total,
        "replay": count(Action.REPLAY), "park": count(Action.PARK), "leave": count(Action.LEAVE),
        "sent": report.n_sent, "histogram": report.histogram.rows(),
    }  # fmt: skip


def _print_letters(shown: list[Found], n_matched: int) -> None:
    for found in shown:
        click.echo("\n    ".join(printable(line) for line in _lines(found)))
    click.echo(f"{len(shown)} of {n_matched} dead letters", err=True)


def _lines(found: Found) -> list[str]:
    letter = found.letter
    facts = [letter.key, letter.stage, letter.error, f"{letter.attempts} tries"]
    if letter.replays:
        facts.append(f"replayed {letter.replays} times")
    if letter.last_failed_at:
        facts.append(letter.last_failed_at[:19].replace("T", " "))
    if found.verdict:
        facts.append(found.verdict)
    return ["  ".join(facts), f"origin {letter.origin}: {letter.message[:_MESSAGE_CHARS]}"]


def _cell(text: str) -> Text:
    """Headers are text from outside: no markup, no control characters."""
    return Text(printable(text))


def _print_plan(report: ReplayReport, *, executed: bool) -> None:
    table = Table("action", "stage", "reason", "destination", "n")
    for row in report.histogram.rows():
        table.add_row(*(_cell(str(value)) for value in row.values()))
    if report.histogram.total:
        Console().print(table)
    if executed:
        click.echo(f"{report.n_sent} records sent", err=True)
    elif report.histogram.total:
        click.echo("Dry run: nothing was written. Send them with --yes", err=True)
    else:
        click.echo("Nothing matched", err=True)
