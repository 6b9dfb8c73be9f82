"""What operators say of alerts, and what the detector makes of it."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.alert import Alert
from schemas.operations import Command
from streams.core.crisis.detector import CrisisDetector
from streams.core.crisis.orders import ACK, CLOSE, Judgement, Order, judged, judgements, order_of
from tests.unit.core.crisis.crowd import FRANCE, MONDAY, chatter, latest, wave

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
OUTAGE_AT = MONDAY + timedelta(days=2, hours=10)


def command(verb: str, **arguments: str) -> Command:
    return Command(id="c1", at=NOW, who="ana", verb=verb, why="", arguments=arguments)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (command(ACK, alert="a"), Order("a", "ana", NOW)),
        (command(CLOSE, alert="a", verdict="benign"), Order("a", "ana", NOW, "benign")),
        (command(CLOSE, alert="a"), None),
        (command(CLOSE, alert="a", verdict="dull"), None),
        (command(ACK, alert="a", verdict="real"), None),
        (command(ACK), None),
        (command("replay", alert="a"), None),
    ],
)
def test_commands(said: Command, meant: Order | None) -> None:
    assert order_of(said) == meant


def test_what_was_said_of_an_alert_comes_with_its_reason() -> None:
    commands = [
        replace(command(ACK, alert="a"), why="seen on the radio"),
        command(ACK, alert="b"),
        command(CLOSE, alert="a", verdict="dull"),
        replace(command(CLOSE, alert="a", verdict="benign"), why="an advert"),
        command("crisis sign", alert="a", step="call"),
    ]
    assert judgements(commands, "a") == [
        Judgement(verb=ACK, by="ana", at=NOW, why="seen on the radio"),
        Judgement(verb=CLOSE, by="ana", at=NOW, why="an advert", verdict="benign"),
    ]


def played(detector: CrisisDetector, tweets: list[Any]) -> list[Alert]:
    records: list[Alert] = []
    for one in sorted(tweets, key=lambda one: one.created_at):
        detector.observe(one)
        detector.cover(one.created_at)
        records += detector.advance()
    return records


@pytest.fixture
def burning() -> tuple[CrisisDetector, Alert]:
    """A detector in the midst of a wave, and the wave's alert."""
    detector = CrisisDetector(FRANCE)
    tweets = [*chatter(MONDAY, 2.4, 60, Random(3)), *wave(OUTAGE_AT, 20, 20)]
    records = played(detector, [one for one in tweets if one.created_at < OUTAGE_AT + timedelta(minutes=20)])
    (alert,) = latest(records).values()
    assert alert.state in ("open", "escalated")
    return detector, alert


def test_an_acknowledged_alert_goes_on(burning: tuple[CrisisDetector, Alert]) -> None:
    detector, alert = burning
    told = detector.acknowledge(alert.id, by="ana", at=NOW)
    assert told is not None
    assert (told.seq, told.state, told.acknowledged_by, told.acknowledged_at) == (
        alert.seq + 1,
        alert.state,
        "ana",
        NOW,
    )
    later = played(detector, wave(OUTAGE_AT + timedelta(minutes=20), 3, 240))
    assert [one.seq for one in later] == list(range(told.seq + 1, told.seq + 1 + len(later)))
    assert {one.acknowledged_by for one in later} == {"ana"}
    assert later[-1].state == "closed"


def test_a_closed_alert_does_not_open_while_its_wave_goes_on_and_may_afterwards(
    burning: tuple[CrisisDetector, Alert],
) -> None:
    detector, alert = burning
    told = detector.close(alert.id, "benign", by="ana", at=NOW)
    assert told is not None
    assert (told.state, told.verdict) == ("closed", "benign")
    assert told.closed_at is not None
    more = wave(OUTAGE_AT + timedelta(minutes=20), 60, 60)
    assert played(detector, more) == []
    quiet = wave(OUTAGE_AT + timedelta(hours=2), 3, 240)
    assert played(detector, quiet) == []
    again = played(detector, wave(OUTAGE_AT + timedelta(hours=7), 20, 20))
    assert {one.id for one in again} - {alert.id}
    assert "open" in {one.state for one in again}


def test_an_alert_of_long_ago_is_not_the_detectors_any_more(burning: tuple[CrisisDetector, Alert]) -> None:
    detector, alert = burning
    assert detector.acknowledge("network-FR-20200101T0000Z", by="ana", at=NOW) is None
    assert detector.close("network-FR-20200101T0000Z", "real", by="ana", at=NOW) is None
    record = judged(alert, Order(alert.id, "ana", NOW, "real"))
    assert (record.seq, record.state, record.verdict) == (alert.seq + 1, "closed", "real")
    assert judged(alert, Order(alert.id, "ana", NOW)).state == alert.state
