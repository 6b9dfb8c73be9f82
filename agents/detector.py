"""The crisis detector: `tweets.classified` and `ops.coverage` to alerts, one process at a time.

Alerts and the snapshot that they follow from go in one transaction, so that after a kill -9 the next detector goes on
from where the last alerts came from: none is told twice, none is lost.
"""

import asyncio
import math
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import structlog
from aiokafka import AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from agents.crisis.alerts import last_alert, last_state
from agents.detector_reading import DetectorReading
from schemas.alert import Alert, DetectorState
from schemas.classification import ClassifiedTweet
from schemas.codec import UndecodableError, decode, encode
from schemas.operations import Command, Coverage
from schemas.shares import DayShares
from schemas.taxonomy import Stage, Watcher
from schemas.topics import ALERTS, CLASSIFIED, COMMANDS, COVERAGE, DETECTOR_STATE, SHARES
from streams import metrics
from streams.core.crisis.calendar import instant_of, minute_of
from streams.core.crisis.dates import is_ahead
from streams.core.crisis.detector import CrisisDetector
from streams.core.crisis.france import france_of
from streams.core.crisis.orders import Order, judged, order_of
from streams.core.crisis.progress import Progress
from streams.core.crisis.snapshot import ForeignSnapshotError, dump, resume
from streams.core.crisis.sources import Sources
from streams.core.output import Output
from streams.errors import FatalError
from streams.gazetteer import gazetteer
from streams.kafka.admin import open_admin
from streams.kafka.backlog import has_backlog
from streams.kafka.command_producer import commit_outputs, open_command_producer
from streams.kafka.reading import open_consumer
from streams.kafka.sole_worker import run_sole_worker
from streams.settings import Settings

log = structlog.get_logger()

SAVE_INTERVAL_S: Final = 30.0
"""Without an alert; what was read since the last snapshot is read again after a kill."""
LOOK_INTERVAL_S: Final = 5.0
"""Between looks whether the pipe has published all that its sources had covered."""
BEFORE_US: Final = (Stage.SCRUBBER, Stage.CLASSIFIER, Stage.GPU, Stage.BERT)
STATE_KEY: Final = b"all"
MS_PER_MINUTE: Final = 60_000
MOST_NAMES: Final = 10
"""Of sources in one line of the log."""


