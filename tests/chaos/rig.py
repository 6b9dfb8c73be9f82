"""Plays one cell: real broker, real Redis, real worker processes, simulated models, and the count afterwards."""

import asyncio
import contextlib
import json
import signal
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from schemas.topics import CLASSIFIED, FALLBACK_BERT, FALLBACK_GPU, RAW, SCRUBBED, SERVICE_TOPICS
from streams.settings import Settings, load_settings
from tests.chaos import fault
from tests.chaos.cell import PAIRED, SHORT, Cell, Fault, Load, Timing
from tests.chaos.commits import CommitWatch, lag, past_unfinished
from tests.chaos.disk import NoDiskError
from tests.chaos.memory import MemoryWatch
from tests.chaos.oracle import ELSEWHERE, availability, count
from tests.chaos.result import CellResult
from tests.chaos.rows import rows
from tests.chaos.servers import Servers, servers
from tests.chaos.source import Source
from tests.e2e.command import environment
from tests.e2e.process import Running, tied_dallosh, workers_of
from tests.e2e.simulated import API, Simulated
from tests.e2e.watch import NotEndedError, Watch
from tests.integration.router_rig import read_all, until
from tests.simulator.modes import Mode

N_PARTITIONS: Final = 4
SEED: Final = 7
END_S: Final = 240.0
LAG_S: Final = 30.0
STOP_S: Final = 60.0
LATENCY: Final = ("--latency", "all=300:0.5")
TOPICS_READ: Final = (RAW, SCRUBBED, FALLBACK_GPU, FALLBACK_BERT, CLASSIFIED, *SERVICE_TOPICS, *ELSEWHERE)
ALSO_ENDS_WITH: Final = {Fault.WORKER_KILLED: (-signal.SIGKILL,), Fault.WORKER_STOPPED: (1,)}
"""Exit codes beside 0: a router that wakes up as a zombie finds itself fenced, and ends."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Played:
    """What was seen while a cell ran."""

    source: Source
    watch: Watch
    commits: CommitWatch
    memory: MemoryWatch
    n_hits: int
    has_ended: bool
    lag_records: int
    simulated: Mapping[str, Mapping[str, Any]]
    ends: Mapping[str, int]
    """Worker and ordinal of its end -> exit code; those of the last drain under the worker's name."""


async def play(cell: Cell, timing: Timing, folder: Path, *, state: str, say: Say, keep: bool = False) -> CellResult:
    """Plays a cell and counts; whatever happens, everything that it started is ended.

    Args:
        cell: what to play.
        timing: how long.
        folder: empty folder for data and logs.
        state: a digest of the code, kept with the result.
        say: gets a line about each step.
        keep: leave data and logs in the folder.
    """
    blank = CellResult(cell=cell.name, load=cell.load, fault=cell.fault, state=state, short=timing == SHORT)
    began = time.monotonic()
    namespace = f"c{uuid.uuid4().hex[:8]}"
    try:
        with servers(cell, folder, keep=keep) as running:
            settings = load_settings(
                kafka_bootstrap=running.kafka.bootstrap, namespace=namespace, partitions=N_PARTITIONS
            )
            played = await _play(cell, timing, folder, running, settings, say)
            figures = await _counted(cell, played, settings)
    except NoDiskError as error:
        return replace(blank, skipped=str(error))
    return replace(blank, **figures, took_s=round(time.monotonic() - began, 1))


async def _play(cell: Cell, timing: Timing, folder: Path, running: Servers, settings: Settings, say: Say) -> _Played:
    began = time.monotonic()
    base = environment(
        folder / "data", DALLOSH_KAFKA_BOOTSTRAP=settings.kafka_bootstrap, DALLOSH_NAMESPACE=settings.namespace,
        DALLOSH_REDIS_URL=running.redis.status().url or "", DALLOSH_PARTITIONS=str(N_PARTITIONS),
        DALLOSH_PROBE_INTERVAL_S="5", DALLOSH_SESSION_TIMEOUT_S=str(timing.session_timeout_s),
    )  # fmt: skip
    scale = [f"--scale={stage}=2" for stage in PAIRED if cell.paired]
    with contextlib.ExitStack() as stack:
        simulator = stack.enter_context(Simulated(folder, base, LATENCY))
        env = {**base, **simulator.environment}
        up = stack.enter_context(Running([*tied_dallosh(), "up", "--json", *scale], env, folder, name="up"))
        await asyncio.to_thread(workers_of, up)
        say(f"up after {time.monotonic() - began:.0f} s")
        scene = fault.Scene(running.kafka, running.redis, up, env, running.disk, folder, timing)
        source = Source(settings.kafka_bootstrap, settings.namespace, cell.load)
        async with (
            Watch(settings.kafka_bootstrap, settings.namespace, N_PARTITIONS) as watch,
            CommitWatch(settings) as commits,
            MemoryWatch(up.process.pid) as memory,
        ):
            async with asyncio.TaskGroup() as group:
                group.create_task(source.run(rows(cell, timing, seed=SEED)))
                trouble = group.create_task(_trouble(cell, scene, simulator))
            n_sent = len(source.ledger.sent)
            say(f"{n_sent} records acknowledged after {time.monotonic() - began:.0f} s")
            has_ended = await _has_ended(watch, n_sent, timing.quiet_s)
        lag_records = await _settled_lag(settings)
        simulated = simulator.stats()
        await asyncio.to_thread(up.stop, timeout_s=STOP_S)
        return _Played(source, watch, commits, memory, trouble.result(), has_ended, lag_records, simulated, _ends(up))


