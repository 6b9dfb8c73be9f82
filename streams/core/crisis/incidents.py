"""From the records of alerts to what people read: one incident an alert, those of departments inside it."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from schemas.alert import Alert, AlertState, AreaKind, PlaceEvidence, Scope
from streams.core.crisis.calendar import french


class Area(msgspec.Struct, frozen=True):
    """Where an incident is: a department's or a region's code, or FR."""

    kind: AreaKind | None
    code: str | None


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """What the last record of an alert says, with the alerts of departments inside it; instants in French time.

    Scope and area are the widest that it reached; `observed`, `expected`, `n_located` and `places` those of the hour in
    which it was strongest, `e_value` that of its confirmation, `p_value` that of its suspicion or of its department.
    """

    id: str
    topic: str
    scope: Scope
    area: Area
    state: AlertState
    first_seen_at: datetime
    suspected_at: datetime | None
    confirmed_at: datetime | None
    escalated_at: tuple[datetime, ...]
    national_at: datetime | None
    closed_at: datetime | None
    observed: int
    expected: float
    peak: int
    e_value: float | None
    p_value: float | None
    n_located: int
    places: tuple[PlaceEvidence, ...]
    example_ids: tuple[str, ...]
    children: tuple["Incident", ...] = ()


def incidents(records: Iterable[Alert]) -> list[Incident]:
    """Returns the incidents of the top level in the order in which they were first seen.

    Args:
        records: of any alerts, in any order, repeats too; of one id the last `seq` stands.
    """
    last: dict[str, Alert] = {}
    for record in records:
        if record.id not in last or record.seq > last[record.id].seq:
            last[record.id] = record
    inside: dict[str, list[Incident]] = {}
    for record in last.values():
        if record.parent in last:
            inside.setdefault(record.parent, []).append(_incident(record))
    return _in_order(
        _incident(record, inside.get(record.id, ())) for record in last.values() if record.parent not in last
    )


def _in_order(found: Iterable[Incident]) -> list[Incident]:
    return sorted(found, key=lambda one: (one.first_seen_at, one.id))


def _incident(record: Alert, children: Iterable[Incident] = ()) -> Incident:
    return Incident(
        id=record.id,
        topic=record.topic,
        scope=record.scope,
        area=Area(record.area_kind, record.area_code),
        state=record.state,
        first_seen_at=french(record.first_seen_at),
        suspected_at=_local(record.suspected_at),
        confirmed_at=_local(record.confirmed_at),
        escalated_at=tuple(french(at) for at in record.escalated_at),
        national_at=_local(record.national_at),
        closed_at=_local(record.closed_at),
        observed=record.observed,
        expected=record.expected,
        peak=record.peak,
        e_value=record.e_value,
        p_value=record.p_value,
        n_located=record.n_located,
        places=record.places,
        example_ids=record.example_ids,
        children=tuple(_in_order(children)),
    )


def _local(at: datetime | None) -> datetime | None:
    return None if at is None else french(at)
