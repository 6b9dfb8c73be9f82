"""Which procedure an alert starts, and which of its transitions are told to which channel.

All is decided from the alert's record alone, so that a notifier that was killed decides the same again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal
from urllib.parse import quote

import msgspec

from schemas.alert import Alert, Scope
from schemas.notice import AlertMessage, NoticeKind, Step
from streams.core.crisis.waves import CONFIRMED

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z")]

ANY: Final = "*"
_KEY_CHARS: Final = 200


class Procedure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is done when an alert of a topic and scope is confirmed; `*` stands for any.

    `tells` are the transitions that its channels are told; alerts inside a wider one only where `children` says so.
    """

    name: Name
    topic: str
    scope: Scope | Literal["*"]
    steps: Annotated[tuple[Step, ...], msgspec.Meta(max_length=40)] = ()
    channels: tuple[Name, ...] = ()
    tells: tuple[NoticeKind, ...] = ("confirmed", "reopened", "escalated", "widened", "closed")
    children: bool = False

    def matches(self, topic: str, scope: str) -> bool:
        """Whether it is for alerts of this topic and scope."""
        return self.topic in (ANY, topic) and self.scope in (ANY, scope)

    def hides(self, later: "Procedure") -> bool:
        """Whether a later one of the list never comes into play."""
        return self.topic in (ANY, later.topic) and self.scope in (ANY, later.scope)


@dataclass(frozen=True, slots=True)
class Told:
    """One transition: what the alert became, and its number in the alert's history."""

    kind: NoticeKind
    seq: int


def procedure_of(procedures: Sequence[Procedure], topic: str, scope: str) -> Procedure | None:
    """Returns the first procedure for a topic and scope; None where there is none."""
    return next((one for one in procedures if one.matches(topic, scope)), None)


def transitions(alert: Alert) -> list[Told]:
    """Returns what a record newly tells: confirmed, reopened, escalated, a wider scope, closed; often nothing.

    A suspicion, an easing wave and an operator's acknowledgement are not told, nor is the end of what was never
    confirmed. One minute's changes are one record, so all entries of the history's last minute are looked at; a record
    that an operator's command adds in the same minute names the same transitions again, under the same numbers.
    """
    first = alert.seq - len(alert.history) + 1
    last = len(alert.history) - 1
    found: list[Told] = []
    while last >= 0 and alert.history[last].at == alert.history[-1].at:
        if (kind := _kind(alert, last)) is not None:
            found.append(Told(kind, first + last))
        last -= 1
    return found[::-1]


def messages(procedures: Sequence[Procedure], alert: Alert, channel: str) -> Iterator[AlertMessage]:
    """Yields what a channel is told of a record.

    Who was told that an alert is local hears of it when it is national, whichever procedure that is: the procedures of
    all scopes that it had while it was confirmed choose the channels, that of the present scope gives the steps.
    """
    for told in transitions(alert):
        chosen = [procedure_of(procedures, alert.topic, scope) for scope in _scopes(alert, told.seq)]
        if any(one is not None and _tells(one, alert, told.kind, channel) for one in chosen):
            yield message_of(chosen[0], alert, told)


def message_of(procedure: Procedure | None, alert: Alert, told: Told) -> AlertMessage:
    """Returns what is told of a transition, with the steps of a procedure."""
    return AlertMessage(
        key=key_of(alert.id, told.seq), kind=told.kind, seq=told.seq, alert=alert,
        procedure="" if procedure is None else procedure.name, steps=() if procedure is None else procedure.steps,
    )  # fmt: skip


def key_of(alert_id: str, seq: int) -> str:
    """Returns the idempotency key of a transition, in ASCII that a header takes: `network-FR-20260302T0800Z/2`."""
    return f"{quote(alert_id, safe=':+')[:_KEY_CHARS]}/{seq}"


def _tells(procedure: Procedure, alert: Alert, kind: NoticeKind, channel: str) -> bool:
    is_inside = alert.parent is not None and not procedure.children
    return channel in procedure.channels and kind in procedure.tells and not is_inside


def _scopes(alert: Alert, seq: int) -> list[Scope]:
    """Returns the scopes that an alert had, up to a transition, while it was confirmed; the present one first."""
    until = alert.history[: seq - alert.seq + len(alert.history)]
    confirmed = [one.scope for one in until if one.state in CONFIRMED]
    return list(dict.fromkeys([until[-1].scope, *confirmed[::-1]]))


def _kind(alert: Alert, index: int) -> NoticeKind | None:
    now, earlier = alert.history[index], alert.history[:index]
    before = earlier[-1] if earlier else None
    was_confirmed = before is not None and before.state in CONFIRMED
    if now.state not in CONFIRMED:
        return "closed" if now.state == "closed" and was_confirmed else None
    if before is None or not was_confirmed:
        return "reopened" if any(one.state in CONFIRMED for one in earlier) else "confirmed"
    is_new = not any((one.state, one.at) == (now.state, now.at) for one in earlier)
    if now.state == "escalated" and now.at in alert.escalated_at and is_new:
        return "escalated"
    return "widened" if now.scope != before.scope else None
