"""The oracle of a live run finds what it looks for."""

from datetime import timedelta
from random import Random
from typing import Any, Final

import pytest
from msgspec.structs import replace

from schemas.alert import Alert, AlertState, Scope, Transition
from tests.live.oracle import (
    Ingested,
    differences,
    found_of,
    in_one_go,
    lines,
    notices_due,
    problems_of,
    problems_of_notices,
)
from tests.live.plan import LOCAL, NATIONAL, Incident
from tests.live.receiver import Taken
from tests.live.tail import Told
from tests.unit.core.crisis.crowd import MONDAY, chatter, wave

STATES: Final[tuple[AlertState, ...]] = ("open", "escalated", "closed")


def alert(incident: Incident, seq: int, **changes: Any) -> Alert:
    """The `seq`-th record of the alert that an incident should have, minutes after its start."""
    at, area = incident.start + timedelta(minutes=4), incident.department or "FR"
    history = [Transition(at=at + timedelta(minutes=k), state=STATES[k], scope=incident.scope) for k in range(seq)]
    fields: dict[str, Any] = {
        "id": f"network-{area}", "seq": seq, "state": STATES[seq - 1], "topic": "network", "scope": incident.scope,
        "window_start_at": at, "window_end_at": at, "observed": 9, "expected": 1.0, "n_authors": 9,
        "first_seen_at": incident.start, "detected_at": at, "confirmed_at": at, "area_code": area,
        "history": tuple(history),
    }  # fmt: skip
    return Alert(**{**fields, **changes})


GOOD: Final = [alert(incident, seq) for incident in (NATIONAL, LOCAL) for seq in (1, 2, 3)]
STRANGER: Final = [alert(LOCAL, seq, id="billing-FR", confirmed_at=LOCAL.end + timedelta(hours=1)) for seq in (1, 2, 3)]
CHILD: Final = [replace(one, parent="network-FR") for one in STRANGER]


def told(records: list[Alert]) -> list[Told]:
    return [Told(one, 1_000.0 + number) for number, one in enumerate(records)]


def problems(records: list[Alert], expected: list[Alert] | None = None) -> list[str]:
    return list(problems_of(told(records), records if expected is None else expected))


def test_what_must_be_is_no_problem() -> None:
    assert problems(GOOD) == []
    assert problems([*GOOD, *CHILD]) == []
    assert problems([*GOOD, replace(STRANGER[0], confirmed_at=None, state="suspected")]) == []


@pytest.mark.parametrize(
    ("records", "expected", "wrong"),
    [
        ([*GOOD, GOOD[1]], GOOD, "network-FR 2 was told 2 times"),
        ([GOOD[0], *GOOD[2:]], [GOOD[0], *GOOD[2:]], "network-FR lacks a record between 1 and 3"),
        (GOOD, GOOD[:3], "confirmed only live: network-44 local"),
        (GOOD, [*GOOD, *STRANGER], "confirmed only in one go: billing-FR local"),
        (GOOD[:3], GOOD[:3], "the local incident has 0 confirmed alerts"),
        ([*GOOD, *STRANGER], [*GOOD, *STRANGER], "billing-FR is confirmed and no incident's"),
        (GOOD[:5], GOOD[:5], "network-44 is escalated at the end"),
        (
            [replace(one, area_code="67") for one in GOOD],
            [replace(one, area_code="67") for one in GOOD],
            "network-44 says local 67 of the local incident",
        ),
    ],
)
def test_what_must_not_be_is_named(records: list[Alert], expected: list[Alert], wrong: str) -> None:
    assert any(one.startswith(wrong) for one in problems(records, expected))


def test_differences_tell_what_else_and_what_else_when() -> None:
    early = replace(GOOD[1], history=(*GOOD[1].history[:1], replace(GOOD[1].history[1], at=NATIONAL.start)))
    assert differences(GOOD, GOOD) == []
    assert differences([GOOD[0], early, *GOOD[2:]], GOOD[:-1]) == [
        "only live: network-44 3 closed local at 16:26",
        "only live: network-FR 2 escalated national at 13:00",
        "only in one go: network-FR 2 escalated national at 13:05",
    ]


def test_one_record_may_tell_two_things_of_a_minute() -> None:
    at = GOOD[2].history[1].at
    both = replace(GOOD[2], history=(*GOOD[2].history[:2], replace(GOOD[2].history[2], at=at)))
    records = [GOOD[0], both, *GOOD[3:]]
    assert problems(records) == []
    assert notices_due(records) == {("network-FR", 1), ("network-FR", 2), ("network-FR", 3)} | {
        ("network-44", seq) for seq in (1, 2, 3)
    }


def test_a_suspicion_an_easing_wave_and_a_child_are_not_told_and_a_wider_scope_is() -> None:
    became: list[tuple[AlertState, Scope]] = [
        ("suspected", "unknown"), ("open", "unknown"), ("easing", "national"), ("easing", "national"),
        ("escalated", "national"), ("closed", "national"),
    ]  # fmt: skip
    history = [
        Transition(at=NATIONAL.start + timedelta(minutes=k), state=state, scope=scope)
        for k, (state, scope) in enumerate(became)
    ]
    last = replace(GOOD[2], seq=6, confirmed_at=history[1].at, history=tuple(history))
    assert notices_due([last, *CHILD]) == {("network-FR", seq) for seq in (2, 3, 5, 6)}


def test_each_notice_comes_once_and_one_was_due_while_the_receiver_was_down() -> None:
    records = told(GOOD)
    taken = [Taken(one.id, one.seq, "", 2_000.0) for one in GOOD]
    assert list(problems_of_notices(taken, records, (999.0, 1_001.0))) == []
    assert list(problems_of_notices(taken, records, (0.0, 999.0))) == ["no alert came while the receiver was down"]
    wrong = list(problems_of_notices([*taken[1:], taken[1], taken[1]._replace(seq=9)], records, (999.0, 1_001.0)))
    assert wrong == [
        "the receiver was told 2 times of network-FR 2", "the receiver was not told of network-FR 1",
        "the receiver was told of network-FR 9",
    ]  # fmt: skip


def test_the_delays_are_those_of_the_alert() -> None:
    confirmed_at = NATIONAL.start + timedelta(minutes=4)
    ingested = [
        Ingested(NATIONAL.start - timedelta(minutes=9), 900.0, None),
        Ingested(NATIONAL.start + timedelta(seconds=30), 990.0, NATIONAL),
        Ingested(confirmed_at + timedelta(seconds=1), 998.5, None),
        Ingested(LOCAL.start, 999.0, LOCAL),
        Ingested(LOCAL.end, 1_000.0, None),
    ]
    national, local = found_of(told(GOOD), ingested)
    assert (national.event_delay_s, national.real_delay_s) == (210.0, 1.5)
    assert (local.scope, local.area, local.real_delay_s) == ("local", "44", 3.0)


def test_tweets_in_any_order_and_twice_are_judged_as_a_file() -> None:
    at = MONDAY + timedelta(hours=20)
    tweets = [*chatter(MONDAY, 1, 200, Random(1)), *wave(at, 80, 40, "67", "75", "13", "33")]
    records = in_one_go(tweets)
    assert {"open", "closed"} <= {one.state for one in records}
    assert lines(in_one_go(reversed([*tweets, *tweets]))) == lines(records)
