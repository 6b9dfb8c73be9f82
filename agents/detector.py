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
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from agents.crisis.alerts import last_alert, last_state
from schemas.alert import Alert, DetectorState
from schemas.classification import ClassifiedTweet
from schemas.codec import UndecodableError, decode, encode
from schemas.operations import Command, Coverage
from schemas.shares import DayShares
from schemas.taxonomy import Stage, Watcher
from schemas.topics import ALERTS, CLASSIFIED, COMMANDS, COVERAGE, DETECTOR_STATE, SHARES, name_in, without_namespace
from streams import metrics
from streams.core.crisis.calendar import instant_of, minute_of
from streams.core.crisis.dates import covered_until, is_ahead
from streams.core.crisis.detector import CrisisDetector
from streams.core.crisis.france import france_of
from streams.core.crisis.orders import Order, judged, order_of
from streams.core.crisis.progress import Progress
from streams.core.crisis.snapshot import ForeignSnapshotError, dump, load
from streams.core.output import Output
from streams.errors import FatalError
from streams.gazetteer import gazetteer
from streams.kafka.admin import open_admin
from streams.kafka.backlog import has_backlog
from streams.kafka.command_producer import commit_outputs, open_command_producer
from streams.kafka.reading import POLL_MS, POLL_RECORDS, existing, open_consumer
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


