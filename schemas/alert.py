"""A wave of complaints and its evidence, and the snapshot a detector resumes from."""

from typing import Literal

import msgspec

from schemas.instant import Instant

AlertState = Literal["suspected", "open", "escalated", "easing", "closed"]
Scope = Literal["local", "regional", "national", "unknown"]


class PlaceEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """Complaints that name a department against what was expected there."""

    department: str
    n: int
    expected: float


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One transition of an alert; the value of `ops.alerts`, keyed by `id`; (`id`, `seq`) is unique."""

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
    area_kind: str | None = None
    area_code: str | None = None
    e_value: float | None = None
    p_value: float | None = None
    n_located: int = 0
    places: tuple[PlaceEvidence, ...] = ()
    example_ids: tuple[str, ...] = ()
    baseline_version: str = ""
    verdict: Literal["real", "benign"] | None = None


class DetectorState(msgspec.Struct, frozen=True, kw_only=True):
    """A detector's snapshot with the offsets it stands for; the value of `ops.detector-state`, keyed by partition."""

    at: Instant
    offsets: dict[str, int]
    event_time: Instant
    payload: bytes