async def _counted(cell: Cell, played: _Played, settings: Settings) -> dict[str, Any]:
    """Reads every topic and returns the figures of a cell."""
    ledger, watch = played.source.ledger, played.watch
    records = await read_all(settings, TOPICS_READ)
    found = count(records, ledger, settings.namespace)
    available = availability(ledger, found, watch.seen_at)
    during = {name: code for name, code in played.ends.items() if "#" in name}
    accepted = {0, *ALSO_ENDS_WITH.get(cell.fault, ())}
    wrong = {
        "lost": found.lost, "repeated": found.repeated, "split": found.split, "misplaced": found.misplaced,
        "unserved": found.unserved, "swapped": found.swapped, "strange": found.strange, "altered": found.altered,
        "past_unfinished": past_unfinished(played.commits.samples, records, settings),
    }  # fmt: skip
    return {
        "n_rows": ledger.n_rows, "n_sent": len(ledger.sent), "n_refused": ledger.n_refused,
        "n_unaccounted": ledger.n_unaccounted, "failures": ledger.failures, "has_ended": played.has_ended,
        "wrong": {what: list(which) for what, which in wrong.items()}, "n_extra": found.n_extra,
        "lag_records": played.lag_records, "n_samples": played.commits.n_by_stage(), "places": dict(found.places),
        "levels": dict(found.levels), "availability": round(available.share, 5), "p50_s": round(available.p50_s, 2),
        "p99_s": round(available.p99_s, 2), "n_answered_by_api": len(found.answered_by_api),
        "n_in_api_calls": sum(played.simulated[provider]["answered_tweets"] for provider in API),
        "is_level_2_needed": cell.load is Load.OUTAGE, "peak_mib": played.memory.peaks(),
        "peak_ratio": played.memory.peak_ratio(), "n_hits": played.n_hits, "n_restarts": len(during),
        "min_restarts": played.n_hits if cell.fault in (Fault.WORKER_KILLED, Fault.ROLLING_RESTART) else 0,
        "unclean": [f"{name} {code}" for name, code in played.ends.items() if code not in accepted],
    }  # fmt: skip


async def _trouble(cell: Cell, scene: fault.Scene, simulator: Simulated) -> int:
    """Plays the fault, and the outage of the providers where the load is one; returns how often the fault hit."""
    timing = scene.timing
    await asyncio.sleep(timing.lead_s)
    down = cell.load is Load.OUTAGE
    if down:
        simulator.play(dict.fromkeys(API, Mode.UNAVAILABLE))
    n_hits, _ = await asyncio.gather(fault.play(cell, scene), asyncio.sleep(timing.fault_s))
    if down:
        simulator.play(dict.fromkeys(API, Mode.OK))
    return n_hits


async def _has_ended(watch: Watch, n_origins: int, quiet_s: float) -> bool:
    """Waits until every origin has ended; what is still missing at the deadline is for the count to tell."""
    try:
        await watch.until_all_ended(n_origins, quiet_s=quiet_s, timeout_s=END_S)
    except NotEndedError:
        return False
    return True


async def _settled_lag(settings: Settings) -> int:
    """Returns the lag once it is 0, or what is left of it at the deadline: a commit follows its outputs."""
    n_behind = 0

    async def caught_up() -> bool:
        nonlocal n_behind
        n_behind = await lag(settings)
        return not n_behind

    with contextlib.suppress(AssertionError):
        await until(caught_up, LAG_S)
    return n_behind


def _ends(up: Running) -> dict[str, int]:
    """Returns how each worker ended, whenever it did."""
    found: dict[str, int] = {}
    for event in up.events():
        if event["event"] in ("worker_ended", "worker_crash_loop"):
            found[f"{event['worker']}#{len(found) + 1}"] = event["exit_code"]
    last: dict[str, Any] = json.loads(up.stdout().splitlines()[-1])
    return found | {name: one["exit_code"] for name, one in last["workers"].items()}
