"""One channel of the notifier: from `ops.alerts`, by offsets of its own, to a receiver and to `ops.notices`.

At least once: what became of a transition is published before its offset is committed, so that after a kill it is
told again under the same key, unless that was published. Transitions of one alert are told in their order; an alert
that the receiver does not take holds up no other.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Final, get_args

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from msgspec.structs import replace

from agents.crisis.attempts import Attempts
from agents.crisis.notices import record_of
from schemas.alert import Alert
from schemas.codec import UndecodableError, decode, encode
from schemas.notice import AlertMessage, Notice, NoticeOutcome
from schemas.operations import Command
from schemas.taxonomy import Watcher
from schemas.topics import ALERTS, COMMANDS, NOTICES, name_in, without_namespace
from streams import metrics
from streams.channels.procedures_file import ChannelTable
from streams.channels.protocol import Channel
from streams.core.acks import Ledger
from streams.core.crisis.procedures import Procedure, message_of, messages, procedure_of, transitions
from streams.core.crisis.requests import Resend, resend_of
from streams.core.output import Output
from streams.kafka.delivery import Delivery
from streams.kafka.group import group_of
from streams.kafka.reading import existing, open_consumer
from streams.settings import Settings

log = structlog.get_logger()

POLL_MS: Final = 500
MAX_PENDING: Final = 64
"""Records that wait for the receiver; more stay in Kafka."""

MAX_LOGGED: Final = 100
"""Characters of an id: one of a command, or a key, is whatever somebody wrote."""

Work = Callable[[], Awaitable[bool]]
"""Tells what one record tells; False when the end was asked for before that was done."""


def group_of_channel(settings: Settings, name: str) -> str:
    """Returns the consumer group of a channel."""
    return f"{group_of(settings, Watcher.NOTIFIER)}-{name}"


class Telling:
    """The work of one channel.

    Args:
        settings: the deployment.
        table: the channel as the file has it.
        channel: the receiver.
        procedures: whom an alert is told.
        delivery: publishes what became of it.
        known: transitions (alert and number) that were told before, given up or skipped.
        done: ids of commands that were carried out.
        stop: asks for the orderly end: attempts under way are finished, the rest is left to the next start.
    """

    def __init__(
        self, settings: Settings, table: ChannelTable, channel: Channel, procedures: Sequence[Procedure],
        delivery: Delivery, *, known: set[tuple[str, int]], done: set[str], stop: asyncio.Event,
    ) -> None:  # fmt: skip
        self._settings, self._table, self._procedures = settings, table, procedures
        self._delivery, self._known, self._done, self._stop = delivery, known, done, stop
        self._attempts = Attempts(table, channel, stop)
        self._ledger: Ledger[TopicPartition] = Ledger()
        self._tasks: dict[asyncio.Task[None], int] = {}
        self._last: dict[str, asyncio.Task[None]] = {}
        for outcome in get_args(NoticeOutcome):
            metrics.NOTICES.labels(table.name, outcome)  # at 0: of a series that begins at 1 no increase is seen

    async def run(self) -> None:
        """Tells until `stop`.

        Raises:
            FatalError: the broker failed.
            RetryableError: it may answer later.
        """
        group = group_of_channel(self._settings, self._table.name)
        async with open_consumer(self._settings, group_id=group, isolation_level="read_committed") as consumer:
            names = [name_in(self._settings.namespace, topic) for topic in (ALERTS, COMMANDS)]
            consumer.assign(await existing(consumer, names))
            try:
                while not self._stop.is_set():
                    await self._turn(consumer)
                await asyncio.gather(*self._tasks)
                await self._commit(consumer)
            finally:
                for task in self._tasks:
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _turn(self, consumer: AIOKafkaConsumer) -> None:
        """Reads what came, begins to tell it, commits what is done."""
        if len(self._tasks) < MAX_PENDING:
            polled = await consumer.getmany(timeout_ms=POLL_MS, max_records=MAX_PENDING)
            for tp, records in polled.items():
                self._ledger.partition(tp).register([record.offset for record in records])
                for record in records:
                    self._begin(tp, record)
        else:
            await asyncio.wait(self._tasks, timeout=POLL_MS / 1000, return_when=asyncio.FIRST_COMPLETED)
        for task in [one for one in self._tasks if one.done()]:
            del self._tasks[task]
            task.result()  # where the broker did not take an outcome, the worker ends
        self._last = {alert_id: task for alert_id, task in self._last.items() if task in self._tasks}
        await self._commit(consumer)
        oldest_ms = min(self._tasks.values(), default=None)
        age_s = 0.0 if oldest_ms is None else max(0.0, time.time() - oldest_ms / 1000)
        metrics.NOTICE_PENDING_SECONDS.labels(self._table.name).set(age_s)

    async def _commit(self, consumer: AIOKafkaConsumer) -> None:
        if offsets := self._ledger.committable():
            await consumer.commit(offsets)
            self._ledger.committed(offsets, epoch=self._ledger.epoch)

    def _begin(self, tp: TopicPartition, record: ConsumerRecord) -> None:
        """Takes a record on; what is not for this channel is done at once."""
        is_command = without_namespace(self._settings.namespace, tp.topic) == COMMANDS
        found = self._ordered(record) if is_command else self._told(record)
        if found is None:
            self._ledger.finish(tp, [record.offset], epoch=self._ledger.epoch)
            return
        alert_id, work = found
        task = asyncio.create_task(self._do(tp, record.offset, work, after=self._last.get(alert_id)))
        self._tasks[task], self._last[alert_id] = record.timestamp, task

    async def _do(self, tp: TopicPartition, offset: int, work: Work, *, after: asyncio.Task[None] | None) -> None:
        if after is not None:
            await asyncio.wait({after})
        if await work():
            self._ledger.finish(tp, [offset], epoch=self._ledger.epoch)

    def _told(self, record: ConsumerRecord) -> tuple[str, Work] | None:
        """Returns what is to be done of a record of an alert; a tombstone tells nothing."""
        if record.value is None:
            return None
        try:
            alert = decode(record.value, Alert)
        except UndecodableError as error:
            self._unreadable(record, error)
            notice = self._undecodable(record, str(error))
            return notice.alert_id, lambda: self._publish(notice)
        found = [
            one for one in messages(self._procedures, alert, self._table.name) if (alert.id, one.seq) not in self._known
        ]
        self._known.update((alert.id, one.seq) for one in found)
        if not found:
            return None
        if reason := self._staleness(record, alert):
            return alert.id, lambda: self._skip(found, reason)
        return alert.id, lambda: self._tell(found, record.value)

    def _ordered(self, record: ConsumerRecord) -> tuple[str, Work] | None:
        """Returns what is to be done of a command; nothing of one that is old, or was carried out."""
        try:
            order = resend_of(decode(record.value, Command))
        except UndecodableError as error:
            self._unreadable(record, error)
            return None
        if order is None or order.channel != self._table.name or order.command_id in self._done:
            return None
        return None if self._is_stale(record) else (order.alert_id, lambda: self._resend(order))

    def _staleness(self, record: ConsumerRecord, alert: Alert) -> str:
        """Says why what a record tells, all of it the last minute of its history, is too old; empty where it is not."""
        if self._is_stale(record):
            return f"published over {self._table.stale_after_s:g} s before it was read"
        if alert.history[-1].at.timestamp() < time.time() - self._table.event_stale_after_s:
            return f"happened over {self._table.event_stale_after_s:g} s before it was read"
        return ""

    def _is_stale(self, record: ConsumerRecord) -> bool:
        return bool(record.timestamp / 1000 < time.time() - self._table.stale_after_s)

    async def _tell(self, found: list[AlertMessage], record: bytes, command_id: str | None = None) -> bool:
        for message in found:
            notice = await self._attempts.tell(message)
            if notice is None:
                return False
            kept = record if notice.outcome == "failed" else None
            await self._publish(replace(notice, record=kept, command_id=command_id))
        return True

    async def _skip(self, found: list[AlertMessage], reason: str) -> bool:
        for message in found:
            await self._publish(self._attempts.notice(message, "skipped", reason=reason))
        return True

    async def _resend(self, order: Resend) -> bool:
        """Tells again what an operator names, whatever became of it."""
        record = await record_of(self._settings, order.alert_id, order.seq)
        if record is None:
            log.warning("no_such_transition", id=order.alert_id[:MAX_LOGGED], seq=order.seq, channel=order.channel)
            return True
        alert = decode(record, Alert)
        told = next(one for one in transitions(alert) if one.seq == order.seq)
        scope = alert.history[order.seq - alert.seq - 1].scope
        message = message_of(procedure_of(self._procedures, alert.topic, scope), alert, told)
        return await self._tell([message], record, order.command_id)

    async def _publish(self, notice: Notice) -> bool:
        await self._delivery.deliver([Output(NOTICES, notice.alert_id.encode(), encode(notice))])
        metrics.NOTICES.labels(notice.channel, notice.outcome).inc()
        log.info("notice", channel=notice.channel, outcome=notice.outcome, alert=notice.alert_id[:MAX_LOGGED],
                 seq=notice.seq, attempts=notice.attempts, reason=notice.reason)  # fmt: skip
        return True

    def _undecodable(self, record: ConsumerRecord, reason: str) -> Notice:
        """Says that an alert could not be read; its key is all that is known."""
        return Notice(
            alert_id=(record.key or b"").decode("utf-8", "replace"), seq=0, channel=self._table.name,
            outcome="failed", at=datetime.now(UTC), reason=reason, record=record.value,
        )  # fmt: skip

    def _unreadable(self, record: ConsumerRecord, error: UndecodableError) -> None:
        metrics.NOTIFIER_UNREADABLE.inc()
        log.warning("unreadable", topic=record.topic, partition=record.partition, offset=record.offset,
                    reason=str(error))  # fmt: skip
