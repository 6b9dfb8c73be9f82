"""Plays one cell: real broker, real Redis, real worker processes, simulated models, and the count afterwards."""

import asyncio
import contextlib
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from schemas.topics import CLASSIFIED, FALLBACK_BERT, FALLBACK_GPU, INPUT_OF, RAW, SCRUBBED, SERVICE_TOPICS
from streams.kafka.embedded import EmbeddedKafka
from streams.kafka.embedded_config import KafkaConfig
from streams.settings import PROJECT_DIR, Settings, load_settings
from streams.state.embedded import EmbeddedRedis, RedisConfig
from tests.chaos.cell import PAIRED, SHORT, Cell, Fault, Load, Timing
from tests.chaos.commits import CommitWatch, lag, past_unfinished
from tests.chaos.disk import NoDiskError, small_disk
from tests.chaos.fault import PLAY, Scene
from tests.chaos.memory import MemoryWatch
from tests.chaos.oracle import ELSEWHERE, availability, count
from tests.chaos.result import CellResult
from tests.chaos.rows import rows
from tests.chaos.source import Source
from tests.e2e.command import environment
from tests.e2e.process import DALLOSH, Running
from tests.e2e.simulated import API, Simulated
from tests.e2e.test_up import workers_of
from tests.e2e.watch import Watch
from tests.integration.router_rig import read_all, until
from tests.simulator.modes import Mode

N_PARTITIONS: Final = 4
SEED: Final = 7
END_S: Final = 240.0
LAG_S: Final = 30.0
STOP_S: Final = 60.0
LATENCY: Final = ("--latency", "all=300:0.5")
PIPE: Final = tuple(dict.fromkeys((*INPUT_OF.values(), RAW, SCRUBBED, FALLBACK_GPU, FALLBACK_BERT, CLASSIFIED)))
N_EXAMPLES: Final = 5

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Servers:
    kafka: EmbeddedKafka
    redis: EmbeddedRedis
    disk: Path


async def play(cell: Cell, timing: Timing, folder: Path, *, say: Say) -> CellResult:
    """Plays a cell and counts; whatever happens, everything that it started is ended.

    Args:
        cell: what to play.
        timing: how long.
        folder: empty folder for data and logs; what is in it afterwards is for the curious.
        say: gets a line about each step.
    """
    commit = _commit()
    short = timing == SHORT
    try:
        with _servers(cell, folder) as servers:
            return await _play(cell, timing, folder, servers, commit, say)
    except NoDiskError as error:
        return CellResult(
            cell=cell.name, load=cell.load, fault=cell.fault, commit=commit, short=short, skipped=str(error)
        )


