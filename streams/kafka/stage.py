"""One stage as one process: a Faust agent on the lossless transport, with drain, watchdog and hard exit."""

import asyncio
import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

import structlog
from aiokafka import TopicPartition
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from mode.threads import WorkerThread

from schemas.taxonomy import Stage
from schemas.topics import INPUT_OF, name_in
from streams import metrics
from streams.errors import DalloshError, FatalError
from streams.health import HealthServer
from streams.kafka.delivery import PRODUCER_OPTIONS, Delivery
from streams.kafka.security import client_options
from streams.kafka.transport import Block, BlockSchema, LosslessApp, LosslessConsumer
from streams.settings import Settings

log = structlog.get_logger()

QUEUED_BLOCKS: Final = 16
STOP_TIMEOUT_S: Final = 8.0
WATCH_INTERVAL_S: Final = 1.0
LAG_TIMEOUT_S: Final = 5.0


class StageControl(Protocol):
    """What a pipeline may ask of its worker."""

    settings: Settings
    stage: Stage
    delivery: Delivery

    def finish(self, partition: TopicPartition, offsets: list[int], *, epoch: int) -> None:
        """Marks records as finished and has the new offset committed soon."""

    def fail(self, error: BaseException) -> None:
        """Stops the worker without committing what is not finished; exit code 1."""

    def request_stop(self) -> None:
        """Begins the orderly end, as SIGTERM does."""


class Pipeline(Protocol):
    """What a stage does with blocks."""

    async def start(self) -> None:
        """Opens what the stage needs; raises FatalError with a remedy when it is missing."""

    async def submit(self, block: Block) -> None:
        """Takes a block; returns when the next one may come (back-pressure)."""

    async def drain(self, timeout_s: float) -> bool:
        """Waits for what is in flight, launches nothing more; False when the deadline came first."""

    def reset(self) -> None:
        """Forgets what was queued under the past assignment and accepts blocks again."""

    async def close(self) -> None:
        """Releases what `start` opened."""


