"""What is told of an alert, and what became of telling it."""

from typing import Annotated, Literal

import msgspec

from schemas.alert import Alert
from schemas.instant import Instant

NoticeKind = Literal["confirmed", "reopened", "escalated", "widened", "closed"]
NoticeOutcome = Literal["delivered", "failed", "skipped"]


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of a procedure: somebody does it and signs it by its `id`."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z")]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class AlertMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What a webhook's receiver and a command are given, as JSON: never a tweet's text, a handle or an author.

    `key` is the same at every repeat: `alert_id/seq`. `seq` numbers what the alert became, from 1: the `seq` that its
    record has, or a lower one where the record tells of two things at once. `alert` is the record.
    """

    key: str
    kind: NoticeKind
    seq: int
    alert: Alert
    procedure: str
    steps: tuple[Step, ...] = ()
    is_test: bool = False


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What became of telling one channel of one transition; the value of `ops.notices`, keyed by alert id.

    (`alert_id`, `seq`, `channel`) names it; where an operator had it tried again, the last record stands, and
    `command_id` names his command. `reason` is what the receiver answered, or why it was not told; never an address or
    a secret. `record` are the bytes of the alert's record as it was read, where the channel failed for good; an alert
    that cannot be read has `seq` 0.
    """

    alert_id: str
    seq: int
    channel: str
    outcome: NoticeOutcome
    at: Instant
    kind: NoticeKind | None = None
    procedure: str = ""
    attempts: int = 0
    reason: str = ""
    record: bytes | None = None
    command_id: str | None = None
