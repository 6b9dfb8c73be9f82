"""What an operator says of an alert, as a command that the detector carries out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from msgspec.structs import replace

from schemas.alert import Alert, AlertVerdict, Transition
from schemas.operations import Command

ACK: Final = "crisis ack"
CLOSE: Final = "crisis close"
_VERDICTS: Final[dict[str, AlertVerdict]] = {"real": "real", "benign": "benign"}


@dataclass(frozen=True, slots=True)
class Order:
    """Who has seen which alert when; with a verdict it is closed."""

    alert_id: str
    by: str
    at: datetime
    verdict: AlertVerdict | None = None


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """Who said of an alert that he has seen it, or what it turned out to be, and why."""

    verb: str
    by: str
    at: datetime
    why: str
    verdict: AlertVerdict | None = None


def judgements(commands: Iterable[Command], alert_id: str) -> list[Judgement]:
    """Returns what operators said of an alert, in the order of the commands."""
    found = ((one, order_of(one)) for one in commands)
    return [
        Judgement(verb=one.verb, by=one.who, at=one.at, why=one.why, verdict=order.verdict)
        for one, order in found
        if order is not None and order.alert_id == alert_id
    ]


def order_of(command: Command) -> Order | None:
    """Returns what a command asks of the detector; None where it asks nothing, or nothing that it understands."""
    alert_id = command.arguments.get("alert")
    if alert_id is None or command.verb not in (ACK, CLOSE):
        return None
    verdict = _VERDICTS.get(command.arguments.get("verdict", ""))
    if (command.verb == CLOSE) != (verdict is not None):
        return None
    return Order(alert_id, command.who, command.at, verdict)


def judged(alert: Alert, order: Order) -> Alert:
    """Returns the next record of an alert that the detector does not follow any more."""
    state = alert.state if order.verdict is None else "closed"
    return replace(
        alert,
        seq=alert.seq + 1,
        state=state,
        acknowledged_by=order.by,
        acknowledged_at=order.at,
        verdict=order.verdict or alert.verdict,
        history=(*alert.history, Transition(at=alert.window_end_at, state=state, scope=alert.scope)),
    )
