"""The auditor: official posts and classified tweets to measured replies, and hourly to counts of what waits for one.

At least once: replies are published, then the tables that they follow from are written with the offsets, so that after
a kill the same replies come again under the same keys. Where Redis lost the tables, the offsets are lost with them and
the auditor reads again what the broker still has.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from schemas.audit import BacklogHour, OpenTweets, ReplyAudit
from schemas.classification import ClassifiedTweet
from schemas.codec import UndecodableError, decode, encode
from schemas.taxonomy import PRIORITIES, Topic, Watcher
from schemas.topics import AUDIT, BACKLOG, CLASSIFIED, OFFICIAL, name_in, without_namespace
from schemas.tweet import Tweet
from streams import metrics
from streams.core.audit.desk import Desk, Key, hour_at, hour_key, worked
from streams.core.output import Output
from streams.errors import RetryableError
from streams.kafka.delivery import Delivery, open_delivery
from streams.kafka.reading import POLL_MS, existing, open_consumer
from streams.kafka.sole_worker import run_sole_worker
from streams.settings import Settings
from streams.state.audit import AuditStore

log = structlog.get_logger()

STATE_RETRY_S: Final = 2.0
BACKLOG_INTERVAL_S: Final = 300.0
"""From one count of what waits to the next; the last of an hour stays."""
HOUR_S: Final = 3_600


class Auditing:
    """The work of the one auditor.

    Args:
        settings: the deployment.
    """

    def __init__(self, settings: Settings) -> None:
        self.is_ready = False
        self._settings = settings
        self._store = AuditStore(settings)
        self._stop = asyncio.Event()
        self._counted_at_s = float("-inf")

    def stop(self) -> None:
        """Asks for the orderly end: the block at work is finished."""
        self._stop.set()

    async def run(self) -> None:
        """Reads, measures and publishes until `stop`; while Redis does not answer it waits.

        Raises:
            FatalError: the broker failed.
            RetryableError: it may answer later.
        """
        try:
            async with (
                open_delivery(self._settings) as delivery,
                open_consumer(self._settings, isolation_level="read_committed") as consumer,
            ):
                names = [name_in(self._settings.namespace, topic) for topic in (OFFICIAL, CLASSIFIED)]
                partitions = await existing(consumer, names)
                consumer.assign(partitions)
                while not self._stop.is_set():
                    try:
                        await self._work(consumer, delivery, partitions)
                    except RetryableError as error:
                        self.is_ready = False
                        log.warning("state_lost", reason=str(error), effect="the audit waits")
                        with contextlib.suppress(TimeoutError):
                            await asyncio.wait_for(self._stop.wait(), STATE_RETRY_S)
        finally:
            await self._store.close()

    async def _work(self, consumer: AIOKafkaConsumer, delivery: Delivery, partitions: Sequence[TopicPartition]) -> None:
        """Goes on from where the tables stand, until `stop`."""
        saved, first = await self._store.offsets(), await consumer.beginning_offsets(partitions)
        for tp in partitions:
            consumer.seek(tp, max(first[tp], saved.get(self._name(tp), 0)))
        log.info("auditor_resumed", n_partitions=len(partitions), n_known=len(saved))
        self.is_ready = True
        while not self._stop.is_set():
            polled = await consumer.getmany(timeout_ms=POLL_MS, max_records=self._settings.poll_records)
            if polled:
                await self._take(polled, delivery)
            metrics.LAG_RECORDS.labels(Watcher.AUDITOR.value).set(await _lag(consumer, partitions))
            if time.monotonic() - self._counted_at_s >= BACKLOG_INTERVAL_S:
                await self._count(delivery)

    async def _take(self, polled: dict[TopicPartition, list[ConsumerRecord]], delivery: Delivery) -> None:
        """Measures a block, publishes it, then writes the tables."""
        tweets = [tweet for records in polled.values() for record in records if (tweet := self._read(record))]

        def work(desk: Desk) -> list[ReplyAudit]:
            return [
                found
                for one in tweets
                for found in (desk.customer(one) if isinstance(one, ClassifiedTweet) else desk.official(one))
            ]

        loaded: dict[Key, bytes | None] = {}
        found, desk = worked(work, loaded)
        while missed := desk.missed():
            loaded |= await self._store.load(missed)
            found, desk = worked(work, loaded)
        last = {one.reply_id: one for one in found}
        await delivery.deliver([Output(AUDIT, id_.encode(), encode(one)) for id_, one in last.items()])
        offsets = {self._name(tp): records[-1].offset + 1 for tp, records in polled.items()}
        await self._store.save(desk.changes(), offsets)
        metrics.AUDITED.inc(len(last))

    def _read(self, record: ConsumerRecord) -> Tweet | ClassifiedTweet | None:
        kind = Tweet if without_namespace(self._settings.namespace, record.topic) == OFFICIAL else ClassifiedTweet
        try:
            return decode(record.value, kind)
        except UndecodableError as error:
            # the router sends it to the dead letters; here it is left out
            metrics.AUDIT_UNREADABLE.inc()
            log.warning("unreadable", topic=record.topic, partition=record.partition, offset=record.offset,
                        reason=str(error))  # fmt: skip
            return None

    async def _count(self, delivery: Delivery) -> None:
        """Publishes how many tweets of each hour wait."""
        self._counted_at_s = time.monotonic()
        now = datetime.now(UTC)
        await delivery.deliver([_backlog(await self._waiting(now), now, self._settings.audit_ttl_s)])

    async def _waiting(self, now: datetime) -> list[OpenTweets]:
        this = int(now.timestamp() // HOUR_S)
        hours = range(this, this - int(self._settings.audit_ttl_s // HOUR_S) - 1, -1)
        labels = [(hour, priority, topic) for hour in hours for priority in PRIORITIES for topic in Topic]
        loaded = await self._store.load([("open", hour_key(*label)) for label in labels])
        return [
            OpenTweets(asked_at=hour_at(hour), priority=priority, main_topic=topic, n=n)
            for hour, priority, topic in labels
            if (n := int(loaded["open", hour_key(hour, priority, topic)] or 0)) > 0
        ]

    def _name(self, tp: TopicPartition) -> str:
        return f"{without_namespace(self._settings.namespace, tp.topic)}:{tp.partition}"


def _backlog(waiting: Sequence[OpenTweets], now: datetime, remembered_s: float) -> Output:
    hour = f"{now:%Y-%m-%dT%H}"
    record = BacklogHour(hour=hour, measured_at=now, remembered_s=remembered_s, open=tuple(waiting))
    return Output(BACKLOG, hour.encode(), encode(record))


async def _lag(consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> int:
    """Returns how many offsets are left to read in the partitions whose ends are known."""
    ends = {tp: consumer.highwater(tp) for tp in partitions}
    return sum([max(0, end - await consumer.position(tp)) for tp, end in ends.items() if end is not None])


def run(settings: Settings) -> int:
    """Runs the auditor until SIGTERM; returns the exit code."""
    return run_sole_worker(settings, Watcher.AUDITOR, BACKLOG, lambda: Auditing(settings))
