"""A wave of complaints and its evidence, and the snapshot a detector resumes from."""

from typing import Literal

import msgspec

from schemas.instant import Instant

AlertState = Literal["suspected", "open", "escalated", "easing", "closed"]
Scope = Literal["local", "regional", "national", "unknown"]
AreaKind = Literal["country", "region", "department"]
AlertVerdict = Literal["real", "benign"]


class PlaceEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """Complaints that name a department against what was expected there."""

    department: str
    n: int
    expected: float


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """What an alert became, and when in event time."""

    at: Instant
    state: AlertState
    scope: Scope


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One transition of an alert; the value of `ops.alerts`, keyed by `id`; (`id`, `seq`) is unique.

    `topic` is a family of topics (`network` takes equipment in) or `all`. `parent` is the wider alert that a local one
    lies in. `observed` complaints stand against `expected` between `window_start_at` and `window_end_at`, the hour at
    most in which the wave was strongest; `places` are those of that time; `peak` is the most of 10 minutes. `n_capped`
    complaints did not count, for their author or conversation had said as much; `degraded_share` of those that count
    was labelled by a lower level. `covered_until` tells how far the sources were read. All instants but
    `acknowledged_at` are event time.
    """

    id: str
    seq: int
    state: AlertState
    topic: str
    scope: Scope
    window_start_at: Instant
    window_end_at: Instant
    observed: int
    expected: float
    n_authors: int
    first_seen_at: Instant
    detected_at: Instant
    area_kind: AreaKind | None = None
    area_code: str | None = None
    parent: str | None = None
    ratio: float | None = None
    e_value: float | None = None
    p_value: float | None = None
    peak: int = 0
    n_located: int = 0
    n_capped: int = 0
    degraded_share: float = 0.0
    places: tuple[PlaceEvidence, ...] = ()
    example_ids: tuple[str, ...] = ()
    suspected_at: Instant | None = None
    confirmed_at: Instant | None = None
    escalated_at: tuple[Instant, ...] = ()
    national_at: Instant | None = None
    closed_at: Instant | None = None
    history: tuple[Transition, ...] = ()
    covered_until: Instant | None = None
    baseline_version: str = ""
    acknowledged_by: str | None = None
    acknowledged_at: Instant | None = None
    verdict: AlertVerdict | None = None


class DetectorState(msgspec.Struct, frozen=True, kw_only=True):
    """A detector's snapshot with the offsets it stands for; the value of `ops.detector-state`, keyed by partition.

    By `topic:partition`, in the registry's names: `offsets` to go on reading from, where tweets wait to be judged, and
    `seen`, up to which the snapshot knows what it judged.
    """

    at: Instant
    offsets: dict[str, int]
    event_time: Instant
    payload: bytes
    seen: dict[str, int] = {}
