"""The faults: each is played while tweets flow, and leaves behind what an operator or a supervisor would."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Final

import psutil

from streams.errors import FatalError
from streams.kafka.embedded import EmbeddedKafka
from streams.loopback import free_ports
from streams.state.embedded import EmbeddedRedis
from tests.chaos.cell import PAIRED, Fault, Timing
from tests.e2e.process import DALLOSH, Running, get

VICTIMS: Final = ("scrubber", "classifier", "router", "gpu", "bert")
RETRY_S: Final = 1.0
READY_S: Final = 90.0
DISK_FULL_S: Final = 60.0
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

    def workers(self, *stages: str) -> list[psutil.Process]:
        """Returns the processes of the stages that live now."""
        found = []
        for child in psutil.Process(self.up.process.pid).children():
            with contextlib.suppress(psutil.Error, IndexError):
                if child.cmdline()[-1] in stages:
                    found.append(child)
        return found


async def broker_killed(scene: Scene) -> None:
    """Kills the broker, and starts it again after a while, as often as there is time."""
    timing = scene.timing
    for _ in range(max(1, int(timing.fault_s / (timing.interval_s + timing.down_s + 10)))):
        scene.kafka.kill(1)
        await asyncio.sleep(timing.down_s)
        await _restarted(scene.kafka, 1)
        await asyncio.sleep(timing.interval_s)


async def one_of_three_killed(scene: Scene) -> None:
    """Kills the brokers of a cluster one after the other; each is back before the next one dies."""
    for node_id in (1, 2, 3):
        scene.kafka.kill(node_id)
        await asyncio.sleep(scene.timing.interval_s / 2)
        await _restarted(scene.kafka, node_id)


async def broker_stopped(scene: Scene) -> None:
    """Stops the broker's process for a while: nothing is refused, nothing answers."""
    process = scene.kafka.status().nodes[0].process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(scene.timing.stopped_s)
    finally:
        os.kill(process.pid, signal.SIGCONT)


async def disk_full(scene: Scene) -> None:
    """Fills the broker's disk until it ends itself. Then an operator frees the disk and starts it again."""
    ballast = scene.disk / BALLAST
    await asyncio.to_thread(_fill, ballast)
    async with asyncio.timeout(DISK_FULL_S):
        while scene.kafka.status().alive:
            await asyncio.sleep(RETRY_S)
            await asyncio.to_thread(_fill, ballast)
    await asyncio.sleep(scene.timing.down_s)
    ballast.unlink()
    await asyncio.to_thread(scene.kafka.start)


async def worker_killed(scene: Scene) -> None:
    """Kills a worker of each stage in turn; the supervisor brings it back."""
    for stage, _ in zip(cycle(VICTIMS), _ticks(scene.timing), strict=False):
        for process in scene.workers(stage)[:1]:
            process.kill()
        await asyncio.sleep(scene.timing.interval_s)


async def worker_stopped(scene: Scene) -> None:
    """Stops a worker of each stage that has two past its session, while the other takes over, and lets it go on."""
    for stages in (("classifier", "router"), ("scrubber",)):
        stopped = [process for stage in stages for process in scene.workers(stage)[:1]]
        for process in stopped:
            process.suspend()
        try:
            await asyncio.sleep(scene.timing.stopped_s)
        finally:
            for process in stopped:
                with contextlib.suppress(psutil.Error):
                    process.resume()


async def rolling_restart(scene: Scene) -> None:
    """Ends each worker by SIGTERM, one after the other; the supervisor starts it again."""
    for stage in VICTIMS:
        for process in scene.workers(stage)[:1]:
            process.terminate()
        await asyncio.sleep(scene.timing.interval_s / 2)


async def workers_scaled(scene: Scene) -> None:
    """Adds a second worker to three stages, and takes them away again once they have had their share."""
    with contextlib.ExitStack() as stack:
        added = []
        for stage, port in zip(PAIRED, free_ports(len(PAIRED)), strict=True):
            env = {**scene.env, "DALLOSH_HEALTH_PORT": str(port)}
            running = Running([*DALLOSH, "worker", stage.value], env, scene.folder, name=f"added-{stage.value}")
            added.append((stack.enter_context(running), port))
        for running, port in added:
            ready = partial(_is_ready, port)
            await asyncio.to_thread(running.wait_for, ready, "the added worker is ready", READY_S)
        await asyncio.sleep(scene.timing.interval_s)
        for running, _ in added:
            code = await asyncio.to_thread(running.stop)
            assert code == 0, f"an added worker ended with {code}"


async def redis_killed(scene: Scene) -> None:
    """Kills Redis, and starts it again empty-handed after a while."""
    scene.redis.kill()
    await asyncio.sleep(scene.timing.down_s + scene.timing.interval_s)
    await asyncio.to_thread(scene.redis.start)


async def nothing(scene: Scene) -> None:
    """The records themselves are the fault."""


PLAY: Final[dict[Fault, Callable[[Scene], Coroutine[None, None, None]]]] = {
    Fault.BROKER_KILLED: broker_killed,
    Fault.ONE_OF_THREE_KILLED: one_of_three_killed,
    Fault.BROKER_STOPPED: broker_stopped,
    Fault.DISK_FULL: disk_full,
    Fault.WORKER_KILLED: worker_killed,
    Fault.WORKER_STOPPED: worker_stopped,
    Fault.ROLLING_RESTART: rolling_restart,
    Fault.WORKERS_SCALED: workers_scaled,
    Fault.REDIS_KILLED: redis_killed,
    Fault.LARGE_RECORDS: nothing,
    Fault.GARBAGE: nothing,
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


def _is_ready(port: int) -> bool:
    return get(port, "/ready")[0] == 200


def _ticks(timing: Timing) -> Iterator[int]:
    return iter(range(max(1, int(timing.fault_s / timing.interval_s))))


def _fill(path: Path) -> None:
    """Writes on until no byte fits any more."""
    with contextlib.suppress(OSError), path.open("ab", buffering=0) as file:
        while file.write(_CHUNK):
            pass
