"""Reads topics as their records come, for ever or for some, alone or with others of a group."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError

from schemas.topics import name_in
from streams.kafka.reading import POLL_MS, POLL_RECORDS, existing, open_consumer
from streams.settings import Settings

COMMIT_TIMEOUT_S: Final = 10.0


async def follow(
    settings: Settings,
    topics: Sequence[str],
    *,
    group: str | None = None,
    from_beginning: bool = False,
    only: Callable[[ConsumerRecord], bool] = lambda _: True,
    limit: int | None = None,
) -> AsyncGenerator[ConsumerRecord, None]:
    """Reads committed records as they come, for ever or up to `limit`.

    With a group, several readers share the partitions and the group remembers its place: a record counts as read when
    the next one is asked for, so a reader that dies gets its last records again (at least once). A new group begins
    at the start. Without a group the reading begins at the end, or at the start, and nothing is remembered.

    Args:
        settings: the deployment.
        topics: the registry's names.
        group: consumer group, in the namespace.
        from_beginning: without a group, begin at the oldest record.
        only: what is yielded; the others count as read.
        limit: how many are yielded at most.

    Raises:
        FatalError: the broker cannot be reached, or a topic does not exist.
    """
    options: dict[str, Any] = {"isolation_level": "read_committed"}
    if group is not None:
        options["group_id"] = name_in(settings.namespace, group)
    async with open_consumer(settings, **options) as consumer:
        partitions = await existing(consumer, [name_in(settings.namespace, topic) for topic in topics])
        if group is not None:
            consumer.subscribe(sorted({tp.topic for tp in partitions}))
        else:
            consumer.assign(partitions)
            offsets = await (consumer.beginning_offsets if from_beginning else consumer.end_offsets)(partitions)
            for tp, offset in offsets.items():  # aiokafka's seek_to_end can lose against its own first reset
                consumer.seek(tp, offset)
        endless = _endless(consumer, commit=group is not None, only=only, limit=limit)
        async with contextlib.aclosing(endless) as records:  # its last commit comes before the consumer's end
            async for record in records:
                yield record


async def _endless(
    consumer: AIOKafkaConsumer, *, commit: bool, only: Callable[[ConsumerRecord], bool], limit: int | None
) -> AsyncGenerator[ConsumerRecord, None]:
    n_left = limit
    while n_left is None or n_left > 0:
        done: dict[TopicPartition, int] = {}
        polled = await consumer.getmany(timeout_ms=POLL_MS, max_records=POLL_RECORDS)
        try:
            for record in itertools.chain.from_iterable(polled.values()):
                if n_left == 0:
                    break
                if only(record):
                    yield record
                    n_left = None if n_left is None else n_left - 1
                done[TopicPartition(record.topic, record.partition)] = record.offset + 1
        finally:
            if done and commit:
                await _commit(consumer, done)


async def _commit(consumer: AIOKafkaConsumer, offsets: dict[TopicPartition, int]) -> None:
    """Commits what was read; after a rebalance the partitions may be another reader's, who reads those again."""
    with contextlib.suppress(CommitFailedError, IllegalStateError, TimeoutError):
        async with asyncio.timeout(COMMIT_TIMEOUT_S):
            await consumer.commit(offsets)