class Detecting:
    """The work of the one detector.

    Args:
        settings: the deployment.
    """

    def __init__(self, settings: Settings) -> None:
        self.is_ready = False
        self._settings = settings
        self._detector = CrisisDetector(france_of(gazetteer()))
        self._progress = Progress()
        self._stop = asyncio.Event()
        self._coverage: dict[str, Coverage] = {}
        self._orders: list[Order] = []
        self._looked_at_s, self._saved_at_s = time.monotonic(), -math.inf
        self._saved: dict[str, int] = {}
        self._ends: dict[TopicPartition, int] = {}
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
            names = [name_in(self._settings.namespace, topic) for topic in (CLASSIFIED, COVERAGE, COMMANDS)]
            partitions = await existing(consumer, names)
            consumer.assign(partitions)
            await self._resume(consumer, partitions)
            self.is_ready = True
            while not self._stop.is_set():
                await self._turn(consumer, producer)
            await self._save(consumer, producer, [])

    async def _resume(self, consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> None:
        """Takes the last snapshot up, or begins with the oldest tweets that the broker has."""
        state = await last_state(self._settings)
        if state is not None:
            try:
                load(self._detector, state.payload)
            except ForeignSnapshotError as error:
                log.warning("snapshot_left", reason=str(error))
                state = None
        first, self._ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        for tp in partitions:
            saved = 0 if state is None else state.offsets.get(self._name(tp), 0)
            consumer.seek(tp, max(first[tp], saved))
        if state is not None:
            self._progress.seen.update(state.seen)
            log.info("detector_resumed", event_time=state.event_time.isoformat())

    async def _turn(self, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer) -> None:
        """Takes what came, judges what is over, publishes what changed."""
        polled = await consumer.getmany(timeout_ms=POLL_MS, max_records=POLL_RECORDS)
        for tp, records in polled.items():
            for record in records:
                self._take(tp, record)
        behind = await self._behind(consumer)
        if not behind:
            await self._cover(consumer)
        alerts = [*await self._carry_out(), *self._detector.advance(self._progress.limit(behind))]
        days = self._detector.shares.told(self._detector.next_minute)
        if alerts or days or time.monotonic() - self._saved_at_s >= SAVE_INTERVAL_S:
            await self._save(consumer, producer, alerts, days)

    def _take(self, tp: TopicPartition, record: ConsumerRecord) -> None:
        try:
            match without_namespace(self._settings.namespace, tp.topic):
                case topic if topic == COVERAGE:
                    coverage = decode(record.value, Coverage)
                    self._coverage[coverage.source] = coverage
                    self._detector.assure(covered_until(coverage))
                case topic if topic == COMMANDS:
                    order = order_of(decode(record.value, Command))
                    self._orders += [] if order is None else [order]
                case _:
                    self._observe(tp, record, decode(record.value, ClassifiedTweet))
        except UndecodableError as error:
            # of tweets the router sends the same to the dead letters
            metrics.DETECTOR_UNREADABLE.inc()
            log.warning("unreadable", topic=tp.topic, partition=tp.partition, offset=record.offset, reason=str(error))

    def _observe(self, tp: TopicPartition, record: ConsumerRecord, tweet: ClassifiedTweet) -> None:
        if is_ahead(tweet.created_at, record.timestamp):
            metrics.DETECTOR_AHEAD.inc()
            log.warning("date_ahead", topic=tp.topic, partition=tp.partition, offset=record.offset)
            return
        minute = minute_of(tweet.created_at)
        if self._progress.is_new(self._name(tp), record.offset, minute, self._detector.next_minute):
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

    async def _behind(self, consumer: AIOKafkaConsumer) -> list[str]:
        """Returns the partitions of tweets with records left to read."""
        lags = {tp: self._end_of(consumer, tp) - await consumer.position(tp) for tp in self._of_tweets(consumer)}
        metrics.LAG_RECORDS.labels(Watcher.DETECTOR).set(sum(lags.values()))
        return [self._name(tp) for tp, lag in lags.items() if lag > 0]

    def _end_of(self, consumer: AIOKafkaConsumer, tp: TopicPartition) -> int:
        """Returns where a partition ends; until its first fetch has come back, where it ended at the start."""
        known: int | None = consumer.highwater(tp)
        return self._ends[tp] if known is None else known

    async def _cover(self, consumer: AIOKafkaConsumer) -> None:
        """Takes coverage in when the pipe has published what was ingested before it was written."""
        if not self._coverage or time.monotonic() - self._looked_at_s < LOOK_INTERVAL_S:
            return
        self._looked_at_s = time.monotonic()
        waiting, self._coverage = self._coverage, {}
        try:
            async with open_admin(self._settings) as admin:
                is_behind = await has_backlog(self._settings, admin, consumer, BEFORE_US)
        except (KafkaError, FatalError) as error:
            log.warning("backlog_unknown", reason=type(error).__name__)
            is_behind = True
        if is_behind or await self._behind_since(consumer):
            self._coverage = waiting | self._coverage
            return
        until = min(map(covered_until, waiting.values()))
        metrics.DETECTOR_COVERED.set(until.timestamp())
        self._detector.cover(until)

    async def _behind_since(self, consumer: AIOKafkaConsumer) -> bool:
        """Tells whether tweets came while the pipe was looked at."""
        ends = await consumer.end_offsets(self._of_tweets(consumer))
        return any([end > await consumer.position(tp) for tp, end in ends.items()])

    def _of_tweets(self, consumer: AIOKafkaConsumer) -> list[TopicPartition]:
        classified = name_in(self._settings.namespace, CLASSIFIED)
        return [tp for tp in consumer.assignment() if tp.topic == classified]

    async def _save(
        self, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer, alerts: Sequence[Alert],
        days: Sequence[DayShares] = (),
    ) -> None:  # fmt: skip
        """Publishes alerts and days with the snapshot that they follow from, all or nothing."""
        self._saved_at_s = time.monotonic()
        metrics.DETECTOR_LATE.set(self._detector.tally.n_late)
        positions = {self._name(tp): await consumer.position(tp) for tp in consumer.assignment()}
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

    def _name(self, tp: TopicPartition) -> str:
        return f"{without_namespace(self._settings.namespace, tp.topic)}:{tp.partition}"


def run(settings: Settings) -> int:
    """Runs the detector until SIGTERM; returns the exit code."""
    return run_sole_worker(settings, Watcher.DETECTOR, COVERAGE, lambda: Detecting(settings))
