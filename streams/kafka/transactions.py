"""Outputs and offsets of one input partition in one transaction, fenced against the partition's previous owner.

aiokafka commits offsets in a transaction without the group's generation, so the group alone cannot stop a worker that
lost a partition without noticing. A transactional id per input partition does: whoever opens it last owns it, and
opening aborts what the previous owner had in flight.
"""

import asyncio
import contextlib
import itertools
from collections.abc import Iterable, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import IllegalOperation, KafkaError, ProducerFenced
from aiokafka.structs import OffsetAndMetadata

from schemas.topics import name_in
from streams import metrics
from streams.core.output import Output
from streams.errors import FatalError
from streams.kafka.delivery import PRODUCER_OPTIONS
from streams.kafka.security import client_options
from streams.settings import Settings

CLOSE_TIMEOUT_S: Final = 3.0


def forget_failures(producer: AIOKafkaProducer, pending: Iterable["asyncio.Future[Any]"] = ()) -> None:
    """Marks the failures of a producer's futures as seen, before it is let go.

    When it is fenced, aiokafka also fails futures of its own that nobody awaits; each would print a traceback.
    """
    batches = itertools.chain.from_iterable(producer._message_accumulator._batches.values())
    ended = producer._txn_manager.wait_for_transaction_end()
    for future in (ended, *pending, *(batch._drain_waiter for batch in batches)):
        if future is not None and future.done() and not future.cancelled():
            future.exception()


def was_fenced(producer: AIOKafkaProducer, error: Exception) -> bool:
    """Tells whether another producer with the same id is why `error` was raised.

    A send after the fence says IllegalOperation, which is no KafkaError; what ended the transaction stands in the
    producer.
    """
    if isinstance(error, ProducerFenced):
        return True
    ended = producer._txn_manager.wait_for_transaction_end()
    if ended is None or not ended.done() or ended.cancelled():  # None: no transaction was begun
        return False
    return isinstance(ended.exception(), ProducerFenced)


class FencedError(FatalError):
    """Another worker owns the partition now; what this one had in flight was aborted."""

    def __init__(self, partition: int) -> None:
        super().__init__(
            f"another worker has taken partition {partition} over",
            remedy="The supervisor restarts this worker, which then asks the group for its share",
        )


class PartitionProducer:
    """The producer of one input partition. Every output goes to the same partition number of its topic.

    Args:
        settings: the deployment.
        source: the input partition, as the broker names it.
        group: consumer group whose offsets ride in the transactions.
    """

    def __init__(self, settings: Settings, source: TopicPartition, *, group: str) -> None:
        self._settings = settings
        self._source = source
        self._group = group
        self._timeout_s = settings.delivery_timeout_s
        self._names: dict[str, str] = {}
        self._pending: list[asyncio.Future[Any]] = []
        self._producer = AIOKafkaProducer(
            **client_options(settings),
            **{**PRODUCER_OPTIONS, "linger_ms": 0},
            transactional_id=f"{group}-{source.partition}",
            transaction_timeout_ms=int(self._timeout_s * 1000),
        )

    async def open(self, topics: Sequence[str]) -> None:
        """Takes the transactional id: fences the previous owner and aborts its transaction.

        Raises:
            FatalError: one of the output topics lacks this partition number.
        """
        async with asyncio.timeout(self._timeout_s):
            await self._producer.start()
            for topic in topics:
                name = self._names[topic] = name_in(self._settings.namespace, topic)
                if self._source.partition not in await self._producer.partitions_for(name):
                    raise FatalError(
                        f"{name} has no partition {self._source.partition} while {self._source.topic} has",
                        remedy="All topics keyed by tweet id need the same partition count: dallosh topics describe",
                    )

    async def deliver(self, outputs: Sequence[Output], *, next_offset: int) -> None:
        """Writes the outputs and the offset to read next, all or nothing.

        Raises:
            FencedError: the partition has another owner.
            KafkaError, TimeoutError: nothing was committed, or it is not known; open a new producer and read the
                committed offset before anything else.
        """
        producer = self._producer
        try:
            async with asyncio.timeout(self._timeout_s):
                await producer.begin_transaction()
                self._pending = []
                for output in outputs:
                    await self._send(output)
                with metrics.DELIVER_SECONDS.time():
                    await self._confirm(next_offset)
                with metrics.COMMIT_SECONDS.time():
                    await producer.commit_transaction()
        except (ProducerFenced, IllegalOperation) as error:
            if was_fenced(producer, error):
                raise FencedError(self._source.partition) from error
            raise

    async def _send(self, output: Output) -> None:
        topic, key, value, headers = output
        future: asyncio.Future[Any] = await self._producer.send(
            self._names[topic], value, key, partition=self._source.partition, headers=list(headers)
        )
        self._pending.append(future)

    async def _confirm(self, next_offset: int) -> None:
        """Waits for every record before the commit: aiokafka would commit a transaction whose batch was refused.

        The offsets follow the records: while the broker adds them to the transaction it refuses produce requests with
        NOT_ENOUGH_REPLICAS, and aiokafka waits 100 ms before it tries again.
        """
        results = await asyncio.gather(*self._pending, return_exceptions=True)
        if errors := [result for result in results if isinstance(result, BaseException)]:
            raise next((error for error in errors if isinstance(error, ProducerFenced)), errors[0])
        offsets = {self._source: OffsetAndMetadata(next_offset, "")}
        await self._producer.send_offsets_to_transaction(offsets, self._group)

    async def close(self) -> None:
        """Lets go; a transaction in flight is aborted by whoever opens the partition next."""
        forget_failures(self._producer, self._pending)
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._producer.stop()
        except (KafkaError, TimeoutError, asyncio.CancelledError, AssertionError):
            sender = self._producer._sender.sender_task
            if sender is not None:
                sender.cancel()
            with contextlib.suppress(KafkaError, TimeoutError):
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    await self._producer.client.close()
