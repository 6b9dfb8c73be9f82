"""Reads the terminal topics of a namespace while a run fills them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.topics import RAW, TOPICS, name_in, without_namespace
from streams.core.tally import TERMINAL_TOPICS, Ending, Tally
from streams.errors import FatalError
from streams.kafka.reading import open_consumer
from streams.kafka.topic_state import n_partitions_of
from streams.settings import Settings

POLL_MS: Final = 200
POLL_RECORDS: Final = 5_000
END_TIMEOUT_S: Final = 60.0


class EndingsReader:
    """Feeds a tally from the terminal topics, committed records only, each partition from its start.

    Args:
        settings: the deployment; the namespace's topics exist.
        consumer: started, without a group.
        tally: counts what is read.
        on_ending: called with the first end of each origin, and with the record's value.
    """

    def __init__(
        self,
        settings: Settings,
        consumer: AIOKafkaConsumer,
        tally: Tally,
        on_ending: Callable[[Ending, bytes | None], None],
    ) -> None:
        self._settings = settings
        self._consumer = consumer
        self._tally = tally
        self._on_ending = on_ending
        self._partitions = [
            TopicPartition(name_in(settings.namespace, topic), partition)
            for topic in TERMINAL_TOPICS
            for partition in range(n_partitions_of(TOPICS[topic], settings))
        ]
        consumer.assign(self._partitions)
        for tp in self._partitions:
            consumer.seek(tp, 0)

    async def poll(self) -> int:
        """Reads what has come, waiting a moment when nothing has; returns how many records."""
        polled = await self._consumer.getmany(timeout_ms=POLL_MS, max_records=POLL_RECORDS)
        n_records = 0
        for tp, records in polled.items():
            topic = without_namespace(self._settings.namespace, tp.topic)
            n_records += len(records)
            for record in records:
                ending = self._tally.add(record, topic)
                if ending is not None:
                    self._on_ending(ending, record.value)
        return n_records

    async def finish(self) -> None:
        """Reads up to the present ends, so that a late repeat is counted too.

        Raises:
            FatalError: records are left that the broker does not give.
        """
        ends = await self._consumer.end_offsets(self._partitions)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + END_TIMEOUT_S
        while any([await self._consumer.position(tp) < end for tp, end in ends.items()]):
            if loop.time() > deadline:
                raise FatalError("the terminal topics cannot be read to their ends", remedy="Check the broker")
            await self.poll()

    async def lost(self) -> list[str]:
        """Returns the origins that stand in `tweets.raw` and were met nowhere; call it after `finish`."""
        name = name_in(self._settings.namespace, RAW)
        ends = await self._consumer.end_offsets(
            [TopicPartition(name, partition) for partition in range(n_partitions_of(TOPICS[RAW], self._settings))]
        )
        origins = (f"{tp.partition}:{offset}" for tp, end in ends.items() for offset in range(end))
        return [origin for origin in origins if origin not in self._tally.origins]


@asynccontextmanager
async def open_endings(
    settings: Settings, tally: Tally, on_ending: Callable[[Ending, bytes | None], None]
) -> AsyncIterator[EndingsReader]:
    """Opens a reader and closes it.

    Raises:
        FatalError: the broker cannot be reached.
    """
    async with open_consumer(settings, isolation_level="read_committed") as consumer:
        yield EndingsReader(settings, consumer, tally, on_ending)