class StageWorker:
    """Runs one stage until SIGTERM or a failure.

    Args:
        settings: the deployment.
        stage: which stage; decides the input topic and the consumer group.
        pipeline: makes the pipeline, given this worker's control.
        topic: full name of the topic to read, and
        group: of the consumer group; a benchmark's or a test's, otherwise the stage's own.
    """

    def __init__(
        self,
        settings: Settings,
        stage: Stage,
        pipeline: Callable[[StageControl], Pipeline],
        *,
        topic: str | None = None,
        group: str | None = None,
    ) -> None:
        self.settings = settings
        self.stage = stage
        self._topic = topic or name_in(settings.namespace, INPUT_OF[stage])
        self._group = group or name_in(settings.namespace, f"dallosh-{stage.value}")
        self._stop = asyncio.Event()
        self._commit = asyncio.Event()
        self._error: BaseException | None = None
        self._stopping = False
        self._assigned: int | None = None
        self._lag = 0
        self._progress_at = time.monotonic()
        self._app = self._make_app()
        self.delivery = Delivery(
            lambda: self._app.producer._ensure_producer(),
            namespace=settings.namespace,
            timeout_s=settings.delivery_timeout_s,
        )
        self._pipeline = pipeline(self)

    # --- the pipeline's side

    def finish(self, partition: TopicPartition, offsets: list[int], *, epoch: int) -> None:
        """Marks records as finished and has the new offset committed soon."""
        if self._consumer.ledger.finish(partition, offsets, epoch=epoch):
            self._progress_at = time.monotonic()
            self._commit.set()

    def fail(self, error: BaseException) -> None:
        """Stops the worker without committing what is not finished; exit code 1."""
        if self._error is None:
            self._error = error
            expected = isinstance(error, DalloshError)
            log.error(
                "stage_failed",
                stage=self.stage,
                error=type(error).__name__,
                reason=str(error) if expected else "",
                exc_info=None if expected else error,
            )
        self._stop.set()

    # --- the transport's side

    async def before_revoke(self) -> None:
        """Waits for what is in flight, then commits, so that the next owner repeats nothing."""
        if not await self._pipeline.drain(self.settings.drain_timeout_s):
            log.warning("drain_deadline", stage=self.stage, n_pending=self._consumer.ledger.n_pending)
        await self._commit_all()
        self._assigned = None

    def after_assign(self, n_partitions: int) -> None:
        """Accepts blocks again."""
        self._assigned = n_partitions
        self._progress_at = time.monotonic()
        if not self._stopping:
            self._pipeline.reset()
        log.info("partitions_assigned", stage=self.stage, n_partitions=n_partitions)

    # --- life

    async def run(self) -> int:
        """Runs until SIGTERM, SIGINT or a failure; returns the exit code."""
        health = HealthServer(self.settings.health_host, self.settings.health_port, self._ready)
        tasks: list[asyncio.Task[None]] = []
        self._install_signals()
        try:
            port = await health.start()
            await self._pipeline.start()
            await self._app.start()
            tasks = [asyncio.create_task(self._committer()), asyncio.create_task(self._watchdog())]
            log.info("stage_started", stage=self.stage, group=self._group, topic=self._topic, health_port=port)
            await self._stop.wait()
        except DalloshError as error:
            self.fail(error)
        finally:
            self._arm_hard_exit()
            await self._shut_down(tasks, health)
        return 0 if self._error is None else 1

    def request_stop(self) -> None:
        """Begins the orderly end, as SIGTERM does."""
        if not self._stopping:
            self._stopping = True
            self._arm_hard_exit()
            log.info("stage_stopping", stage=self.stage)
            self._stop.set()

    async def _shut_down(self, tasks: list[asyncio.Task[None]], health: HealthServer) -> None:
        self._stopping = True
        with contextlib.suppress(Exception):  # the process ends either way; what is not committed comes again
            if self._error is None:
                await self._pipeline.drain(self.settings.drain_timeout_s)
            if self._assigned is not None:
                await self._commit_all()  # after a failure, too: what is finished need not come again
        for task in tasks:
            task.cancel()
        for closing in (self._pipeline.close(), self._app.stop(), health.stop()):
            with contextlib.suppress(Exception):
                await asyncio.wait_for(closing, STOP_TIMEOUT_S)
        log.info("stage_stopped", stage=self.stage, failed=self._error is not None)

    async def _commit_all(self) -> None:
        try:
            await asyncio.wait_for(self._consumer.commit_all(), self.settings.drain_timeout_s)
        except TimeoutError:
            log.warning("commit_deadline", stage=self.stage)

    async def _committer(self) -> None:
        while True:
            await self._commit.wait()
            self._commit.clear()
            try:
                with metrics.COMMIT_SECONDS.time():
                    await self._consumer.commit()
            except Exception as error:  # noqa: BLE001 the boundary of this task: nothing it raises may be lost
                self.fail(FatalError(f"commit failed: {type(error).__name__}", remedy="Check the broker"))

    async def _watchdog(self) -> None:
        """Ends the process when work waits and nothing finishes for too long, and when Faust has died silently."""
        while not self._stop.is_set():
            await asyncio.sleep(WATCH_INTERVAL_S)
            lag = self._lag = await self._ask_lag()
            metrics.LAG_RECORDS.labels(self.stage.value).set(lag)
            metrics.IN_FLIGHT_RECORDS.labels(self.stage.value).set(self._consumer.ledger.n_pending)
            if what := self._stuck(lag, time.monotonic()):
                self.fail(FatalError(what, remedy="The supervisor restarts the worker; look at its last log lines"))
            elif not lag:
                self._progress_at = time.monotonic()

    def _stuck(self, lag: int, now: float) -> str:
        """Says why the worker cannot go on by itself; empty when it can."""
        idle_s, unfetched_s = now - self._progress_at, now - self._consumer.fetched_at
        if self._app.should_stop or self._app.crashed:
            return "the stream engine stopped by itself"
        if lag and idle_s > self.settings.watchdog_timeout_s:
            return f"{lag} records wait and nothing finished for {idle_s:.0f} s"
        if not lag and unfetched_s > self.settings.watchdog_timeout_s:
            return f"no fetch has returned for {unfetched_s:.0f} s"
        return ""

    async def _ask_lag(self) -> int:
        """Returns the lag, or the last one known while the broker does not answer or a rebalance is under way."""
        try:
            return await asyncio.wait_for(self._consumer.lag(), LAG_TIMEOUT_S)
        except Exception:  # noqa: BLE001 the consumer's state may vanish under a rebalance; the watchdog must outlive it
            return self._lag

    def _ready(self) -> tuple[bool, str]:
        if self._error is not None or self._stopping:
            return False, "stopping"
        if self._assigned is None or self._app.rebalancing:
            return False, "waiting for partitions"
        return True, f"{self._assigned} partitions"

    def _install_signals(self) -> None:
        if threading.current_thread() is threading.main_thread():
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self.request_stop)

    def _arm_hard_exit(self) -> None:
        """With the broker gone, an orderly stop alone may never end; a timer of the operating system's does."""
        if threading.current_thread() is threading.main_thread() and not getattr(self, "_timer", None):
            self._timer = threading.Timer(self.settings.exit_timeout_s, self._hard_exit)
            self._timer.daemon = True
            self._timer.start()

    def _hard_exit(self) -> None:
        log.error("hard_exit", stage=self.stage, after_s=self.settings.exit_timeout_s)
        os._exit(1)

    def disarm(self) -> None:
        """Cancels the hard exit; called when the loop has ended in time."""
        if timer := getattr(self, "_timer", None):
            timer.cancel()

    # --- wiring

    @property
    def _consumer(self) -> LosslessConsumer:
        consumer: LosslessConsumer = self._app.consumer
        return consumer

    def _make_app(self) -> LosslessApp:
        settings = self.settings
        broker = client_options(settings)
        datadir = settings.data_dir / "faust"
        datadir.mkdir(parents=True, exist_ok=True)  # Faust insists on it and keeps nothing there
        app = LosslessApp(
            self._group,
            hooks=self,
            consumer_options=_consumer_options(settings, self._group, broker),
            producer_options={
                **broker,
                **PRODUCER_OPTIONS,
                "request_timeout_ms": int(settings.delivery_timeout_s * 1000),
            },
            block_records=settings.poll_records,
            broker="kafka://",
            datadir=str(datadir),
            store="memory://",
            web_enabled=False,
            broker_commit_interval=1.0,
            broker_session_timeout=settings.session_timeout_s,
            broker_request_timeout=90.0,
            broker_rebalance_timeout=60.0,
            broker_max_poll_interval=3600.0,
            stream_buffer_maxsize=QUEUED_BLOCKS,
            stream_wait_empty=False,
            topic_disable_leader=True,
            topic_allow_declare=False,
            table_standby_replicas=0,
        )
        topic = app.topic(self._topic, schema=BlockSchema())

        @app.agent(topic, name=f"{self._group}.agent")
        async def agent(stream: Any) -> None:
            async for block in stream.noack():
                try:
                    await self._pipeline.submit(block)
                except Exception as error:  # noqa: BLE001 the boundary of the agent: unfinished records are not acked
                    self.fail(error)
                    return

        return app


