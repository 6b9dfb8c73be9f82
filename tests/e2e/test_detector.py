"""`dallosh worker detector` on a real broker: killed in the midst of a wave it tells each alert once."""

import asyncio
import json
import signal
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from schemas.alert import Alert, DetectorState
from schemas.classification import ClassifiedTweet
from schemas.codec import decode, encode
from schemas.operations import Command, Coverage
from schemas.shares import DayShares
from schemas.topics import ALERTS, COMMANDS, COVERAGE, DETECTOR_STATE, SHARES
from streams.core.crisis.detector import CrisisDetector
from streams.core.crisis.france import france_of
from streams.core.crisis.snapshot import dump
from streams.gazetteer import gazetteer
from streams.kafka.topics import create_topics
from streams.settings import Settings, load_settings
from tests.e2e.command import environment
from tests.e2e.process import DALLOSH, Running
from tests.integration.router_rig import produce, read_all, written
from tests.unit.core.crisis.crowd import MONDAY, chatter, wave

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

OUTAGE_AT: Final = MONDAY + timedelta(days=2, hours=10)
END: Final = OUTAGE_AT + timedelta(hours=6)
TWEETS: Final = sorted(
    [
        *chatter(MONDAY, 2.6, 60, Random(1)),
        *wave(OUTAGE_AT, 40, 40, "67", "75", "13", "33"),
        *wave(OUTAGE_AT + timedelta(hours=2), 8, 20, "59"),
    ],
    key=lambda one: one.created_at,
)


@pytest.fixture
def settings(kafka: str, redis_url: str, namespace: str, tmp_path: Path) -> Settings:
    return load_settings(
        kafka_bootstrap=kafka, redis_url=redis_url, namespace=namespace, partitions=3, data_dir=tmp_path
    )


@pytest.fixture
def env(settings: Settings) -> dict[str, str]:
    return environment(
        settings.data_dir, DALLOSH_KAFKA_BOOTSTRAP=settings.kafka_bootstrap, DALLOSH_NAMESPACE=settings.namespace,
        DALLOSH_PARTITIONS="3",
    )  # fmt: skip


def publish(settings: Settings, tweets: Iterable[ClassifiedTweet], covered_until: datetime, *others: Coverage) -> None:
    """Writes how far the source was read, and other sources, and then tweets."""
    coverage = Coverage(source="test", covered_until=covered_until, at=covered_until)

    async def write() -> None:
        said = [(one.source.encode(), encode(one), ()) for one in (coverage, *others)]
        await produce(settings, said, COVERAGE)
        await produce(settings, [written(one) for one in tweets])

    asyncio.run(write())


def alerts(settings: Settings) -> list[Alert]:
    return [decode(one.value, Alert) for one in asyncio.run(read_all(settings, [ALERTS]))]


def told(records: Iterable[Alert]) -> list[tuple[str, int, str, str]]:
    return sorted((one.id, one.seq, one.state, one.scope) for one in records)


def in_one_go() -> tuple[list[Alert], list[DayShares]]:
    """What the detector tells of the same tweets without a kill."""
    detector = CrisisDetector(france_of(gazetteer()))
    detector.assure(END)
    for one in TWEETS:
        detector.observe(one)
    detector.cover(END)
    return list(detector.advance()), detector.shares.told(detector.next_minute)


def without_a_kill() -> list[Alert]:
    return in_one_go()[0]


def test_killed_in_the_midst_of_a_wave_it_tells_each_alert_once(
    settings: Settings, env: dict[str, str], tmp_path: Path
) -> None:
    asyncio.run(create_topics(settings))
    middle = OUTAGE_AT + timedelta(minutes=20)
    publish(settings, [one for one in TWEETS if one.created_at < middle], middle)
    command, env = [*DALLOSH, "worker", "detector"], env | {"DALLOSH_WORKER_ID": "1"}  # as under a supervisor
    with Running(command, env, tmp_path / "1") as first:
        first.wait_for(lambda: any(one.state == "open" for one in alerts(settings)), "the wave is confirmed")
        first.stop(signal.SIGKILL)
    publish(settings, [one for one in TWEETS if one.created_at >= middle], END)
    with Running(command, env, tmp_path / "2") as second:
        second.wait_for(lambda: second.event("detector_resumed"), "it goes on from the snapshot")
        second.stop(signal.SIGKILL)
    with Running(command, env, tmp_path / "3") as third:
        third.wait_for(lambda: len(alerts(settings)) >= len(without_a_kill()), "all is told")
        assert third.stop() == 0
    found = alerts(settings)
    assert told(found) == told(without_a_kill())
    assert len({(one.id, one.seq) for one in found}) == len(found)
    assert {(one.topic, one.area_code) for one in found} >= {("network", "59")}
    days = [decode(one.value, DayShares) for one in asyncio.run(read_all(settings, [SHARES]))]
    assert [(one.day.isoformat(), one.is_learning) for one in days] == [("2026-03-02", True), ("2026-03-03", True)]
    assert days[1:] == in_one_go()[1][1:]  # of the first day a cold start leaves out what other partitions bring late
    shown = dallosh(env, "crisis", "shares", "--since", MONDAY.isoformat(), "--all")
    assert (shown["day"], shown["n_tweets"]) == ("2026-03-03", days[1].n_tweets)
    (state, *_) = reversed(asyncio.run(read_all(settings, [DETECTOR_STATE])))
    assert b"plus rien ne marche" not in (state.value or b"")