class Detecting:
    """The work of the one detector.

    Args:
        settings: the deployment.
    """

    def __init__(self, settings: Settings) -> None:
        self.is_ready = False
        self._settings = settings
        self._detector = CrisisDetector(france_of(gazetteer()))
        self._progress, self._sources = Progress(), Sources()
        self._stop = asyncio.Event()
        self._orders: list[Order] = []
        self._looked_at_s, self._saved_at_s = time.monotonic(), -math.inf
        self._covered: datetime | None = None
        self._saved: dict[str, int] = {}
        self._n_sent = 0

    def stop(self) -> None:
        """Asks for the orderly end: a last snapshot, and nothing more."""
        self._stop.set()

    async def run(self) -> None:
        """Reads, judges and publishes until `stop`.

        Raises:
            FatalError: the broker failed, or another detector has taken over.
        """
        async with (
            open_command_producer(
                self._settings, command=Watcher.DETECTOR, noun="detector", look="dallosh crisis status",
                n_sent=lambda: self._n_sent, rival="another detector",
            ) as producer,
            open_consumer(self._settings, isolation_level="read_committed") as consumer,
        ):  # fmt: skip
            reading = DetectorReading(consumer, self._settings.namespace)
            await self._resume(reading)
            self.is_ready = True
            while not self._stop.is_set():
                await self._turn(reading, producer)
            await self._save(reading, producer, [])

    async def _resume(self, reading: DetectorReading) -> None:
        """Takes the last snapshot up, or begins with the oldest tweets that the broker has."""
        state = await last_state(self._settings)
        if state is not None:
            try:
                resume(self._detector, state, now=datetime.now(UTC))
            except ForeignSnapshotError as error:
                log.warning("snapshot_left", reason=str(error))
                state = None
        await reading.begin({} if state is None else state.offsets)
        metrics.DETECTOR_LATE.set(self._detector.tally.n_late)
        if state is not None:
            self._progress.seen.update(state.seen)
            log.info("detector_resumed", event_time=state.event_time.isoformat())

    async def _turn(self, reading: DetectorReading, producer: AIOKafkaProducer) -> None:
        """Takes what came, judges what is over, publishes what changed."""
        for tp, records in (await reading.poll()).items():
            for record in records:
                self._take(reading, tp, record)
        lags = await reading.lags(CLASSIFIED)
        metrics.LAG_RECORDS.labels(Watcher.DETECTOR).set(sum(lags.values()))
        behind = [name for name, lag in lags.items() if lag > 0]
        until = None if any((await reading.lags(COVERAGE)).values()) else self._sources.until()
        if until is not None:  # and what all sources said last is known
            self._assure(until)
            if not behind:
                await self._cover(reading, until)
        alerts = [*await self._carry_out(), *self._detector.advance(self._progress.limit(behind))]
        days = self._detector.shares.told(self._detector.next_minute)
        if alerts or days or time.monotonic() - self._saved_at_s >= SAVE_INTERVAL_S:
            await self._save(reading, producer, alerts, days)

    def _take(self, reading: DetectorReading, tp: TopicPartition, record: ConsumerRecord) -> None:
        try:
            match reading.topic(tp):
                case topic if topic == COVERAGE:
                    self._sources.take(decode(record.value, Coverage))
                case topic if topic == COMMANDS:
                    order = order_of(decode(record.value, Command))
                    self._orders += [] if order is None else [order]
                case _:
                    self._observe(reading.name(tp), record, decode(record.value, ClassifiedTweet))
        except UndecodableError as error:
            # of tweets the router sends the same to the dead letters
            metrics.DETECTOR_UNREADABLE.inc()
            log.warning("unreadable", topic=tp.topic, partition=tp.partition, offset=record.offset, reason=str(error))

    def _observe(self, partition: str, record: ConsumerRecord, tweet: ClassifiedTweet) -> None:
        if is_ahead(tweet.created_at, record.timestamp):
            metrics.DETECTOR_AHEAD.inc()
            log.warning("date_ahead", partition=partition, offset=record.offset)
            return
        minute = minute_of(tweet.created_at)
        if self._progress.is_new(partition, record.offset, minute, self._detector.next_minute):
            self._detector.observe(tweet, record.timestamp // MS_PER_MINUTE)

    async def _carry_out(self) -> list[Alert]:
        """Does what operators said of alerts; returns their new records."""
        orders, self._orders = self._orders, []
        records: list[Alert] = []
        for order in orders:
            if order.verdict is None:
                record = self._detector.acknowledge(order.alert_id, by=order.by, at=order.at)
            else:
                record = self._detector.close(order.alert_id, order.verdict, by=order.by, at=order.at)
            if record is None and (old := await last_alert(self._settings, order.alert_id)) is not None:
                record = judged(old, order)
            if record is None:
                log.warning("no_such_alert", id=order.alert_id)
            else:
                records.append(record)
        return records

    def _assure(self, until: datetime) -> None:
        """Says how far the sources were read."""
        self._detector.assure(until)
        if names := self._sources.fell_silent():
            log.warning("sources_silent", n=len(names), names=names[:MOST_NAMES])

    async def _cover(self, reading: DetectorReading, until: datetime) -> None:
        """Takes coverage in when the pipe has published what was ingested before it was written."""
        if until == self._covered or time.monotonic() - self._looked_at_s < LOOK_INTERVAL_S:
            return
        self._looked_at_s = time.monotonic()
        if not await self._is_pipe_behind(reading) and not await reading.has_grown(CLASSIFIED):
            self._covered = until
            metrics.DETECTOR_COVERED.set(until.timestamp())
            self._detector.cover(until)

    async def _is_pipe_behind(self, reading: DetectorReading) -> bool:
        try:
            async with open_admin(self._settings) as admin:
                return await has_backlog(self._settings, admin, reading.consumer, BEFORE_US)
        except (KafkaError, FatalError) as error:
            log.warning("backlog_unknown", reason=type(error).__name__)
            return True

    async def _save(
        self, reading: DetectorReading, producer: AIOKafkaProducer, alerts: Sequence[Alert],
        days: Sequence[DayShares] = (),
    ) -> None:  # fmt: skip
        """Publishes alerts and days with the snapshot that they follow from, all or nothing."""
        self._saved_at_s = time.monotonic()
        metrics.DETECTOR_LATE.set(self._detector.tally.n_late)
        positions = await reading.positions()
        if not (alerts or days) and positions == self._saved:
            return
        next_minute = self._detector.next_minute
        state = DetectorState(
            at=datetime.now(UTC),
            offsets=self._progress.offsets(positions, next_minute),
            event_time=instant_of(next_minute or 0),
            payload=dump(self._detector),
            seen=positions,
        )
        outputs = [Output(ALERTS, alert.id.encode(), encode(alert)) for alert in alerts]
        outputs += [Output(SHARES, day.day.isoformat().encode(), encode(day)) for day in days]
        await commit_outputs(self._settings, producer, [*outputs, Output(DETECTOR_STATE, STATE_KEY, encode(state))])
        self._saved, self._n_sent = positions, self._n_sent + len(alerts)
        for alert in alerts:
            metrics.ALERTS.labels(alert.state, alert.scope).inc()
            log.info("alert", id=alert.id, seq=alert.seq, state=alert.state, scope=alert.scope, topic=alert.topic)
        for day in days:
            unusual = sorted({f"{one.counted} {one.topic}" for one in day.topics if one.is_unusual})
            log.info("day_shares", day=day.day.isoformat(), is_learning=day.is_learning, unusual=unusual)


def run(settings: Settings) -> int:
    """Runs the detector until SIGTERM; returns the exit code."""
    return run_sole_worker(settings, Watcher.DETECTOR, COVERAGE, lambda: Detecting(settings))
