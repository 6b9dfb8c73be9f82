"""What an operator asks of alerts beside the detector: a step signed, a notice sent again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.operations import Command

SIGN: Final = "crisis sign"
RESEND: Final = "crisis resend"
_MAX_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class Resend:
    """A transition that one channel is to be told again."""

    command_id: str
    alert_id: str
    seq: int
    channel: str


@dataclass(frozen=True, slots=True)
class Signature:
    """Who did which step of an alert's procedure, and when."""

    step: str
    by: str
    at: datetime
    why: str = ""


def resend_of(command: Command) -> Resend | None:
    """Returns what a command asks of the notifier; None where it asks nothing, or nothing that it understands."""
    alert_id, channel = command.arguments.get("alert"), command.arguments.get("channel")
    seq = command.arguments.get("seq", "")
    is_number = seq.isascii() and seq.isdigit() and len(seq) <= _MAX_DIGITS
    if command.verb != RESEND or not alert_id or not channel or not is_number:
        return None
    return Resend(command.id, alert_id, int(seq), channel)


def signatures(commands: Iterable[Command], alert_id: str) -> list[Signature]:
    """Returns the signatures below an alert, in the order of the commands."""
    return [
        Signature(one.arguments["step"], one.who, one.at, one.why)
        for one in commands
        if one.verb == SIGN and one.arguments.get("alert") == alert_id and "step" in one.arguments
    ]
