"""A stage whose outputs and offsets go together: a plain consumer group, a lane per partition, no Faust.

Where an idempotent producer repeats what was in flight at a kill, a transaction repeats nothing: its readers
(`read_committed`) see all of a block and its offset, or nothing.
"""

import asyncio
import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import structlog
import uvloop
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import KafkaError

from schemas.taxonomy import Stage
from schemas.topics import INPUT_OF, name_in
from streams import metrics
from streams.errors import DalloshError, FatalError
from streams.health import HealthServer
from streams.kafka.lane import BlockDecider, Lane
from streams.kafka.security import client_options
from streams.settings import Settings

log = structlog.get_logger()

WATCH_INTERVAL_S: Final = 1.0
START_TIMEOUT_S: Final = 60.0
STOP_TIMEOUT_S: Final = 8.0


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
        self._group = name_in(settings.namespace, f"dallosh-{stage.value}")
        self._lanes: dict[TopicPartition, Lane] = {}
        self._assigned = False
        self._stop = asyncio.Event()
        self._stopping = False
        self._error: BaseException | None = None
        self._timer: threading.Timer | None = None
        self._consumer = AIOKafkaConsumer(**_consumer_options(settings, self._group))

    # --- the group's side

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Lets every transaction in flight finish before another worker may take its partition."""
        self._assigned = False
        await self._stop_lanes()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Opens a lane per partition; returns at once, for the group waits."""
        if self._stopping:
            return
        for tp in sorted(assigned):
            self._lanes[tp] = Lane(
                self._settings, self._stage, tp, group=self._group, consumer=self._consumer,
                decider=self._decider(), fail=self.fail,
            )  # fmt: skip
        self._assigned = True
        log.info("partitions_assigned", stage=self._stage, n_partitions=len(assigned))

    async def _stop_lanes(self) -> None:
        lanes, self._lanes = list(self._lanes.values()), {}
        finished = await asyncio.gather(*(lane.stop(self._settings.drain_timeout_s) for lane in lanes))
        if not all(finished):
            log.warning("drain_deadline", stage=self._stage, n_cut_off=finished.count(False))

    # --- life

    async def run(self) -> int:
        """Runs until SIGTERM, SIGINT or a failure; returns the exit code."""
        settings = self._settings
        health = HealthServer(settings.health_host, settings.health_port, self._ready)
        watchdog: asyncio.Task[None] | None = None
        self._install_signals()
        try:
            port = await health.start()
            await self._start_consumer()
            watchdog = asyncio.create_task(self._watchdog())
            log.info("stage_started", stage=self._stage, group=self._group, topic=self._topic, health_port=port)
            await self._stop.wait()
        except DalloshError as error:
            self.fail(error)
        finally:
            self._stopping = True
            self._arm_hard_exit()
            if watchdog is not None:
                watchdog.cancel()
            await self._shut_down(health)
        return 0 if self._error is None else 1

    def fail(self, error: BaseException) -> None:
        """Stops the worker; what is not committed comes again. Exit code 1."""
        if self._error is None:
            self._error = error
            expected = isinstance(error, DalloshError)
            log.error("stage_failed", stage=self._stage, error=type(error).__name__,
                      reason=str(error) if expected else "", exc_info=None if expected else error)  # fmt: skip
        self._stop.set()

    def request_stop(self) -> None:
        """Begins the orderly end, as SIGTERM does."""
        if not self._stopping:
            self._stopping = True
            self._arm_hard_exit()
            log.info("stage_stopping", stage=self._stage)
            self._stop.set()

    async def _start_consumer(self) -> None:
        self._consumer.subscribe([self._topic], listener=self)
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await self._consumer.start()
        except (KafkaError, TimeoutError) as error:
            raise FatalError(
                f"the broker cannot be reached: {type(error).__name__}", remedy="See: dallosh doctor"
            ) from error

    async def _shut_down(self, health: HealthServer) -> None:
        await self._stop_lanes()
        for closing in (self._consumer.stop(), health.stop()):
            with contextlib.suppress(Exception):  # the process ends either way
                await asyncio.wait_for(closing, STOP_TIMEOUT_S)
        if self._timer is not None:
            self._timer.cancel()
        log.info("stage_stopped", stage=self._stage, failed=self._error is not None)

    async def _watchdog(self) -> None:
        """Ends the process when records wait and nothing was committed for too long."""
        while not self._stop.is_set():
            await asyncio.sleep(WATCH_INTERVAL_S)
            lanes, now = list(self._lanes.values()), time.monotonic()
            lag = sum(lane.lag for lane in lanes)
            metrics.LAG_RECORDS.labels(self._stage.value).set(lag)
            for lane in lanes:
                idle_s = now - lane.progress_at
                stuck = bool(lane.lag) or not lane.ready
                if stuck and idle_s > self._settings.watchdog_timeout_s:
                    self.fail(FatalError(
                        f"{lane.lag} records wait and nothing was committed for {idle_s:.0f} s",
                        remedy="The supervisor restarts the worker; look at its last log lines",
                    ))  # fmt: skip
                elif not stuck:
                    lane.progress_at = now

    def _ready(self) -> tuple[bool, str]:
        if self._error is not None or self._stopping:
            return False, "stopping"
        n_ready = sum(lane.ready for lane in self._lanes.values())
        if not self._assigned or n_ready < len(self._lanes):
            return False, f"{n_ready} of {len(self._lanes)} partitions ready"
        return True, f"{n_ready} partitions"

    def _install_signals(self) -> None:
        if threading.current_thread() is threading.main_thread():
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self.request_stop)

    def _arm_hard_exit(self) -> None:
        """With the broker gone, an orderly stop alone may never end; a timer of the operating system's does."""
        if self._timer is None and threading.current_thread() is threading.main_thread():
            self._timer = threading.Timer(self._settings.exit_timeout_s, self._hard_exit)
            self._timer.daemon = True
            self._timer.start()

    def _hard_exit(self) -> None:
        log.error("hard_exit", stage=self._stage, after_s=self._settings.exit_timeout_s)
        os._exit(1)


def _consumer_options(settings: Settings, group: str) -> dict[str, Any]:
    return {
        **client_options(settings),
        "group_id": group,
        "group_instance_id": f"{group}-{settings.worker_id}" if settings.worker_id else None,
        "partition_assignment_strategy": [RoundRobinPartitionAssignor],
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "max_poll_interval_ms": 3_600_000,
        "max_partition_fetch_bytes": 1 << 20,
        "fetch_max_wait_ms": 500,
        "session_timeout_ms": int(settings.session_timeout_s * 1000),
        "heartbeat_interval_ms": int(settings.session_timeout_s * 1000 / 6),
        "rebalance_timeout_ms": 60_000,
        "isolation_level": "read_committed",
    }


def run_transactional_stage(settings: Settings, stage: Stage, decider: Callable[[], BlockDecider]) -> int:
    """Runs a transactional stage in this process until SIGTERM; returns the exit code."""
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    logging.getLogger("aiokafka").setLevel(logging.WARNING)

    async def main() -> int:
        return await TransactionalWorker(settings, stage, decider).run()

    return asyncio.run(main())
