"""`dallosh dlq discard`: dead letters that are never to come back, named by their places."""

import asyncio
import sys
import uuid
from datetime import UTC, datetime
from typing import Any, Final

import click
import msgspec

from agents.cli.operator import who
from agents.embedded import connected
from schemas.topics import DEAD_LETTER_TOPICS
from streams.core.record_id import RecordId
from streams.kafka.discarding import Discard, DiscardReport, discard
from streams.logging import configure
from streams.settings import load_settings

NOTHING_MATCHED: Final = 3


class Place(click.ParamType):
    """The place of a dead letter, as `dlq ls` and `forget` write it."""

    name = "place"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> RecordId:
        """Takes TOPIC:PARTITION:OFFSET of a topic of dead letters."""
        try:
            found = value if isinstance(value, RecordId) else RecordId.parse(value)
        except ValueError:
            self.fail(f"{value!r} is not TOPIC:PARTITION:OFFSET", param, ctx)
        if found.topic not in DEAD_LETTER_TOPICS:
            self.fail(f"{found.topic!r} is none of {', '.join(DEAD_LETTER_TOPICS)}", param, ctx)
        return found


@click.command("discard")
@click.argument("places", nargs=-1, required=True, type=Place(), metavar="TOPIC:PARTITION:OFFSET...")
@click.option("--why", default="", help="Reason, kept with the command in ops.commands; never a name.")
@click.option("--yes", is_flag=True, help="Discard them; without it nothing is written.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def discard_command(places: tuple[RecordId, ...], why: str, yes: bool, as_json: bool) -> None:
    """Keep dead letters from every replay; a dry run unless --yes. Their topic drops them by age."""
    settings = load_settings()
    configure(settings)
    settings = connected(settings, ("kafka",))
    order = Discard(command_id=uuid.uuid4().hex, who=who(), why=why, letters=frozenset(places))
    report = asyncio.run(discard(settings, order, now=datetime.now(UTC), execute=yes))
    if as_json:
        click.echo(msgspec.json.encode(_summary(report, order, executed=yes)))
    else:
        _print(report, executed=yes)
    sys.exit(0 if report.discarded else NOTHING_MATCHED)


def _summary(report: DiscardReport, order: Discard, *, executed: bool) -> dict[str, object]:
    return {
        "executed": executed, "command_id": order.command_id if report.n_written else None,
        "discarded": [letter.key for letter in report.discarded], "decided": [letter.key for letter in report.decided],
        "missing": [one.key for one in report.missing],
    }  # fmt: skip


def _print(report: DiscardReport, *, executed: bool) -> None:
    for letter in report.discarded:
        click.echo(f"{letter.key}  {'discarded' if executed else 'would be discarded'}")
    for letter in report.decided:
        click.echo(f"{letter.key}  was decided before")
    for one in report.missing:
        click.echo(f"{one.key}  is not there")
    if not executed:
        click.echo("Dry run: nothing was written. Discard them with --yes", err=True)