def _consumer_options(settings: Settings, group: str, broker: dict[str, Any]) -> dict[str, Any]:
    return {
        **broker,
        "group_id": group,
        "group_instance_id": f"{group}-{settings.worker_id}" if settings.worker_id else None,
        "partition_assignment_strategy": [RoundRobinPartitionAssignor],
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "max_poll_records": settings.poll_records,
        "max_poll_interval_ms": 3_600_000,
        "max_partition_fetch_bytes": 1 << 20,
        "fetch_max_wait_ms": 500,
        "request_timeout_ms": 90_000,
        "session_timeout_ms": int(settings.session_timeout_s * 1000),
        "heartbeat_interval_ms": int(settings.session_timeout_s * 1000 / 6),
        "rebalance_timeout_ms": 60_000,
        "isolation_level": "read_committed",
    }


def run_stage(worker: Callable[[], StageWorker]) -> int:
    """Runs a stage in this process until it ends; returns the exit code."""
    stages: list[StageWorker] = []

    async def main() -> int:
        stages.append(worker())
        return await stages[0].run()

    code = asyncio.run(main())
    _end_if_stuck(code)
    stages[0].disarm()
    return code


def _end_if_stuck(code: int) -> None:
    """Ends the process when a thread of Faust's is left: the interpreter would wait for it for ever."""
    if any(isinstance(thread, WorkerThread) for thread in threading.enumerate()):
        log.warning("thread_left", exit_code=code)
        sys.stdout.flush()
        os._exit(code)
