"""The faults: each is played while tweets flow, and leaves behind what an operator or a supervisor would.

Each returns how often it hit something: a fault that hit nothing proves nothing.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import psutil

from schemas.taxonomy import WORKER_STAGES, Stage
from streams.errors import FatalError
from streams.kafka.embedded import EmbeddedKafka
from streams.loopback import free_ports
from streams.state.embedded import EmbeddedRedis
from tests.chaos.cell import PAIRED, Cell, Fault, Timing
from tests.e2e.process import DALLOSH, Running, get

VICTIMS: Final = (
    (Stage.SCRUBBER, Stage.CLASSIFIER),
    (Stage.ROUTER, Stage.GPU),
    (Stage.BERT, Stage.CLASSIFIER, Stage.SCRUBBER),
)
"""Who is killed at the same time; the groups take turns."""

RETRY_S: Final = 1.0
READY_S: Final = 90.0
DISK_FULL_S: Final = 60.0
END_S: Final = 240.0
"""A fault that has not been played by then fails its cell."""

BALLAST: Final = "ballast"
_CHUNK: Final = bytes(1 << 20)


@dataclass(frozen=True, slots=True)
class Scene:
    """What a fault may lay hands on. `env` is the workers'; `disk` the folder of the broker's data."""

    kafka: EmbeddedKafka
    redis: EmbeddedRedis
    up: Running
    env: dict[str, str]
    disk: Path
    folder: Path
    timing: Timing

    def workers(self, *stages: Stage) -> list[psutil.Process]:
        """Returns the first process of each stage that lives now."""
        found: dict[str, psutil.Process] = {}
        for child in psutil.Process(self.up.process.pid).children():
            with contextlib.suppress(psutil.Error, IndexError):
                found.setdefault(child.cmdline()[-1], child)
        return [found[stage] for stage in stages if stage in found]


async def play(cell: Cell, scene: Scene) -> int:
    """Plays the fault of a cell; returns how often it hit.

    Raises:
        TimeoutError: it could not be played in `END_S`.
    """
    async with asyncio.timeout(END_S):
        return await _PLAY[cell.fault](scene)


async def broker_killed(scene: Scene) -> int:
    """Kills the broker, and starts it again after a while."""
    scene.kafka.kill(1)
    await asyncio.sleep(scene.timing.down_s)
    await _restarted(scene.kafka, 1)
    return 1


async def one_of_three_killed(scene: Scene) -> int:
    """Kills the brokers of a cluster one after the other; each is back before the next one dies."""
    for node_id in (1, 2, 3):
        scene.kafka.kill(node_id)
        await asyncio.sleep(scene.timing.interval_s / 2)
        await _restarted(scene.kafka, node_id)
    return 3


async def broker_stopped(scene: Scene) -> int:
    """Stops the broker's process for a while: nothing is refused, nothing answers."""
    process = scene.kafka.status().nodes[0].process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(scene.timing.stopped_s)
    finally:
        os.kill(process.pid, signal.SIGCONT)
    return 1


async def disk_full(scene: Scene) -> int:
    """Fills the broker's disk until it ends itself. Then an operator frees the disk and starts it again."""
    ballast, address = scene.disk / BALLAST, scene.kafka.bootstrap
    async with asyncio.timeout(DISK_FULL_S):
        while scene.kafka.status().alive:
            await asyncio.to_thread(_fill, ballast)
            await asyncio.sleep(RETRY_S)
    await asyncio.sleep(scene.timing.down_s)
    ballast.unlink()
    assert await asyncio.to_thread(scene.kafka.start) == address, "the broker came back at another address"
    return 1


async def worker_killed(scene: Scene) -> int:
    """Kills some workers at once, each stage in turn; the supervisor brings them back."""
    n_killed = 0
    for stages in VICTIMS:
        for process in scene.workers(*stages):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
                n_killed += 1
        await asyncio.sleep(scene.timing.interval_s)
    return n_killed


async def worker_stopped(scene: Scene) -> int:
    """Stops one of two workers of some stages past its session, while the other takes over, and lets it go on."""
    stopped: list[psutil.Process] = []
    try:
        for process in scene.workers(*PAIRED):
            process.suspend()
            stopped.append(process)
        await asyncio.sleep(scene.timing.stopped_s)
    finally:
        for process in stopped:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()
    return len(stopped)


async def rolling_restart(scene: Scene) -> int:
    """Ends each worker by SIGTERM, one after the other; the supervisor starts it again."""
    n_ended = 0
    for stage in WORKER_STAGES:
        for process in scene.workers(stage):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
                n_ended += 1
        await asyncio.sleep(scene.timing.interval_s / 2)
    return n_ended


async def workers_scaled(scene: Scene) -> int:
    """Adds a second worker to three stages, and takes them away again once each has worked."""
    with contextlib.ExitStack() as stack:
        added = []
        for stage, port in zip(PAIRED, free_ports(len(PAIRED)), strict=True):
            env = {**scene.env, "DALLOSH_HEALTH_PORT": str(port)}
            running = Running([*DALLOSH, "worker", stage.value], env, scene.folder, name=f"added-{stage.value}")
            added.append((stack.enter_context(running), port))
        for running, port in added:
            worked = partial(_has_worked, port)
            await asyncio.to_thread(running.wait_for, worked, "the added worker has taken records", READY_S)
        await asyncio.sleep(scene.timing.interval_s / 2)
        for running, _ in added:
            code = await asyncio.to_thread(running.stop)
            assert code == 0, f"an added worker ended with {code}"
    return len(added)


async def redis_killed(scene: Scene) -> int:
    """Kills Redis, and starts it again empty-handed after a while."""
    address = scene.redis.status().url
    scene.redis.kill()
    await asyncio.sleep(scene.timing.down_s + scene.timing.interval_s)
    assert await asyncio.to_thread(scene.redis.start) == address, "Redis came back at another address"
    return 1


async def of_the_records(scene: Scene) -> int:
    """Plays nothing: the records themselves are the fault."""
    return 1


_PLAY: Final[dict[Fault, Callable[[Scene], Coroutine[None, None, int]]]] = {
    Fault.BROKER_KILLED: broker_killed,
    Fault.ONE_OF_THREE_KILLED: one_of_three_killed,
    Fault.BROKER_STOPPED: broker_stopped,
    Fault.DISK_FULL: disk_full,
    Fault.WORKER_KILLED: worker_killed,
    Fault.WORKER_STOPPED: worker_stopped,
    Fault.ROLLING_RESTART: rolling_restart,
    Fault.WORKERS_SCALED: workers_scaled,
    Fault.REDIS_KILLED: redis_killed,
    Fault.LARGE_RECORDS: of_the_records,
    Fault.GARBAGE: of_the_records,
}


async def _restarted(kafka: EmbeddedKafka, node_id: int) -> None:
    """Starts a killed broker again; its port is free once the last of its threads has gone."""
    while True:
        try:
            await asyncio.to_thread(kafka.restart, node_id)
        except FatalError as error:
            if "was taken" not in str(error):
                raise
            await asyncio.sleep(RETRY_S)
        else:
            return


def _has_worked(port: int) -> bool:
    lines = get(port, "/metrics")[1].splitlines()
    return any(line.startswith("dallosh_records_in_total{") and not line.endswith(" 0.0") for line in lines)


def _fill(path: Path) -> None:
    """Writes on until no byte fits any more."""
    with contextlib.suppress(OSError), path.open("ab", buffering=0) as file:
        while file.write(_CHUNK):
            pass
