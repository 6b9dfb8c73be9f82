"""`dallosh dlq edit`: one dead letter with a value that a human corrected, back to the stage that failed."""

import asyncio
import sys
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click
import msgspec

from agents.cli.dlq_act import DESTINATIONS
from agents.cli.dlq_filters import Place
from agents.cli.dlq_report import NOTHING_MATCHED, PARTIAL, deployment
from agents.cli.operator import who
from agents.printable import escaped, printable
from schemas.taxonomy import Stage
from schemas.topics import INPUT_OF, LETTER_TOPICS
from streams.core.letter_edit import (
    changed_fields,
    check_fields,
    difference,
    key_for,
    parse_change,
    scrubbed_anew,
    with_changes,
)
from streams.core.letters import STAGES, is_waiting
from streams.core.record_id import RecordId
from streams.core.replay_order import Correction, Order, ReplayReport
from streams.core.replay_plan import Action
from streams.errors import FatalError, RejectedError
from streams.kafka.letters import Found, letter_at
from streams.kafka.planning import dry_run
from streams.kafka.replay import replay
from streams.settings import Settings


class Change(click.ParamType):
    """A field and what it is set to."""

    name = "FIELD=JSON"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        """Reads it; a usage error never quotes what follows the field."""
        if isinstance(value, tuple):
            return value
        try:
            return parse_change(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command("edit")
@click.argument("place", type=Place(LETTER_TOPICS), metavar="TOPIC:PARTITION:OFFSET")
@click.option("--set", "changes", type=Change(), multiple=True, help='A field, e.g. text="allo"; repeatable.')
@click.option("--file", "file", type=click.File("rb"), help="A whole new value; - is standard input.")
@click.option("--to", type=click.Choice(DESTINATIONS), help="Another topic than the input of the stage that failed.")
@click.option("--why", default="", help="Reason, kept with the command in ops.commands; never a name.")
@click.option("--yes/--dry-run", default=False, help="Send it, needs --why, or (the default) show the difference.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def edit_command(
    place: RecordId, changes: tuple[tuple[str, Any], ...], file: Any, to: str | None, why: str, yes: bool, as_json: bool
) -> None:
    """Correct one letter's value and send it; without --yes the difference is shown, which is personal data.

    The new value must be what the destination's readers accept. Behind the scrubber, what it makes of a text is made
    anew: it cannot be set. The origin and the headers stay as they are.
    """
    if bool(changes) == (file is not None):
        raise click.UsageError("give one of --set and --file")
    if yes and not why.strip():
        raise click.UsageError("--yes needs a reason: --why")
    settings = deployment()
    found = asyncio.run(letter_at(settings, place))
    if found is None or not is_waiting(found.verdict):
        said = "is not there" if found is None else f"was decided before: {found.verdict}"
        click.echo(f"{place.key} {said}", err=True)
        sys.exit(NOTHING_MATCHED)
    correction = _correction(settings, found, file.read() if file is not None else None, changes, to)
    if not correction.fields:
        raise click.UsageError(f"its value stays as it is. To send it so: dallosh dlq replay {place.key}")
    order = Order(
        command_id=uuid.uuid4().hex, who=who(), verb="edit", why=why, places=frozenset([place]), to=to,
        correction=correction,
    )  # fmt: skip
    report = asyncio.run(replay(settings, order, now=datetime.now(UTC)) if yes else dry_run(settings, order))
    is_left = report.histogram.count(Action.LEAVE) > 0
    lines = [] if yes else difference(found.record.value, correction.value, place)
    if as_json:
        _print_json(report, order, lines, executed=yes)
    else:
        _print(report, lines, executed=yes)
    sys.exit(PARTIAL if is_left else 0 if report.histogram.total else NOTHING_MATCHED)


def _correction(
    settings: Settings, found: Found, whole: bytes | None, changes: tuple[tuple[str, Any], ...], to: str | None
) -> Correction:
    """Makes the new value and checks it.

    Raises:
        FatalError: no header names the stage that failed.
        RejectedError: its topic would not accept it, or a change sets what the scrubber makes.
    """
    from streams.tables import tables  # late: the scrubber's patterns take half a second, and only this verb needs them

    letter = found.letter
    if letter.stage not in STAGES:
        raise FatalError(f"no header of {letter.key} names the stage that failed", remedy="Park or discard it")
    before = found.record.value
    topic = to or INPUT_OF[Stage(letter.stage)]
    try:
        check_fields(topic, changes)
        value = with_changes(before, changes) if whole is None else whole
        value = scrubbed_anew(topic, value, tables(), settings.kept_handles)
        key = key_for(topic, value)
    except RejectedError as error:
        raise RejectedError(f"{letter.key} cannot be corrected so: {error.reason}") from None
    return Correction(key=key, value=value, fields=tuple(changed_fields(before, value, topic)))


def _print(report: ReplayReport, lines: Sequence[str], *, executed: bool) -> None:
    for line in lines:
        click.echo(printable(line))
    for row in report.histogram.rows():
        sent = "sent" if executed else "would be sent"
        _say(f"{sent} to {row['destination']}" if row["destination"] else f"left where it is: {row['reason']}")
    if not executed:
        _say("Dry run: nothing was written. Send it with --yes --why ...")


def _print_json(report: ReplayReport, order: Order, lines: Sequence[str], *, executed: bool) -> None:
    rows = report.histogram.rows()
    summary = {
        "executed": executed, "command_id": order.command_id if executed and rows else None,
        "place": next(iter(order.places)).key, "edited": order.correction and order.correction.fields, "diff": lines,
        "sent": report.n_sent, "destination": next((row["destination"] or None for row in rows), None),
        "left": next((row["reason"] for row in rows if not row["destination"]), None),
    }  # fmt: skip
    click.echo(escaped(msgspec.json.encode(summary)))


def _say(text: str) -> None:
    click.echo(printable(text), err=True)
