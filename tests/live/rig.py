"""Plays a live run: half a day of tweets through the real pipe at many times its speed, the detector killed in it."""

import asyncio
import contextlib
import os
import re
import signal
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from aiokafka import ConsumerRecord

from schemas.codec import encode
from schemas.taxonomy import Watcher
from schemas.topics import CLASSIFIED, DETECTOR_STATE, FALLBACK_BERT, FALLBACK_GPU, RAW, SCRUBBED, SERVICE_TOPICS
from streams.settings import Settings, load_settings
from tests.chaos.cell import Cell, Fault, Load
from tests.chaos.oracle import ELSEWHERE
from tests.chaos.servers import servers
from tests.e2e.command import environment
from tests.e2e.process import Running, get, tied_dallosh, workers_of
from tests.e2e.simulated import Simulated
from tests.e2e.watch import NotEndedError, Watch
from tests.integration.router_rig import read_all, until
from tests.live.crowd import crowd
from tests.live.oracle import notices_due
from tests.live.plan import BEGIN, HOURS, NATIONAL, Incident
from tests.live.receiver import Receiver, Taken
from tests.live.tail import Tail

N_PARTITIONS: Final = 4
SEED: Final = 7
LATENCY: Final = ("--latency", "all=300:0.5")
QUIET_S: Final = 3.0
DOWN_S: Final = 60.0
"""How long the receiver is away, whatever the speed."""
END_S: Final = 240.0
STOP_S: Final = 60.0
DETECTOR: Final = f"{Watcher.DETECTOR}-1"
TOPICS_READ: Final = (
    RAW, SCRUBBED, FALLBACK_GPU, FALLBACK_BERT, CLASSIFIED, *SERVICE_TOPICS, *ELSEWHERE, DETECTOR_STATE,
)  # fmt: skip
_ONE_BROKER: Final = Cell("live", Load.STEADY, Fault.WORKER_KILLED)
_COVERED: Final = re.compile(r"^dallosh_detector_covered_timestamp_seconds (\S+)$", re.MULTILINE)

