"""One file through the whole pipe: start what does not run, ingest, wait until every record has ended, count, clean up.

Each run has a namespace of its own (topics, groups, Redis keys), so that it meets neither another run's duplicates nor
other traffic.
"""

import asyncio
import secrets
import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog

from agents import embedded
from agents.ingest import IngestOptions, IngestReport, ingest
from agents.run_report import RunReport
from agents.supervisor import Supervisor, WorkerSpec
from schemas.taxonomy import WORKER_STAGES
from streams.connectors.source import Source
from streams.core.tally import Ending, RunSummary, Tally
from streams.errors import DalloshError, FatalError
from streams.kafka.endings import EndingsReader, open_endings
from streams.kafka.topics import create_topics, delete_namespace, wait_served
from streams.settings import Settings
from streams.state.redis import forget_namespace

log = structlog.get_logger()

PARTITIONS: Final = 4
STALL_TIMEOUT_S: Final = 90.0
"""Longest wait without a single record ending; a worker that died is back, and has its partitions, in a third of it."""


@dataclass(slots=True)
class RunProgress:
    """How far a run is; `n_rows` is None while the file is still being read."""

    what: str = "starting"
    n_ingested: int = 0
    n_rows: int | None = None
    n_ended: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What a run found."""

    summary: RunSummary
    tally: Tally
    namespace: str
    stopped_services: bool
    """Whether Kafka was started, and so stopped, by the run."""


def new_namespace(now: datetime) -> str:
    """Returns a namespace that no other run has, e.g. "run-20260102-030405-9f3c2a"."""
    return f"run-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


class OneShot:
    """Runs a source through the pipe once.

    Args:
        settings: the deployment; its namespace and partition count are replaced by the run's own.
        source: the rows.
        report: gets the end of each origin.
        on_progress: called whenever something moved.
        keep: leaves the topics and keys of the run.
        started_at_s: when the run began, by the monotonic clock.
        n_partitions: partitions of the topics of tweets.
    """

    def __init__(
        self,
        settings: Settings,
        source: Source,
        report: RunReport,
        *,
        on_progress: Callable[[RunProgress], None],
        keep: bool = False,
        started_at_s: float | None = None,
        n_partitions: int = PARTITIONS,
    ) -> None:
        namespace = new_namespace(datetime.now(UTC))
        self._settings = settings.model_copy(update={"namespace": namespace, "partitions": n_partitions})
        self._source = source
        self._report = report
        self._keep = keep
        self._started_at_s = time.monotonic() if started_at_s is None else started_at_s
        self._on_progress = on_progress
        self._progress = RunProgress()
        self._tally = Tally()
        self._first_routed_s: float | None = None
        self._failed = True
        self.is_ending = False
        """Whether the clean-up has begun, which nothing should interrupt."""

    async def run(self) -> RunResult:
        """Runs, and leaves nothing behind but what `keep` asks for; also when it fails or is cancelled.

        Raises:
            FatalError: the file, the services or a worker failed, or nothing moved for `STALL_TIMEOUT_S` while rows
                were still being read.
        """
        self._say("starting Kafka and Redis")
        services = await self._services()
        addresses = {"kafka_bootstrap": services.kafka, "redis_url": services.redis}
        self._settings = self._settings.model_copy(update=addresses)
        try:
            await create_topics(self._settings, until_served=False)
            return await self._through_the_pipe(stopped_services="kafka" in services.started)
        finally:
            self.is_ending = True
            await self._clean_up(services)

    async def _services(self) -> embedded.Services:
        """Starts what does not run; cancelled meanwhile, it waits for the start and stops what was started."""
        starting = asyncio.ensure_future(asyncio.to_thread(embedded.ensure, self._settings))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            self.is_ending = True
            services = await starting
            await asyncio.to_thread(embedded.stop, self._settings.data_dir, services.started)
            raise

    async def _through_the_pipe(self, *, stopped_services: bool) -> RunResult:
        workers = Supervisor(self._settings, [WorkerSpec(stage=stage) for stage in WORKER_STAGES])
        self._say("starting the workers")
        workers.start()
        try:
            await wait_served(self._settings)  # while the workers draw in their libraries
            async with open_endings(self._settings, self._tally, self._note) as endings:
                n_rows = (await self._follow(endings, workers)).n_rows
                seconds = time.monotonic() - self._started_at_s
                self._say("stopping the workers")
                await asyncio.to_thread(workers.stop)
                await endings.finish()
                for origin in await endings.lost():
                    self._report.write(Ending(origin=origin))
        except BaseException:
            self.is_ending = True
            await asyncio.to_thread(workers.stop)
            raise
        summary = self._tally.summary(n_ingested=n_rows, seconds=seconds, first_routed_seconds=self._first_routed_s)
        self._failed = summary.lost > 0
        return RunResult(
            summary=summary, tally=self._tally, namespace=self._settings.namespace, stopped_services=stopped_services
        )

    async def _follow(self, endings: EndingsReader, workers: Supervisor) -> IngestReport:
        """Reads the ends while the rows go in, until all have ended or nothing moves any more."""
        options = IngestOptions(restart=True, remember=False)
        ingesting = asyncio.create_task(ingest(self._settings, self._source, options, progress=self._ingested))
        moved_at, n_before = time.monotonic(), -1
        try:
            while True:
                if await endings.poll():
                    self._on_progress(self._progress)
                workers.wait(0.0)  # raises when a worker was given up
                n_moved = self._tally.n_ended + self._progress.n_ingested
                if n_moved != n_before:
                    moved_at, n_before = time.monotonic(), n_moved
                if ingesting.done():
                    report = ingesting.result()
                    self._progress.n_rows = report.n_rows
                    if self._tally.n_ended >= report.n_rows:
                        return report
                waiting = self._tally.n_ended < self._progress.n_ingested  # else the source itself is slow
                if waiting and time.monotonic() - moved_at > STALL_TIMEOUT_S:
                    return self._stalled(ingesting)
        finally:
            ingesting.cancel()

    def _stalled(self, ingesting: "asyncio.Task[IngestReport]") -> IngestReport:
        if not ingesting.done():
            raise FatalError(
                f"nothing moved for {STALL_TIMEOUT_S:.0f} s while rows were read",
                remedy=f"Read the logs in {self._settings.data_dir / 'logs' / self._settings.namespace}",
            )
        log.error("run_stalled", namespace=self._settings.namespace, n_ended=self._tally.n_ended)
        return ingesting.result()

    async def _clean_up(self, services: embedded.Services) -> None:
        """Removes the run's topics, keys and, when it went well, logs; stops what the run started.

        What cannot be removed is told and left: the result of the run stands.
        """
        settings = self._settings
        if not self._keep:
            await _tried("topics", delete_namespace(settings))
            await _tried("keys in Redis", forget_namespace(settings))
        if not (self._keep or self._failed):
            shutil.rmtree(settings.data_dir / "logs" / settings.namespace, ignore_errors=True)
        await _tried("services", asyncio.to_thread(embedded.stop, settings.data_dir, services.started))

    def _note(self, ending: Ending, value: bytes | None) -> None:
        if ending.service is not None and self._first_routed_s is None:
            self._first_routed_s = time.monotonic() - self._started_at_s
        self._progress.n_ended = self._tally.n_ended
        self._report.note(ending, value)

    def _ingested(self, position: int, n_rows: int) -> None:
        self._progress.n_ingested = n_rows
        self._say("running")

    def _say(self, what: str) -> None:
        self._progress.what = what
        self._on_progress(self._progress)


async def _tried(what: str, step: Awaitable[object]) -> None:
    """Awaits a step of the clean-up; its failure is only told."""
    try:
        await step
    except DalloshError as error:
        log.warning("left_behind", what=what, reason=str(error))
