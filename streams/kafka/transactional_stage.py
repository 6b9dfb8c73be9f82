"""A stage whose outputs and offsets go together: a plain consumer group, a lane per partition, no Faust.

Where an idempotent producer repeats what was in flight at a kill, a transaction repeats nothing: its readers
(`read_committed`) see all of a block and its offset, or nothing.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from schemas.taxonomy import Stage
from schemas.topics import INPUT_OF, name_in
from streams import metrics
from streams.errors import DalloshError, FatalError
from streams.health import HealthServer
from streams.kafka.client import start_client
from streams.kafka.event_loop import use_uvloop
from streams.kafka.group import consumer_options, group_of
from streams.kafka.lane import BlockDecider, Lane
from streams.kafka.process_end import STOP_TIMEOUT_S, ProcessEnd, run_to_its_end
from streams.settings import Settings

log = structlog.get_logger()

WATCH_INTERVAL_S: Final = 1.0
START_TIMEOUT_S: Final = 60.0


class TransactionalWorker(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka ships no types
    """Runs one stage until SIGTERM or a failure.

    Args:
        settings: the deployment.
        stage: which stage; decides the input topic and the consumer group.
        decider: makes what decides for one partition.
    """

    def __init__(self, settings: Settings, stage: Stage, decider: Callable[[], BlockDecider]) -> None:
        self._settings = settings
        self._stage = stage
        self._decider = decider
        self._topic = name_in(settings.namespace, INPUT_OF[stage])
        self._group = group_of(settings, stage)
        self._lanes: dict[TopicPartition, Lane] = {}
        self._assigned = False
        self._assigned_at = time.monotonic()
        self.end = ProcessEnd(stage, settings.exit_timeout_s)
        self._consumer = AIOKafkaConsumer(**consumer_options(settings, self._group))

    # --- the group's side

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Lets every transaction in flight finish before another worker may take its partition."""
        self._assigned, self._assigned_at = False, time.monotonic()
        await self._stop_lanes()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Opens a lane per partition; returns at once, for the group waits."""
        if self.end.is_near:
            return
        for tp in sorted(assigned):
            self._lanes[tp] = Lane(
                self._settings, self._stage, tp, group=self._group, consumer=self._consumer,
                decider=self._decider(), fail=self.end.fail,
            )  # fmt: skip
        self._assigned = True
        log.info("partitions_assigned", stage=self._stage, n_partitions=len(assigned))

    async def _stop_lanes(self) -> None:
        lanes, self._lanes = list(self._lanes.values()), {}
        finished = await asyncio.gather(*(lane.stop(self._settings.drain_timeout_s) for lane in lanes))
        if not all(finished):
            log.warning("drain_deadline", stage=self._stage, n_cut_off=finished.count(False))

    # --- life

    async def run(self) -> None:
        """Runs until SIGTERM, SIGINT or a failure."""
        settings = self._settings
        health = HealthServer(settings.health_host, settings.health_port, self._ready)
        watchdog: asyncio.Task[None] | None = None
        self.end.on_signals()
        try:
            port = await health.start()
            await self._start_consumer()
            watchdog = asyncio.create_task(self._watchdog())
            log.info("stage_started", stage=self._stage, group=self._group, topic=self._topic, health_port=port)
            await self.end.asked.wait()
        except DalloshError as error:
            self.end.fail(error)
        finally:
            self.end.begin()
            if watchdog is not None:
                watchdog.cancel()
            await self._shut_down(health)

    async def _start_consumer(self) -> None:
        self._consumer.subscribe([self._topic], listener=self)
        await start_client(self._consumer, timeout_s=START_TIMEOUT_S)

    async def _shut_down(self, health: HealthServer) -> None:
        await self._stop_lanes()
        for closing in (self._consumer.stop(), health.stop()):
            with contextlib.suppress(Exception):  # the process ends either way
                await asyncio.wait_for(closing, STOP_TIMEOUT_S)
        log.info("stage_stopped", stage=self._stage, failed=self.end.error is not None)

    async def _watchdog(self) -> None:
        """Ends the process when records wait and nothing was committed for too long, or no partition ever comes."""
        try:
            while not self.end.asked.is_set():
                await asyncio.sleep(WATCH_INTERVAL_S)
                if what := self._stuck(time.monotonic()):
                    remedy = "The supervisor restarts the worker; look at its last log lines"
                    self.end.fail(FatalError(what, remedy=remedy))
        except Exception as error:  # noqa: BLE001 the boundary of this task: without it nobody would watch
            self.end.fail(error)

    def _stuck(self, now: float) -> str:
        """Says why the worker cannot go on by itself; empty when it can."""
        lanes, timeout_s = list(self._lanes.values()), self._settings.watchdog_timeout_s
        lags = [lane.lag for lane in lanes]
        metrics.LAG_RECORDS.labels(self._stage.value).set(sum(lags))
        for lane, lag in zip(lanes, lags, strict=True):
            idle_s = now - lane.progress_at
            if not lag and lane.ready:
                lane.progress_at = now
            elif idle_s > timeout_s:
                return f"{lag} records wait and nothing was committed for {idle_s:.0f} s"
        if not self._assigned and now - self._assigned_at > timeout_s:
            return f"the group has given no partitions for {now - self._assigned_at:.0f} s"
        return ""

    def _ready(self) -> tuple[bool, str]:
        if self.end.error is not None or self.end.is_near:
            return False, "stopping"
        n_ready = sum(lane.ready for lane in self._lanes.values())
        if not self._assigned or n_ready < len(self._lanes):
            return False, f"{n_ready} of {len(self._lanes)} partitions ready"
        return True, f"{n_ready} partitions"


def run_transactional_stage(settings: Settings, stage: Stage, decider: Callable[[], BlockDecider]) -> int:
    """Runs a transactional stage in this process until SIGTERM; returns the exit code."""
    use_uvloop()
    logging.getLogger("aiokafka").setLevel(logging.WARNING)

    return run_to_its_end(lambda: TransactionalWorker(settings, stage, decider))
