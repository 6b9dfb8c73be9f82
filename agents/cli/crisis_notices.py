"""`dallosh crisis notices|resend`: what became of telling channels, and telling one again."""

import asyncio
import sys
from datetime import datetime
from typing import Final

import click
import msgspec

from agents.cli.command_answer import answer_to, recorded
from agents.cli.counted import counted
from agents.cli.dlq_report import FAILED, NOTHING_MATCHED, deployment
from agents.cli.instant import Since, epoch_ms
from agents.cli.table import cell, print_table
from agents.crisis.notices import all_notices, record_of
from agents.printable import escaped, printable
from schemas.notice import Notice
from schemas.operations import Command
from streams.channels.procedures_file import load_procedures
from streams.core.crisis.calendar import french
from streams.core.crisis.requests import RESEND
from streams.settings import Settings

_HEAD: Final = ("at", "alert", "seq", "kind", "channel", "outcome", "attempts", "why")


@click.command("notices")
@click.option("--failed", is_flag=True, help="Only what no later attempt has mended.")
@click.option("--since", type=Since(), default="7d", show_default=True, help="Published since; age or instant.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a notice.")
def notices_command(failed: bool, since: datetime, as_json: bool) -> None:
    """List what became of telling channels of alerts: delivered, failed or skipped, and why."""
    found = asyncio.run(_listed(deployment(), since))
    if failed:
        last = {(one.alert_id, one.seq, one.channel): one for one in found}
        found = [one for one in last.values() if one.outcome == "failed"]
    if as_json:
        for one in found:
            click.echo(escaped(msgspec.json.encode(one)))
    elif found:
        print_table(_HEAD, map(_cells, found))
    else:
        click.echo("no notice")
    sys.exit(0 if found else NOTHING_MATCHED)


@click.command("resend")
@click.argument("alert_id", metavar="ID")
@click.option("--seq", type=click.IntRange(1, 1_000_000), required=True, help="Of the notice.")
@click.option("--channel", required=True, help="Whom to tell again.")
@click.option("--why", default="", help="Kept with the command in ops.commands; never a name.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def resend_command(alert_id: str, seq: int, channel: str, why: str, as_json: bool) -> None:
    """Tell a channel a transition again, whatever became of it, under the same key; the notifier does it."""
    settings = deployment()
    if channel not in {one.name for one in load_procedures(settings.procedures_file).channel}:
        click.echo(f"no channel {printable(channel)} (dallosh crisis procedures)", err=True)
        sys.exit(NOTHING_MATCHED)
    if asyncio.run(record_of(settings, alert_id, seq)) is None:
        click.echo(f"no transition {seq} of {printable(alert_id)} is told or kept (dallosh crisis notices)", err=True)
        sys.exit(NOTHING_MATCHED)
    command = recorded(settings, RESEND, why, {"alert": alert_id, "seq": str(seq), "channel": channel})
    notice = answer_to(
        command, lambda: _became(settings, command),
        otherwise="the notifier still tries, does not run, or lacks what the channel needs",
    )  # fmt: skip
    if as_json:
        click.echo(escaped(msgspec.json.encode(notice)))
    else:
        click.echo(f"{notice.outcome} after {counted(notice.attempts, 'attempt')}: {printable(notice.reason)}")
    sys.exit(0 if notice.outcome == "delivered" else FAILED)


async def _listed(settings: Settings, since: datetime) -> list[Notice]:
    return [one async for one in all_notices(settings, since_ms=epoch_ms(since))]


async def _became(settings: Settings, command: Command) -> Notice | None:
    """Returns what became of a command; None where nothing has."""
    notices = await _listed(settings, command.at)
    return next((one for one in notices if one.command_id == command.id), None)


def _cells(one: Notice) -> tuple[str, ...]:
    return (
        f"{french(one.at):%Y-%m-%d %H:%M:%S}", printable(one.alert_id), str(one.seq), cell(one.kind),
        printable(one.channel), one.outcome, str(one.attempts), printable(one.reason) or "-",
    )  # fmt: skip
