"""From a wave to the record that is published of it."""

from datetime import UTC, datetime
from typing import Final

from schemas.alert import Alert, Transition
from streams.core.crisis.calendar import instant_of
from streams.core.crisis.tuning import Tuning
from streams.core.crisis.waves import Wave

_SIGNIFICANT: Final = 4
_MOST: Final = 1e12
"""Above it an e-value says no more."""


def record_of(wave: Wave, minute: int, *, covered_until: datetime | None, tuning: Tuning) -> Alert:
    """Returns what an alert is at the end of a minute.

    An instant of the record is the end of the minute in which something was known: `confirmed_at` 01:36 says that the
    tweets up to 01:36:00 told it.
    """
    suspected_at, confirmed_at = _end_of(wave.suspected_at), _end_of(wave.confirmed_at)
    return Alert(
        id=wave.id,
        seq=wave.seq,
        state=wave.state,
        topic=wave.topic,
        scope=wave.scope,
        area_kind=wave.area_kind,
        area_code=wave.area_code,
        parent=wave.parent,
        window_start_at=instant_of(wave.window_end + 1 - wave.window_minutes),
        window_end_at=instant_of(wave.window_end + 1),
        observed=wave.observed,
        expected=_rounded(wave.expected) or 0.0,
        ratio=_rounded(wave.observed / wave.expected) if wave.expected > 0 else None,
        n_authors=wave.observed,
        first_seen_at=datetime.fromtimestamp(wave.first_seen_s, UTC),
        detected_at=suspected_at or confirmed_at or instant_of(minute + 1),
        e_value=_rounded(None if wave.e_value is None else min(wave.e_value, _MOST)),
        p_value=_rounded(wave.p_value),
        peak=wave.peak,
        n_located=wave.n_located,
        n_capped=wave.n_capped,
        degraded_share=round(wave.n_degraded / wave.n_examined, 3) if wave.n_examined else 0.0,
        places=wave.places,
        example_ids=tuple(wave.example_ids),
        suspected_at=suspected_at,
        confirmed_at=confirmed_at,
        escalated_at=tuple(instant_of(one + 1) for one in wave.escalated_at),
        national_at=_end_of(wave.national_at),
        closed_at=_end_of(wave.closed_at),
        history=tuple(
            Transition(at=instant_of(at + 1), state=state, scope=scope) for at, state, scope in wave.history
        ),
        covered_until=covered_until,
        baseline_version=tuning.version,
        acknowledged_by=wave.by,
        acknowledged_at=None if wave.acknowledged_s is None else datetime.fromtimestamp(wave.acknowledged_s, UTC),
        verdict=wave.verdict,
    )  # fmt: skip


def _end_of(minute: int | None) -> datetime | None:
    return None if minute is None else instant_of(minute + 1)


def _rounded(value: float | None) -> float | None:
    """Rounds to some significant digits."""
    return None if value is None else float(f"{value:.{_SIGNIFICANT}g}")
