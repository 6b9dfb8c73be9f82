"""`dallosh crisis sign`, and the steps of an alert's procedure with who did them."""

import asyncio
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import NoReturn

import click
import msgspec

from agents.cli.command_answer import recorded
from agents.cli.dlq_report import NOTHING_MATCHED, deployment
from agents.crisis.alerts import last_alert
from agents.printable import escaped, printable
from schemas.alert import Alert
from schemas.notice import Step
from schemas.operations import Command
from streams.channels.procedures_file import load_procedures
from streams.core.crisis.calendar import french
from streams.core.crisis.procedures import Procedure, procedure_of
from streams.core.crisis.requests import SIGN, Signature, signatures
from streams.settings import Settings


class DoneStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step of an alert's procedure, with its last signature."""

    id: str
    text: str
    by: str | None = None
    at: datetime | None = None
    why: str = ""


class ProcedureState(msgspec.Struct, frozen=True, kw_only=True):
    """The procedure of an alert and how far it is; a signature under a wider or narrower scope stays."""

    procedure: str | None
    steps: tuple[DoneStep, ...] = ()

    def lines(self) -> list[str]:
        """Writes it for people."""
        if self.procedure is None:
            return ["procedure     -"]
        width = max((len(one.id) for one in self.steps), default=0)
        lines = [f"procedure     {self.procedure}"]
        for one in self.steps:
            signed = "-" if one.at is None else f"{one.by}, {french(one.at):%Y-%m-%d %H:%M}"
            lines.append(f"  {one.id:<{width}}  {signed}  {one.text}")
        return lines


def procedure_state(settings: Settings, alert: Alert, commands: Iterable[Command]) -> ProcedureState:
    """Returns the procedure that an alert has now, with who signed which step, by what operators did.

    Raises:
        SettingsError: the file of procedures is wrong.
    """
    procedure = _procedure(settings, alert)
    if procedure is None:
        return ProcedureState(procedure=None)
    signed = {one.step: one for one in signatures(commands, alert.id)}
    steps = tuple(_done(one, signed.get(one.id)) for one in procedure.steps)
    return ProcedureState(procedure=procedure.name, steps=steps)


@click.command("sign")
@click.argument("alert_id", metavar="ID")
@click.argument("step", metavar="STEP")
@click.option("--why", default="", help="Kept with the command in ops.commands; never a name.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def sign_command(alert_id: str, step: str, why: str, as_json: bool) -> None:
    """Sign a step of an alert's procedure: you have done it. `dallosh crisis show` lists them."""
    settings = deployment()
    alert = asyncio.run(last_alert(settings, alert_id))
    if alert is None:
        _end(f"no alert {printable(alert_id)} (dallosh crisis ls --all)")
    procedure = _procedure(settings, alert)
    if procedure is None:
        _end(f"no procedure is for {alert.topic}, {alert.scope} (dallosh crisis procedures)")
    if step not in {one.id for one in procedure.steps}:
        _end(f"{procedure.name} has no step {printable(step)}: {', '.join(one.id for one in procedure.steps)}")
    command = recorded(settings, SIGN, why, {"alert": alert_id, "step": step, "procedure": procedure.name})
    if as_json:
        report = {"alert": alert_id, "procedure": procedure.name, "step": step, "command_id": command.id}
        click.echo(escaped(msgspec.json.encode(report)))
    else:
        click.echo(f"signed {step} of {procedure.name} by {printable(command.who)}")


def _procedure(settings: Settings, alert: Alert) -> Procedure | None:
    return procedure_of(load_procedures(settings.procedures_file).procedure, alert.topic, alert.scope)


def _done(step: Step, signature: Signature | None) -> DoneStep:
    if signature is None:
        return DoneStep(id=step.id, text=step.text)
    return DoneStep(id=step.id, text=step.text, by=signature.by, at=signature.at, why=signature.why)


def _end(words: str) -> NoReturn:
    click.echo(words, err=True)
    sys.exit(NOTHING_MATCHED)
