"""Which procedure an alert starts, and which of its transitions are told to whom."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.alert import Alert, AlertState, Scope, Transition
from schemas.notice import Step
from streams.core.crisis.orders import Order, judged
from streams.core.crisis.procedures import Procedure, Told, key_of, message_of, messages, procedure_of, transitions
from tests.integration.notifier_rig import NOON, alert, life

LOCAL = Procedure(name="local", topic="network", scope="local", channels=("desk",))
NATIONAL = Procedure(name="national", topic="network", scope="national", channels=("cell",))
BILLING = Procedure(name="billing", topic="billing", scope="*", channels=("desk",), children=True, tells=("confirmed",))
ANY = Procedure(name="any", topic="*", scope="*")
ALL = (LOCAL, NATIONAL, BILLING, ANY)


@pytest.mark.parametrize(
    ("topic", "scope", "name"),
    [
        ("network", "local", "local"), ("network", "national", "national"), ("network", "unknown", "any"),
        ("billing", "regional", "billing"), ("all", "national", "any"),
    ],
)  # fmt: skip
def test_the_first_that_matches_counts(topic: str, scope: str, name: str) -> None:
    found = procedure_of(ALL, topic, scope)
    assert found is not None
    assert found.name == name
    assert procedure_of((LOCAL,), "billing", "local") is None


def test_an_earlier_one_may_hide_a_later_one() -> None:
    assert [one.hides(LOCAL) for one in ALL] == [True, False, False, True]


SUSPECTED: tuple[AlertState, Scope] = ("suspected", "unknown")
OPEN: tuple[AlertState, Scope] = ("open", "unknown")
WIDE: tuple[AlertState, Scope] = ("open", "national")
WORSE: tuple[AlertState, Scope] = ("escalated", "national")
EASING: tuple[AlertState, Scope] = ("easing", "national")
OVER: tuple[AlertState, Scope] = ("closed", "national")


@pytest.mark.parametrize(
    ("history", "told"),
    [
        ((SUSPECTED,), []),
        ((SUSPECTED, OVER), []),
        ((OPEN,), [Told("confirmed", 1)]),
        ((SUSPECTED, OPEN), [Told("confirmed", 2)]),
        ((SUSPECTED, WIDE), [Told("confirmed", 2)]),
        ((SUSPECTED, ("suspected", "local")), []),
        ((SUSPECTED, OPEN, WIDE), [Told("widened", 3)]),
        ((OPEN, WORSE), [Told("escalated", 2)]),
        ((WIDE, WORSE, WORSE), [Told("escalated", 3)]),
        ((WIDE, EASING), []),
        ((OPEN, EASING), [Told("widened", 2)]),
        ((WIDE, EASING, WIDE), []),
        ((WIDE, WIDE), []),
        ((WIDE, OVER), [Told("closed", 2)]),
        ((WIDE, EASING, OVER), [Told("closed", 3)]),
        ((WIDE, OVER, OVER), []),
        ((WIDE, OVER, WIDE), [Told("reopened", 3)]),
        ((WIDE, OVER, ("suspected", "national"), WIDE), [Told("reopened", 4)]),
        ((WIDE, OVER, WIDE, OVER), [Told("closed", 4)]),
    ],
)  # fmt: skip
def test_transitions(history: Any, told: list[Told]) -> None:
    assert transitions(alert(*history)) == told


def test_a_record_of_two_changes_in_a_minute_tells_the_one_that_counts() -> None:
    """Opened and adopted by a wider alert in one minute: one record with the number of the second change."""
    one = alert(("open", "local"), ("open", "local"))
    same = replace(one, history=(one.history[0], replace(one.history[1], at=NOON)))
    assert transitions(same) == [Told("confirmed", 1)]


def test_an_acknowledgement_in_the_minute_of_an_escalation_names_it_again_and_no_other() -> None:
    escalated = alert(WIDE, WORSE)
    seen = replace(
        escalated, seq=3, acknowledged_by="ana", history=(*escalated.history, escalated.history[-1])
    )  # fmt: skip
    assert transitions(escalated) == transitions(seen) == [Told("escalated", 2)]
    later = replace(seen, history=(*escalated.history, replace(seen.history[-1], at=NOON + timedelta(hours=1))))
    assert transitions(later) == []


def test_a_judgement_from_outside_is_told_where_it_ends_an_alert() -> None:
    later = alert(WIDE, window_end_at=NOON + timedelta(hours=1))
    order = Order("a", "ana", NOON, "benign")
    assert transitions(judged(later, order)) == [Told("closed", 2)]
    assert transitions(judged(replace(later, state="closed", history=alert(WIDE, OVER).history, seq=2), order)) == []
    assert transitions(judged(later, Order("a", "ana", NOON))) == []


def test_an_alert_without_a_history_tells_nothing() -> None:
    assert transitions(replace(alert(WIDE), history=())) == []


def told_to(channel: str, *records: Alert) -> list[tuple[str, str, int]]:
    return [(one.kind, one.procedure, one.seq) for record in records for one in messages(ALL, record, channel)]


def test_who_was_told_of_a_local_alert_hears_that_it_is_national() -> None:
    records = life(("open", "local"), WIDE, WORSE, OVER)
    assert told_to("desk", *records) == [
        ("confirmed", "local", 1), ("widened", "national", 2), ("escalated", "national", 3), ("closed", "national", 4),
    ]  # fmt: skip
    assert told_to("cell", *records) == told_to("desk", *records)[1:]
    assert told_to("nobody", *records) == []


def test_a_suspicion_chooses_nobody() -> None:
    assert told_to("desk", *life(("suspected", "local"), WIDE)) == []


def test_what_lies_inside_another_is_told_only_where_the_procedure_says_so() -> None:
    assert told_to("desk", *life(("open", "local"), OVER, parent="network-FR-1")) == []
    assert told_to("desk", *life(("open", "local"), OVER, topic="billing", parent="b")) == [("confirmed", "billing", 1)]


def test_messages() -> None:
    procedure = Procedure(name="any", topic="*", scope="*", steps=(Step(id="look", text="Look"),))
    message = message_of(procedure, alert(WIDE), Told("confirmed", 1))
    assert (message.key, message.steps[0].id) == ("network-FR-20260302T1100Z/1", "look")
    assert message_of(None, alert(WIDE), Told("confirmed", 1)).procedure == ""


@pytest.mark.parametrize("alert_id", ["é\n1", "a b", "x" * 999, "a/b@c"])
def test_a_key_fits_a_header_whatever_the_id(alert_id: str) -> None:
    key = key_of(alert_id, 7)
    assert key.isascii()
    assert key.isprintable()
    assert " " not in key
    assert len(key) < 250


def test_the_last_transition_of_a_history_is_the_records() -> None:
    one = alert(WIDE)
    assert one.history[-1] == Transition(at=NOON, state="open", scope="national")
