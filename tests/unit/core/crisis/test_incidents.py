"""Records of alerts folded into incidents."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from schemas.alert import Alert, PlaceEvidence
from streams.core.crisis.incidents import Incident, incidents

AT = datetime(2026, 3, 2, 17, tzinfo=UTC)


def record(id_: str, seq: int, minutes: float = 0, **changes: Any) -> Alert:
    at = AT + timedelta(minutes=minutes)
    fields: dict[str, Any] = {
        "state": "open", "topic": "network", "scope": "unknown", "area_kind": "country", "area_code": "FR",
        "window_start_at": at, "window_end_at": at, "observed": 5, "expected": 0.5, "n_authors": 5,
        "first_seen_at": AT, "detected_at": at,
    }  # fmt: skip
    return Alert(id=id_, seq=seq, **{**fields, **changes})


WIDE = [
    record("n", 1, 4, state="suspected", observed=5, p_value=1e-6, suspected_at=AT + timedelta(minutes=4)),
    record("n", 2, 6, observed=9, e_value=2e5, confirmed_at=AT + timedelta(minutes=6)),
    record("n", 3, 90, state="closed", observed=21, expected=1.5, scope="national", peak=16, n_located=8, e_value=2e5,
           suspected_at=AT + timedelta(minutes=4), confirmed_at=AT + timedelta(minutes=6),
           national_at=AT + timedelta(minutes=20), closed_at=AT + timedelta(minutes=90),
           places=(PlaceEvidence(department="67", n=5, expected=0.2),), example_ids=("a", "b")),
]  # fmt: skip
INSIDE = [
    record("l", 1, 8, scope="local", area_kind="department", area_code="67", first_seen_at=AT + timedelta(minutes=1)),
    record("l", 2, 9, scope="local", area_kind="department", area_code="67", parent="n", observed=7,
           first_seen_at=AT + timedelta(minutes=1)),
]  # fmt: skip
BEFORE = record("b", 1, topic="billing", first_seen_at=AT - timedelta(hours=1))


def test_the_last_record_stands() -> None:
    (found,) = incidents(WIDE)
    assert (found.state, found.scope, found.area.code) == ("closed", "national", "FR")
    minutes = [(at - AT).seconds / 60 for at in (found.suspected_at, found.confirmed_at, found.national_at) if at]
    assert (minutes, found.closed_at) == ([4, 6, 20], AT + timedelta(minutes=90))
    assert (found.observed, found.expected, found.peak, found.n_located) == (21, 1.5, 16, 8)
    assert [(one.department, one.n) for one in found.places] == [("67", 5)]
    assert (found.e_value, found.example_ids) == (2e5, ("a", "b"))


def test_an_alert_that_stayed_suspected_has_its_p_value() -> None:
    (found,) = incidents(WIDE[:1])
    assert (found.confirmed_at, found.e_value, found.p_value) == (None, None, 1e-6)


def test_times_are_french_with_their_offset() -> None:
    (found,) = incidents([record("s", 1, first_seen_at=AT + timedelta(days=60))])
    assert found.first_seen_at.isoformat() == "2026-05-01T19:00:00+02:00"
    (found,) = incidents(WIDE)
    assert found.first_seen_at.isoformat() == "2026-03-02T18:00:00+01:00"


def test_an_alert_of_a_department_lies_in_its_parent_and_alone_it_stands_on_top() -> None:
    before, wide = incidents([*WIDE, *INSIDE, BEFORE])
    assert (before.id, wide.id) == ("b", "n")
    (child,) = wide.children
    assert (child.id, child.area.kind, child.area.code, child.observed) == ("l", "department", "67", 7)
    assert [one.id for one in incidents(INSIDE)] == ["l"]


@pytest.mark.parametrize("seed", range(5))
def test_order_and_repeats_of_records_change_nothing(seed: int) -> None:
    records = [*WIDE, *INSIDE, BEFORE]
    again = [*records, *Random(seed).sample(records, 4)]
    Random(seed).shuffle(again)
    expected: list[Incident] = incidents(records)
    assert incidents(again) == expected
    assert incidents([]) == []