def test_a_second_one_stands_by_and_takes_over(settings: Settings, env: dict[str, str], tmp_path: Path) -> None:
    asyncio.run(create_topics(settings))
    middle = OUTAGE_AT + timedelta(minutes=20)
    command = [*DALLOSH, "worker", "detector"]
    with Running(command, env, tmp_path / "1") as first, Running(command, env, tmp_path / "2") as second:
        for one in (first, second):
            one.wait_for(lambda one=one: one.event("partitions_assigned"), "it is a member")  # type: ignore[misc]
        publish(settings, [one for one in TWEETS if one.created_at < middle], middle)
        first.wait_for(lambda: any(one.state == "open" for one in alerts(settings)), "the wave is confirmed")
        at_work = first if first.event("alert") else second
        other = second if at_work is first else first
        assert not other.event("alert")
        assert at_work.stop() == 0
        publish(settings, [one for one in TWEETS if one.created_at >= middle], END)
        other.wait_for(lambda: len(alerts(settings)) >= len(without_a_kill()), "the other one went on")
        assert other.stop() == 0
    assert told(alerts(settings)) == told(without_a_kill())


def dallosh(env: dict[str, str], *arguments: str, code: int = 0) -> Any:
    """Runs a command with --json; returns the last line."""
    done = subprocess.run([*DALLOSH, *arguments, "--json"], env=env, capture_output=True, timeout=90, check=False)
    assert done.returncode == code, done.stderr.decode()
    return json.loads(done.stdout.splitlines()[-1]) if done.stdout else None


def test_an_operator_sees_alerts_and_judges_them(settings: Settings, env: dict[str, str], tmp_path: Path) -> None:
    asyncio.run(create_topics(settings))
    since = ("--since", MONDAY.isoformat())
    dallosh(env, "crisis", "status", code=3)
    dallosh(env, "crisis", "ls", code=3)
    dallosh(env, "crisis", "ack", "network-FR-20200101T0000Z", code=3)
    middle = OUTAGE_AT + timedelta(minutes=20)
    publish(settings, [one for one in TWEETS if one.created_at < middle], middle)
    with Running([*DALLOSH, "worker", "detector"], env, tmp_path) as detector:
        detector.wait_for(lambda: any(one.state == "open" for one in alerts(settings)), "the wave is confirmed")
        listed = dallosh(env, "crisis", "ls", *since)
        assert dallosh(env, "crisis", "status")["open"] >= 1
        assert dallosh(env, "crisis", "ack", listed["id"])["acknowledged_by"]
        closed = dallosh(env, "crisis", "close", listed["id"], "--reason", "benign", "--why", "a test")
        assert (closed["state"], closed["verdict"]) == ("closed", "benign")
        shown = dallosh(env, "crisis", "show", listed["id"])
        assert shown == closed | {name: shown[name] for name in ("procedure", "steps", "judgements")}
        assert [(one["verb"], one.get("verdict"), one["why"]) for one in shown["judgements"]] == [
            ("crisis ack", None, ""), ("crisis close", "benign", "a test"),
        ]  # fmt: skip
        assert detector.stop() == 0
    (first, second) = [decode(one.value, Command) for one in asyncio.run(read_all(settings, [COMMANDS]))]
    assert [(one.verb, one.why) for one in (first, second)] == [("crisis ack", ""), ("crisis close", "a test")]
    assert len({(one.id, one.seq) for one in alerts(settings)}) == len(alerts(settings))


def test_a_snapshot_of_the_future_is_left_for_the_tweets(
    settings: Settings, env: dict[str, str], tmp_path: Path
) -> None:
    asyncio.run(create_topics(settings))
    ahead = datetime.now(UTC) + timedelta(days=900)
    state = DetectorState(
        at=MONDAY, offsets={}, event_time=ahead, payload=dump(CrisisDetector(france_of(gazetteer())))
    )  # fmt: skip
    asyncio.run(produce(settings, [(b"all", encode(state), ())], DETECTOR_STATE))
    told = subprocess.run([*DALLOSH, "crisis", "status"], env=env, capture_output=True, timeout=90, check=True)
    assert b"in the future" in told.stdout
    publish(settings, [one for one in TWEETS if one.created_at < END], END)
    with Running([*DALLOSH, "worker", "detector"], env, tmp_path) as detector:
        detector.wait_for(lambda: detector.event("snapshot_left"), "it does not believe the snapshot")
        detector.wait_for(lambda: any(one.state == "open" for one in alerts(settings)), "the wave is confirmed")
        assert detector.stop() == 0


def test_a_source_that_is_behind_holds_event_time_back_until_it_is_silent(
    settings: Settings, env: dict[str, str], tmp_path: Path
) -> None:
    """Without the tweets of the source behind, nobody knows whether the wave is over; a restart knows of it, too."""
    asyncio.run(create_topics(settings))
    middle = OUTAGE_AT + timedelta(minutes=41)
    behind = Coverage(source="slow", covered_until=OUTAGE_AT, at=END)
    publish(settings, [one for one in TWEETS if one.created_at < middle], END, behind)
    command, env = [*DALLOSH, "worker", "detector"], env | {"DALLOSH_WORKER_ID": "1"}
    with Running(command, env, tmp_path / "1") as detector:
        detector.wait_for(lambda: any(one.state == "open" for one in alerts(settings)), "the wave is confirmed")
        assert detector.stop() == 0
    assert {one.covered_until for one in alerts(settings)} == {OUTAGE_AT}
    fast = Coverage(source="test", covered_until=END, at=END + timedelta(minutes=16))
    with Running(command, env, tmp_path / "2") as detector:
        asyncio.run(produce(settings, [(b"test", encode(fast), ())], COVERAGE))
        detector.wait_for(lambda: detector.event("sources_silent"), "the slow source is told")
        detector.wait_for(lambda: any(one.state == "closed" for one in alerts(settings)), "the wave is over")
        assert detector.stop() == 0
