"""`dallosh crisis status|ls|show|ack|close`: the alerts of a deployment, and what an operator says of them."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta

import click
import msgspec

from agents.cli.command_answer import answer_to, recorded
from agents.cli.crisis_steps import procedure_state
from agents.cli.crisis_text import print_incidents
from agents.cli.dlq_report import NOTHING_MATCHED, deployment
from agents.cli.instant import Since, age_text
from agents.crisis.alerts import all_alerts, last_alert, last_state
from agents.crisis.notices import all_commands
from agents.printable import escaped, printable
from schemas.alert import Alert, AlertVerdict
from streams.core.crisis.calendar import french
from streams.core.crisis.dates import MOST_AHEAD
from streams.core.crisis.incidents import incidents
from streams.core.crisis.orders import ACK, CLOSE, Judgement, judgements
from streams.settings import Settings

_json = click.option("--json", "as_json", is_flag=True, help="One JSON object.")
_why = click.option("--why", default="", help="Kept with the command in ops.commands; never a name.")


@click.command("status")
@_json
def status_command(as_json: bool) -> None:
    """Show how far the detector is in event time, and how many alerts are open."""
    settings, now = deployment(), datetime.now(UTC)
    state = asyncio.run(last_state(settings))
    if state is None:
        click.echo("no snapshot: the detector has not run here (dallosh worker detector)", err=True)
        sys.exit(NOTHING_MATCHED)
    alive = [one for one in asyncio.run(all_alerts(settings)) if one.state != "closed"]
    n_suspected = sum(one.state == "suspected" for one in alive)
    if as_json:
        report = {
            "event_time": state.event_time, "snapshot_at": state.at, "open": len(alive) - n_suspected,
            "suspected": n_suspected,
        }  # fmt: skip
        click.echo(msgspec.json.encode(report))
        return
    is_ahead = state.event_time > now + MOST_AHEAD
    age = "in the future: the next detector begins anew" if is_ahead else f"{age_text(now - state.event_time)} ago"
    when = f"{_french(state.event_time)}, {age}"
    click.echo(f"event time  {when if state.event_time.timestamp() else 'no tweet yet'}")
    click.echo(f"snapshot    {_french(state.at)}, {age_text(now - state.at)} ago")
    click.echo(f"alerts      {len(alive) - n_suspected} open, {n_suspected} suspected")


@click.command("ls")
@click.option("--since", type=Since(), default="7d", show_default=True, help="First seen since; age or instant.")
@click.option("--all", "closed", is_flag=True, help="Also those that are over.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object an alert.")
def ls_command(since: datetime, closed: bool, as_json: bool) -> None:
    """List alerts that go on: of what, where, since when, by the ids that other commands take."""
    records = [
        one
        for one in asyncio.run(all_alerts(deployment()))
        if one.first_seen_at >= since and (closed or one.state != "closed")
    ]
    found = incidents(records)
    if as_json:
        for one in found:
            click.echo(escaped(msgspec.json.encode(one)))
    else:
        print_incidents(found, with_ids=True)
    sys.exit(0 if found else NOTHING_MATCHED)


@click.command("show")
@click.argument("alert_id", metavar="ID")
@_json
def show_command(alert_id: str, as_json: bool) -> None:
    """Show one alert: its evidence, what it became and when, who judged it and why, and who did which step about it."""
    settings = deployment()
    alert = _found(asyncio.run(last_alert(settings, alert_id)), alert_id)
    commands = asyncio.run(all_commands(settings))
    state, said = procedure_state(settings, alert, commands), judgements(commands, alert.id)
    if as_json:
        report = msgspec.structs.asdict(alert) | msgspec.structs.asdict(state) | {"judgements": said}
        click.echo(escaped(msgspec.json.encode(report)))
        return
    for line in (*_lines(alert), *map(_said, said), *state.lines()):
        click.echo(printable(line))


def _said(judgement: Judgement) -> str:
    """Writes who said what of an alert, and why."""
    verdict = "" if judgement.verdict is None else f" {judgement.verdict}"
    return f"{judgement.verb}{verdict}  {judgement.by}, {_french(judgement.at)}  {judgement.why or '-'}"


@click.command("ack")
@click.argument("alert_id", metavar="ID")
@_why
@_json
def ack_command(alert_id: str, why: str, as_json: bool) -> None:
    """Say that you have seen an alert; it goes on."""
    _tell(alert_id, ACK, why, as_json, {})


@click.command("close")
@click.argument("alert_id", metavar="ID")
@click.option("--reason", type=click.Choice(["real", "benign"]), required=True, help="What it turned out to be.")
@_why
@_json
def close_command(alert_id: str, reason: AlertVerdict, why: str, as_json: bool) -> None:
    """Close an alert by your own judgement: the wave opens none again until it is over."""
    _tell(alert_id, CLOSE, why, as_json, {"verdict": reason})


def _tell(alert_id: str, verb: str, why: str, as_json: bool, arguments: dict[str, str]) -> None:
    """Writes the command, and waits for the detector to have carried it out."""
    settings = deployment()
    _found(asyncio.run(last_alert(settings, alert_id)), alert_id)
    command = recorded(settings, verb, why, {"alert": alert_id} | arguments)
    alert = answer_to(
        command, lambda: _seen(settings, alert_id, command.at),
        otherwise="the detector does not run, and carries it out when it does",
    )  # fmt: skip
    if as_json:
        click.echo(escaped(msgspec.json.encode(alert)))
    else:
        click.echo(printable(_lines(alert)[0]))


async def _seen(settings: Settings, alert_id: str, at: datetime) -> Alert | None:
    """Returns the alert where its record knows of a command of this instant."""
    alert = await last_alert(settings, alert_id)
    knows = alert is not None and alert.acknowledged_at is not None and alert.acknowledged_at >= _to_the_ms(at)
    return alert if knows else None


def _to_the_ms(at: datetime) -> datetime:
    return at - timedelta(milliseconds=1)


def _found(alert: Alert | None, alert_id: str) -> Alert:
    if alert is None:
        click.echo(f"no alert {printable(alert_id)} (dallosh crisis ls --all)", err=True)
        sys.exit(NOTHING_MATCHED)
    return alert


def _lines(alert: Alert) -> list[str]:
    """Writes an alert, its state first."""
    verdict = "" if alert.verdict is None else f", {alert.verdict}"
    lines = [f"{alert.id}  {alert.state}{verdict}  {alert.topic}  {alert.scope} {alert.area_kind} {alert.area_code}"]
    if alert.parent is not None:
        lines.append(f"inside        {alert.parent}")
    lines += [f"{step.state:<12}  {_french(step.at)}  {step.scope}" for step in alert.history]
    lines += [
        f"first seen    {_french(alert.first_seen_at)}",
        f"complaints    {alert.observed}, expected {alert.expected:g}, peak {alert.peak} in 10 minutes",
        f"evidence      e-value {_number(alert.e_value)}, p-value {_number(alert.p_value)}",
        f"located       {alert.n_located}: {', '.join(f'{one.department} {one.n}' for one in alert.places) or '-'}",
        f"not counted   {alert.n_capped} of an author or conversation that had said as much",
        f"degraded      {alert.degraded_share:.0%} labelled by a lower level",
        f"read first    {' '.join(alert.example_ids) or '-'}",
    ]
    if alert.acknowledged_by is not None and alert.acknowledged_at is not None:
        lines.append(f"seen by       {alert.acknowledged_by}, {_french(alert.acknowledged_at)}")
    return lines


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"


def _french(at: datetime) -> str:
    return f"{french(at):%Y-%m-%d %H:%M}"
