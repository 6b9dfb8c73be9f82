"""One stage as one process: a Faust agent on the lossless transport, with drain, watchdog and hard exit."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Final, Protocol

import structlog
from aiokafka import TopicPartition

from schemas.taxonomy import Stage
from schemas.topics import INPUT_OF, name_in
from streams import metrics
from streams.errors import DalloshError, FatalError
from streams.health import HealthServer
from streams.kafka.app import make_app
from streams.kafka.delivery import Delivery
from streams.kafka.group import group_of
from streams.kafka.process_end import STOP_TIMEOUT_S, ProcessEnd, run_to_its_end
from streams.kafka.transport import Block, LosslessConsumer
from streams.settings import Settings

log = structlog.get_logger()

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
        self.end = ProcessEnd(stage, settings.exit_timeout_s)
        self._topic = topic or name_in(settings.namespace, INPUT_OF[stage])
        self._group = group or group_of(settings, stage)
        self._commit = asyncio.Event()
        self._assigned: int | None = None
        self._lag = 0
        self._progress_at = time.monotonic()
        self._app = make_app(
            settings, group=self._group, topic=self._topic, hooks=self, submit=self._submit, fail=self.fail
        )
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
        self.end.fail(error)

    def request_stop(self) -> None:
        """Begins the orderly end, as SIGTERM does."""
        self.end.request()

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
        if not self.end.is_near:
            self._pipeline.reset()
        log.info("partitions_assigned", stage=self.stage, n_partitions=n_partitions)

    # --- life

    async def run(self) -> None:
        """Runs until SIGTERM, SIGINT or a failure."""
        health = HealthServer(self.settings.health_host, self.settings.health_port, self._ready)
        tasks: list[asyncio.Task[None]] = []
        self.end.on_signals()
        try:
            port = await health.start()
            await self.end.unless_asked(self._pipeline.start())
            if not self.end.asked.is_set():
                await self._app.start()
                tasks = [asyncio.create_task(self._committer()), asyncio.create_task(self._watchdog())]
                log.info("stage_started", stage=self.stage, group=self._group, topic=self._topic, health_port=port)
                await self.end.asked.wait()
        except DalloshError as error:
            self.fail(error)
        finally:
            self.end.begin()
            await self._shut_down(tasks, health)

    async def _shut_down(self, tasks: list[asyncio.Task[None]], health: HealthServer) -> None:
        with contextlib.suppress(Exception):  # the process ends either way; what is not committed comes again
            if self.end.error is None:
                await self._pipeline.drain(self.settings.drain_timeout_s)
            if self._assigned is not None:
                await self._commit_all()  # after a failure, too: what is finished need not come again
        for task in tasks:
            task.cancel()
        for closing in (self._pipeline.close(), self._app.stop(), health.stop()):
            with contextlib.suppress(Exception):
                await asyncio.wait_for(closing, STOP_TIMEOUT_S)
        log.info("stage_stopped", stage=self.stage, failed=self.end.error is not None)

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
        while not self.end.asked.is_set():
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
        if self.end.error is not None or self.end.is_near:
            return False, "stopping"
        if self._assigned is None or self._app.rebalancing:
            return False, "waiting for partitions"
        return True, f"{self._assigned} partitions"

    # --- wiring

    @property
    def _consumer(self) -> LosslessConsumer:
        consumer: LosslessConsumer = self._app.consumer
        return consumer

    async def _submit(self, block: Block) -> None:
        await self._pipeline.submit(block)


def run_stage(worker: Callable[[], StageWorker]) -> int:
    """Runs a stage in this process until it ends; returns the exit code."""
    return run_to_its_end(worker)
