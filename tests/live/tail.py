"""Reads while a run goes on: how far the ingest is in event time, and each record of an alert the moment it comes."""

import itertools
import time
from datetime import UTC, datetime
from typing import Final, NamedTuple

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord

from schemas.alert import Alert
from schemas.codec import decode
from schemas.topics import ALERTS, RAW
from streams.settings import Settings
from tests.chaos.sampling import Sampling
from tests.integration.router_rig import partitions_of, until

POLL_MS: Final = 100


class Told(NamedTuple):
    """A record of `ops.alerts` and when a consumer of committed records had it, in seconds since 1970."""

    alert: Alert
    seen_at: float


class _Dated(msgspec.Struct, frozen=True):
    created_at: datetime


class Tail(Sampling):
    """Reads `tweets.raw` and `ops.alerts` with plain aiokafka, from their beginning."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.told: list[Told] = []
        self.event_at = datetime.min.replace(tzinfo=UTC)
        self._settings = settings

    async def until(self, event_at: datetime, timeout_s: float) -> None:
        """Waits until a tweet of an instant or later was ingested.

        Raises:
            AssertionError: none was in time.
        """

        async def has_come() -> bool:
            return self.event_at >= event_at

        await until(has_come, timeout_s)

    async def _run(self) -> None:
        async with AIOKafkaConsumer(
            bootstrap_servers=self._settings.kafka_bootstrap, isolation_level="read_committed"
        ) as consumer:
            partitions = partitions_of(self._settings, (RAW, ALERTS))
            consumer.assign(partitions)
            for tp in partitions:
                consumer.seek(tp, 0)
            while True:
                polled = await consumer.getmany(timeout_ms=POLL_MS)
                for record in itertools.chain.from_iterable(polled.values()):
                    self._note(record)

    def _note(self, record: ConsumerRecord) -> None:
        if record.topic.endswith(ALERTS):
            self.told.append(Told(decode(record.value, Alert), time.time()))
        else:
            self.event_at = max(self.event_at, msgspec.json.decode(record.value, type=_Dated).created_at)
