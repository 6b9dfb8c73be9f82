"""A worker of which one is at work at a time while others stand by: whom the group gives a topic's only partition."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final, Protocol

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from schemas.taxonomy import Watcher
from schemas.topics import name_in
from streams.errors import DalloshError
from streams.health import HealthServer
from streams.kafka.client import start_client
from streams.kafka.event_loop import use_uvloop
from streams.kafka.group import consumer_options, group_of
from streams.kafka.process_end import STOP_TIMEOUT_S, ProcessEnd, run_to_its_end
from streams.settings import Settings

log = structlog.get_logger()

WATCH_INTERVAL_S: Final = 1.0
START_TIMEOUT_S: Final = 60.0


class Work(Protocol):
    """What is done while this process is the one."""

    is_ready: bool

    async def run(self) -> None:
        """Works until `stop` or a failure."""

    def stop(self) -> None:
        """Asks for the orderly end of `run`."""


class SoleWorker(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka ships no types
    """Runs work while the group gives it the partition, until SIGTERM or a failure.

    Args:
        settings: the deployment.
        watcher: names the consumer group.
        topic: the registry's name of a topic with one partition.
        work: makes the work; anew each time that the partition comes.
    """

    def __init__(self, settings: Settings, watcher: Watcher, topic: str, work: Callable[[], Work]) -> None:
        self._settings, self._watcher, self._make = settings, watcher, work
        self._topic = name_in(settings.namespace, topic)
        self._group = group_of(settings, watcher)
        self._work: Work | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_member = False
        self.end = ProcessEnd(watcher, settings.exit_timeout_s)
        self._consumer = AIOKafkaConsumer(**consumer_options(settings, self._group))

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Ends the work before another worker may begin."""
        await self._stop_work()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Begins the work, where the partition came here."""
        self._is_member = True
        self._consumer.pause(*assigned)  # it is a token here; the work reads by itself
        log.info("partitions_assigned", stage=self._watcher, n_partitions=len(assigned))
        if assigned and not self.end.is_near:
            self._work = self._make()
            self._task = asyncio.create_task(self._run(self._work))

    async def _run(self, work: Work) -> None:
        try:
            await work.run()
        except Exception as error:  # noqa: BLE001 the boundary of this task: nothing it raises may be lost
            self.end.fail(error)

    async def _stop_work(self) -> None:
        work, task, self._work, self._task = self._work, self._task, None, None
        if work is None or task is None:
            return
        work.stop()
        done, _ = await asyncio.wait({task}, timeout=self._settings.drain_timeout_s)
        if not done:
            log.warning("drain_deadline", stage=self._watcher)
            task.cancel()
            await asyncio.wait({task}, timeout=STOP_TIMEOUT_S)

    async def run(self) -> None:
        """Runs until SIGTERM, SIGINT or a failure."""
        health = HealthServer(self._settings.health_host, self._settings.health_port, self._ready)
        self.end.on_signals()
        try:
            port = await health.start()
            self._consumer.subscribe([self._topic], listener=self)
            await start_client(self._consumer, timeout_s=START_TIMEOUT_S)
            log.info("stage_started", stage=self._watcher, group=self._group, topic=self._topic, health_port=port)
            while not self.end.asked.is_set():
                await self._consumer.getmany(timeout_ms=0)  # shows the group that it lives
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.end.asked.wait(), WATCH_INTERVAL_S)
        except DalloshError as error:
            self.end.fail(error)
        finally:
            self.end.begin()
            await self._stop_work()
            for closing in (self._consumer.stop(), health.stop()):
                with contextlib.suppress(Exception):  # the process ends either way
                    await asyncio.wait_for(closing, STOP_TIMEOUT_S)
            log.info("stage_stopped", stage=self._watcher, failed=self.end.error is not None)

    def _ready(self) -> tuple[bool, str]:
        if self.end.error is not None or self.end.is_near:
            return False, "stopping"
        if not self._is_member:
            return False, "waiting for the group"
        if self._work is None:
            return True, "standing by"
        return self._work.is_ready, "at work" if self._work.is_ready else "reading its state"


def run_sole_worker(settings: Settings, watcher: Watcher, topic: str, work: Callable[[], Work]) -> int:
    """Runs a sole worker in this process until SIGTERM; returns the exit code."""
    use_uvloop()
    logging.getLogger("aiokafka").setLevel(logging.WARNING)
    return run_to_its_end(lambda: SoleWorker(settings, watcher, topic, work))