async def _play(cell: Cell, timing: Timing, folder: Path, servers: _Servers, commit: str, say: Say) -> CellResult:
    began = time.monotonic()
    bootstrap, namespace = servers.kafka.bootstrap, f"c{uuid.uuid4().hex[:8]}"
    settings = load_settings(kafka_bootstrap=bootstrap, namespace=namespace, partitions=N_PARTITIONS)
    base = environment(
        folder / "data", DALLOSH_KAFKA_BOOTSTRAP=bootstrap, DALLOSH_REDIS_URL=servers.redis.status().url or "",
        DALLOSH_NAMESPACE=namespace, DALLOSH_PARTITIONS=str(N_PARTITIONS), DALLOSH_PROBE_INTERVAL_S="5",
        DALLOSH_SESSION_TIMEOUT_S=str(timing.session_timeout_s),
    )  # fmt: skip
    scale = [f"--scale={stage}=2" for stage in PAIRED if cell.paired]
    with (
        Simulated(folder, base, LATENCY) as simulator,
        Running([*DALLOSH, "up", "--json", *scale], {**base, **simulator.environment}, folder, name="up") as up,
    ):
        await asyncio.to_thread(workers_of, up)
        say(f"up after {time.monotonic() - began:.0f} s")
        source = Source(bootstrap, namespace, cell.load)
        scene = Scene(servers.kafka, servers.redis, up, {**base, **simulator.environment}, servers.disk, folder, timing)
        async with (
            Watch(bootstrap, namespace, N_PARTITIONS) as watch,
            CommitWatch(settings) as commits,
            MemoryWatch(up.process.pid) as memory,
        ):
            async with asyncio.TaskGroup() as playing:
                playing.create_task(source.run(rows(cell, timing, seed=SEED)))
                playing.create_task(_trouble(cell, scene, simulator))
            n_acked = len(source.ledger.acked_at)
            say(f"{n_acked} records acknowledged after {time.monotonic() - began:.0f} s")
            ended = await _ended(watch, n_acked, timing.quiet_s)
        behind = await _settled_lag(settings)
        told = simulator.stats()
        exit_code = await asyncio.to_thread(up.stop, timeout_s=STOP_S)
        n_restarts = sum(event["event"] in ("worker_ended", "worker_crash_loop") for event in up.events())
    records = await read_all(settings, (*PIPE, *SERVICE_TOPICS, *ELSEWHERE))
    counted = count(records, source.ledger, namespace)
    passed = past_unfinished(commits.samples, records, settings)
    available = availability(counted, source.ledger, watch.seen_at)
    n_answered = sum(told[provider]["answered_tweets"] for provider in API)
    examples = [*counted.lost, *counted.split, *counted.repeated, *counted.altered, *(f"{s}:{o}" for s, o in passed)]
    return CellResult(
        cell=cell.name, load=cell.load, fault=cell.fault, commit=commit, short=timing == SHORT,
        sent=n_acked, lost=len(counted.lost), repeated=len(counted.repeated), split=len(counted.split),
        altered=len(counted.altered), elsewhere=counted.n_elsewhere, past_unfinished=len(passed),
        commit_samples=len(commits.samples), lag=behind, unacknowledged=len(source.ledger.failures),
        too_large=source.ledger.n_too_large, places=dict(counted.places), levels=dict(counted.levels),
        availability=round(available.share, 5), p50_s=available.p50_s, p99_s=available.p99_s,
        calls_per_tweet=round(n_answered / max(1, counted.n_answered_by_api), 4), api_tweets=counted.n_answered_by_api,
        peak_mib=memory.peaks(), growth=memory.growth(), restarts=n_restarts, exit_code=exit_code,
        seconds=round(time.monotonic() - began, 1),
        examples=examples[:N_EXAMPLES] + ([] if ended else ["the end was not reached in time"]),
    )  # fmt: skip


async def _trouble(cell: Cell, scene: Scene, simulator: Simulated) -> None:
    """Plays the fault, and the outage of the providers where the load is one."""
    timing = scene.timing
    await asyncio.sleep(timing.lead_s)
    down = cell.load is Load.OUTAGE
    if down:
        simulator.play(dict.fromkeys(API, Mode.UNAVAILABLE))
    async with asyncio.TaskGroup() as under_way:
        under_way.create_task(PLAY[cell.fault](scene))
        under_way.create_task(asyncio.sleep(timing.fault_s))
    if down:
        simulator.play(dict.fromkeys(API, Mode.OK))


async def _ended(watch: Watch, n_origins: int, quiet_s: float) -> bool:
    """Waits until every origin has ended; what is still missing at the deadline is for the count to tell."""
    try:
        await watch.until_all_ended(n_origins, quiet_s=quiet_s, timeout_s=END_S)
    except AssertionError:
        return False
    return True


async def _settled_lag(settings: Settings) -> int:
    """Returns the lag once it is 0, or what is left of it at the deadline: a commit follows its outputs."""
    behind = 0

    async def caught_up() -> bool:
        nonlocal behind
        behind = await lag(settings)
        return not behind

    with contextlib.suppress(AssertionError):
        await until(caught_up, LAG_S)
    return behind


@contextmanager
def _servers(cell: Cell, folder: Path) -> Iterator[_Servers]:
    """Starts broker and Redis for one cell; the broker's data lie on a small disk where the fault is that it fills."""
    home = folder / "broker"
    if cell.fault is Fault.DISK_FULL:
        with small_disk(home):
            yield from _running(cell, folder, home)
    else:
        yield from _running(cell, folder, home)


def _running(cell: Cell, folder: Path, home: Path) -> Iterator[_Servers]:
    kafka = EmbeddedKafka(KafkaConfig(data_dir=home, n_nodes=cell.n_brokers, tied=True))
    redis = EmbeddedRedis(RedisConfig(data_dir=folder / "redis", tied=True))
    try:
        kafka.start()
        redis.start()
        yield _Servers(kafka, redis, home)
    finally:
        kafka.wipe()
        redis.wipe()


def _commit() -> str:
    told = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=PROJECT_DIR, capture_output=True, text=True, check=False
    )
    return told.stdout.strip() or "unknown"