_URL: Final = "LIVE_RECEIVER_URL"
_PROCEDURES: Final = f"""
[[channel]]
name = "receiver"
kind = "webhook"
url_env = "{_URL}"
event_stale_after_s = 1e9  # its tweets are dated in the past

[[procedure]]
name = "any"
topic = "*"
scope = "*"
channels = ["receiver"]
"""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Killed:
    """When the detector was killed and from where another went on, in event time, and how long nobody watched."""

    at: datetime
    resumed_at: datetime
    away_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What was seen of a run.

    `namespace` is the prefix of the topics; `incident_of` names the incident of each tweet that belongs to one, by its
    id; the receiver took `taken` and was `down` from one instant to another, in seconds since 1970.
    """

    namespace: str
    incident_of: Mapping[str, Incident]
    ledger: Path
    tail: Tail
    watch: Watch
    killed: Killed
    taken: Sequence[Taken]
    down: tuple[float, float]
    has_ended: bool
    records: Sequence[ConsumerRecord]
    load: tuple[float, float, float]


async def play(n_tweets: int, speed: float, folder: Path, *, say: Say, keep: bool = False) -> Played:
    """Plays a run; whatever happens, everything that it started is ended.

    Args:
        n_tweets: how many, over `HOURS` of event time.
        speed: event seconds per second.
        folder: empty folder for data and logs.
        say: gets a line about each step.
        keep: leave data and logs in the folder.
    """
    file = folder / "tweets.jsonl"
    incident_of, end = _write(file, n_tweets)
    lasts_s = HOURS * 3600 / speed
    say(f"{n_tweets:,} tweets from {BEGIN:%H:%M} to {end:%H:%M} UTC, {lasts_s / 60:.1f} min at {speed:g}x")
    with servers(_ONE_BROKER, folder, keep=keep) as running, ExitStack() as stack:
        settings = load_settings(
            kafka_bootstrap=running.kafka.bootstrap, namespace=f"l{uuid.uuid4().hex[:8]}", partitions=N_PARTITIONS
        )
        receiver = Receiver()
        env = _environment(settings, folder, receiver, redis_url=running.redis.status().url or "")
        env |= stack.enter_context(Simulated(folder, env, LATENCY)).environment
        up = stack.enter_context(Running([*tied_dallosh(), "up", "--json"], env, folder, name="up"))
        detector = (await asyncio.to_thread(workers_of, up))[DETECTOR]
        say("every worker is up")
        async with (
            receiver,
            Watch(settings.kafka_bootstrap, settings.namespace, N_PARTITIONS) as watch,
            Tail(settings) as tail,
        ):
            ledger = folder / "ledger.jsonl"
            command = [*tied_dallosh(), "ingest", str(file), "--json", f"--speed={speed:g}x", f"--ledger={ledger}"]
            ingest = stack.enter_context(Running(command, env, folder, name="ingest"))
            async with asyncio.TaskGroup() as group:
                group.create_task(_ended(ingest, lasts_s + END_S))
                killing = group.create_task(_kill(detector["pid"], up, tail, lasts_s, say))
                outage = group.create_task(_outage(receiver, tail, lasts_s, say))
            say("the file is sent")
            has_ended = await _has_ended(watch, n_tweets)
            await _covered(detector["health_port"], end)
            await _has_been_told(receiver, tail)
            await asyncio.sleep(QUIET_S)  # a record told twice would come now
        load = os.getloadavg()
        await asyncio.to_thread(up.stop, timeout_s=STOP_S)
        records = await read_all(settings, TOPICS_READ)
    return Played(
        namespace=settings.namespace, incident_of=incident_of, ledger=ledger, tail=tail, watch=watch,
        killed=killing.result(), taken=receiver.taken, down=outage.result(), has_ended=has_ended, records=records,
        load=load,
    )  # fmt: skip


def _environment(settings: Settings, folder: Path, receiver: Receiver, *, redis_url: str) -> dict[str, str]:
    """Returns what every process of ours is to know, but the models."""
    (procedures := folder / "procedures.toml").write_text(_PROCEDURES)
    ours = {
        "KAFKA_BOOTSTRAP": settings.kafka_bootstrap, "NAMESPACE": settings.namespace, "REDIS_URL": redis_url,
        "PARTITIONS": str(N_PARTITIONS), "PROCEDURES_FILE": str(procedures),
    }  # fmt: skip
    env = environment(folder / "data", **{f"DALLOSH_{name}": value for name, value in ours.items()})
    return env | {_URL: receiver.url}


def _write(file: Path, n_tweets: int) -> tuple[dict[str, Incident], datetime]:
    """Writes the tweets; returns the incident of each that belongs to one, and the date of the last."""
    found: dict[str, Incident] = {}
    at = BEGIN
    with file.open("wb") as out:
        for tweet, incident in crowd(n_tweets, SEED):
            out.write(encode(tweet) + b"\n")
            at = tweet.created_at
            if incident is not None:
                found[tweet.id] = incident
    return found, at


async def _ended(running: Running, timeout_s: float) -> None:
    """Waits for the end of a process that must end well."""

    async def has_ended() -> bool:
        return running.process.poll() is not None

    await until(has_ended, timeout_s)
    assert running.process.returncode == 0, running.stderr()[-3000:]


async def _kill(pid: int, up: Running, tail: Tail, timeout_s: float, say: Say) -> Killed:
    """Kills the detector in the middle of the national incident, and waits for the one that goes on."""
    await tail.until(NATIONAL.middle, timeout_s)
    os.kill(pid, signal.SIGKILL)
    began, at = time.monotonic(), tail.event_at
    say(f"detector killed at {at:%H:%M}, after {len(tail.told)} records of alerts")
    resumed: dict[str, Any] = {}

    async def has_resumed() -> bool:
        resumed.update(up.event("detector_resumed") or {})
        return bool(resumed)

    await until(has_resumed, END_S)
    away_s = round(time.monotonic() - began, 1)
    say(f"another goes on after {away_s} s")
    return Killed(at, datetime.fromisoformat(resumed["event_time"]), away_s)


async def _outage(receiver: Receiver, tail: Tail, timeout_s: float, say: Say) -> tuple[float, float]:
    """Takes the receiver down around the first confirmation; returns from when to when, in seconds since 1970."""
    await tail.until(NATIONAL.start, timeout_s)
    await receiver.down()
    down_at = time.time()
    say("the receiver is down")
    await asyncio.sleep(DOWN_S)
    up_at = time.time()
    await receiver.up()
    say(f"the receiver is up, after {DOWN_S:.0f} s")
    return down_at, up_at


async def _has_been_told(receiver: Receiver, tail: Tail) -> None:
    """Waits until the receiver took all that it is due; what is missing is for the oracle to tell."""

    async def is_told() -> bool:
        return notices_due(one.alert for one in tail.told) <= {(one.alert_id, one.seq) for one in receiver.taken}

    with contextlib.suppress(AssertionError):
        await until(is_told, DOWN_S)


async def _has_ended(watch: Watch, n_tweets: int) -> bool:
    """Waits until every tweet has ended somewhere; what is missing at the deadline is for the count to tell."""
    with contextlib.suppress(NotEndedError):
        await watch.until_all_ended(n_tweets, quiet_s=QUIET_S, timeout_s=END_S)
        return True
    return False


async def _covered(port: int, end: datetime) -> None:
    """Waits until the detector knows that all was read."""

    async def is_covered() -> bool:
        said = _COVERED.search((await asyncio.to_thread(get, port, "/metrics"))[1])
        return said is not None and float(said[1]) >= end.timestamp()

    await until(is_covered, END_S)
