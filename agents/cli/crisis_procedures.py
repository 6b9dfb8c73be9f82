"""`dallosh crisis procedures|test`: what is done about which alert, and whom it is told."""

import asyncio
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import click
import msgspec

from agents.cli.dlq_report import FAILED, NOTHING_MATCHED
from agents.cli.table import print_table
from agents.environment import secret_names
from agents.printable import escaped, printable
from schemas.alert import Alert, Transition
from schemas.notice import AlertMessage, Step
from streams.channels.opening import kind_of, open_channel, open_channels, place_of
from streams.channels.procedures_file import ChannelTable, ProceduresFile, load_procedures
from streams.channels.protocol import Channel
from streams.core.crisis.procedures import key_of
from streams.errors import RejectedError, RetryableError, SettingsError
from streams.logging import configure
from streams.settings import Settings, load_settings

_PROCEDURES: Final = ("topic", "scope", "procedure", "channels", "steps")
_CHANNELS: Final = ("channel", "kind", "where", "state")
_STEP: Final = Step(id="nothing", text="Nothing is to be done: somebody tests this channel")


@click.command("procedures")
@click.option("--check", is_flag=True, help="Exit 1 where a channel lacks what it needs, or nobody uses it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def procedures_command(check: bool, as_json: bool) -> None:
    """List what is done about alerts by topic and scope (the first line that matches counts), and whom they are told.

    Nothing is sent and nobody is connected to; `dallosh crisis test` does that.
    """
    settings = _settings()
    found = load_procedures(settings.procedures_file)
    broken = open_channels(found, partial(secret_names, settings, found)).broken
    states = {one.name: _state(found, one, broken.get(one)) for one in found.channel}
    if as_json:
        click.echo(escaped(msgspec.json.encode(_report(found, states))))
    else:
        print_table(_PROCEDURES, _rows(found))
        if found.channel:
            click.echo()
            print_table(_CHANNELS, [
                (one.name, kind_of(one), printable(place_of(one)), printable(states[one.name] or "ready"))
                for one in found.channel
            ])  # fmt: skip
        else:
            click.echo("no channel: nobody is told (DALLOSH_PROCEDURES_FILE names a file with some)", err=True)
    sys.exit(FAILED if check and any(states.values()) else 0)


@click.command("test")
@click.argument("name", metavar="CHANNEL")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def test_command(name: str, as_json: bool) -> None:
    """Send one message that is marked as a test to a channel, in one attempt, and say what it answered."""
    settings = _settings()
    found = load_procedures(settings.procedures_file)
    table = next((one for one in found.channel if one.name == name), None)
    if table is None:
        names = ", ".join(one.name for one in found.channel) or "none"
        click.echo(f"no channel {printable(name)} (there are: {names})", err=True)
        sys.exit(NOTHING_MATCHED)
    message = _message(datetime.now(UTC))
    taken, answer = asyncio.run(_try(open_channel(table, partial(secret_names, settings, found)), message))
    if as_json:
        report = {"channel": table.name, "taken": taken, "answer": answer, "key": message.key}
        click.echo(escaped(msgspec.json.encode(report)))
    else:
        click.echo(f"{table.name}: {'taken' if taken else 'NOT taken'}, {printable(answer)} (key {message.key})")
    sys.exit(0 if taken else FAILED)


async def _try(channel: Channel, message: AlertMessage) -> tuple[bool, str]:
    try:
        return True, await channel.tell(message)
    except (RetryableError, RejectedError) as error:
        return False, str(error)
    except Exception as error:  # noqa: BLE001 as for the notifier, whatever a channel raises is an answer
        return False, f"unexpected {type(error).__name__}"
    finally:
        await channel.close()


def _settings() -> Settings:
    settings = load_settings()
    configure(settings)
    return settings


def _state(found: ProceduresFile, table: ChannelTable, error: SettingsError | None) -> str:
    """Returns what a channel lacks; empty for nothing."""
    if error is not None:
        return str(error).partition(". ")[0].partition(": ")[2]
    return "" if any(table.name in one.channels for one in found.procedure) else "no procedure names it"


def _rows(found: ProceduresFile) -> Iterator[tuple[str, ...]]:
    for one in found.procedure:
        yield one.topic, one.scope, one.name, " ".join(one.channels) or "-", " ".join(step.id for step in one.steps)


def _report(found: ProceduresFile, states: dict[str, str]) -> dict[str, Any]:
    channels = [
        {"name": one.name, "kind": kind_of(one), "where": place_of(one), "lacks": states[one.name]}
        for one in found.channel
    ]
    return {"procedures": found.procedure, "channels": channels}


def _message(now: datetime) -> AlertMessage:
    alert_id = f"test-{uuid.uuid4().hex[:8]}"
    alert = Alert(
        id=alert_id, seq=1, state="open", topic="network", scope="national", area_kind="country", area_code="FR",
        window_start_at=now, window_end_at=now, observed=0, expected=0.0, n_authors=0, first_seen_at=now,
        detected_at=now, confirmed_at=now, history=(Transition(at=now, state="open", scope="national"),),
    )  # fmt: skip
    return AlertMessage(
        key=key_of(alert_id, 1), kind="confirmed", seq=1, alert=alert, procedure="test", steps=(_STEP,), is_test=True
    )
