"""Plain reading of topics, outside any stage: scans, tails of a partition, single records.

A scan ends by the reader's position, never by record offsets: the last offset of a partition that is written in
transactions is a marker, which no reader is ever given.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Literal

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from schemas.topics import name_in
from streams.core.record_id import RecordId
from streams.errors import FatalError, RetryableError
from streams.kafka.client import start_client
from streams.kafka.security import client_options
from streams.settings import Settings

Isolation = Literal["read_committed", "read_uncommitted"]

POLL_MS: Final = 500
POLL_RECORDS: Final = 2_000
STALL_TIMEOUT_S: Final = 60.0
START_TIMEOUT_S: Final = 30.0
STOP_TIMEOUT_S: Final = 10.0


@asynccontextmanager
async def open_consumer(settings: Settings, **options: Any) -> AsyncIterator[AIOKafkaConsumer]:
    """Opens a consumer with the deployment's security and closes it.

    Raises:
        FatalError: the broker cannot be reached, or refuses what is asked of it.
        RetryableError: the broker failed on the way.
    """
    defaults = {"enable_auto_commit": False, "auto_offset_reset": "earliest", "max_partition_fetch_bytes": 4 << 20}
    consumer = AIOKafkaConsumer(**client_options(settings), **(defaults | options))
    try:
        await start_client(consumer, timeout_s=START_TIMEOUT_S)
        yield consumer
    except KafkaError as error:
        if error.retriable:
            raise RetryableError(f"the broker failed while it was read: {type(error).__name__}") from error
        raise FatalError(f"the broker refused: {type(error).__name__}", remedy="See: dallosh doctor") from error
    finally:
        with contextlib.suppress(TimeoutError):  # it only says good-bye
            await asyncio.wait_for(consumer.stop(), STOP_TIMEOUT_S)


async def scan(
    settings: Settings,
    topics: Sequence[str],
    *,
    isolation: Isolation = "read_committed",
    since_ms: int | None = None,
    from_offsets: Mapping[TopicPartition, int] | None = None,
    until_end: bool = True,
    required: bool = False,
    with_open: bool = False,
) -> AsyncGenerator[ConsumerRecord, None]:
    """Reads topics from the start, or from an instant, up to the ends that they had when the scan began.

    The order holds within a partition only. A topic that does not exist yields nothing, unless it is `required`.

    Args:
        settings: the deployment.
        topics: the registry's names.
        isolation: `read_committed` leaves out what was aborted and what is still in flight.
        since_ms: begin at the first record of this timestamp (epoch milliseconds) or later.
        from_offsets: begin there, or later, in the partitions that it names (by the broker's names).
        until_end: False goes on for ever with what comes.
        required: a topic that does not exist is an error.
        with_open: wait for transactions that are open when the scan begins; without it a committed scan ends at the
            first of them, though more may be committed behind.

    Raises:
        FatalError: the broker cannot be reached, went silent for a minute with records left to read, or lacks a
            required topic.
    """
    async with open_consumer(settings, isolation_level=isolation) as consumer:
        find = existing if required else partitions_of
        partitions = await find(consumer, [name_in(settings.namespace, topic) for topic in topics])
        if not partitions:
            return
        consumer.assign(partitions)
        ends = await ends_of(settings, topics) if with_open else await consumer.end_offsets(partitions)
        starts = await _starts(consumer, partitions, ends, since_ms)
        starts = {tp: max(start, (from_offsets or {}).get(tp, 0)) for tp, start in starts.items()}
        async for record in _read(consumer, starts, ends if until_end else None):
            yield record


async def tail(
    settings: Settings, topics: Sequence[str], partition: int, *, n_records: int
) -> AsyncGenerator[ConsumerRecord, None]:
    """Reads the last offsets of one partition number of each topic, committed records only.

    `n_records` counts offsets of each topic, markers included: half of them, where each transaction wrote one record.
    """
    async with open_consumer(settings, isolation_level="read_committed") as consumer:
        names = [name_in(settings.namespace, topic) for topic in topics]
        partitions = [tp for tp in await partitions_of(consumer, names) if tp.partition == partition]
        if not partitions:
            return
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        first = await consumer.beginning_offsets(partitions)
        starts = {tp: max(first[tp], ends[tp] - n_records) for tp in partitions}
        async for record in _read(consumer, starts, ends):
            yield record


async def pick(settings: Settings, places: Collection[RecordId]) -> AsyncGenerator[ConsumerRecord, None]:
    """Reads single records by their places (topics by the registry's names), those that are there and committed."""
    wanted: dict[TopicPartition, set[int]] = {}
    for place in places:
        tp = TopicPartition(name_in(settings.namespace, place.topic), place.partition)
        wanted.setdefault(tp, set()).add(place.offset)
    async with open_consumer(settings, isolation_level="read_committed") as consumer:
        known = await partitions_of(consumer, sorted({tp.topic for tp in wanted}))
        partitions = [tp for tp in known if tp in wanted]
        if not partitions:
            return
        consumer.assign(partitions)
        first, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        starts = {tp: max(first[tp], min(wanted[tp])) for tp in partitions}
        ends = {tp: min(ends[tp], max(wanted[tp]) + 1) for tp in partitions}
        async for record in _read(consumer, starts, ends):
            if record.offset in wanted[TopicPartition(record.topic, record.partition)]:
                yield record


async def ends_of(settings: Settings, topics: Sequence[str]) -> dict[TopicPartition, int]:
    """Returns where the partitions of topics end now, by the broker's names; of those that exist."""
    async with open_consumer(settings) as consumer:
        partitions = await partitions_of(consumer, [name_in(settings.namespace, topic) for topic in topics])
        ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
        return ends


async def partitions_of(consumer: AIOKafkaConsumer, names: Sequence[str]) -> list[TopicPartition]:
    """Returns the partitions of topics, by the broker's names; of those that exist."""
    # private, but the public `topics()` gives names alone, and `partitions_for_topic` knows subscribed topics only
    cluster = await consumer._client.fetch_all_metadata()
    return [
        TopicPartition(name, partition)
        for name in names
        for partition in sorted(cluster.partitions_for_topic(name) or ())
    ]


async def existing(consumer: AIOKafkaConsumer, names: Sequence[str]) -> list[TopicPartition]:
    """Returns the partitions of topics, by the broker's names.

    Raises:
        FatalError: one of them does not exist.
    """
    partitions = await partitions_of(consumer, names)
    if missing := set(names) - {tp.topic for tp in partitions}:
        raise FatalError(f"no topic {', '.join(sorted(missing))}", remedy="Run dallosh topics create")
    return partitions


async def _starts(
    consumer: AIOKafkaConsumer,
    partitions: Sequence[TopicPartition],
    ends: Mapping[TopicPartition, int],
    since_ms: int | None,
) -> dict[TopicPartition, int]:
    first: dict[TopicPartition, int] = await consumer.beginning_offsets(partitions)
    if since_ms is None:
        return first
    found = await consumer.offsets_for_times(dict.fromkeys(partitions, since_ms))
    return {tp: found[tp].offset if found.get(tp) else ends[tp] for tp in partitions}


async def _read(
    consumer: AIOKafkaConsumer, starts: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int] | None
) -> AsyncIterator[ConsumerRecord]:
    """Reads each partition from its start to just before its end, and stops when every position has reached it."""
    for tp, offset in starts.items():
        consumer.seek(tp, offset)
    left = set(starts) if ends is None else {tp for tp, start in starts.items() if start < ends[tp]}
    loop = asyncio.get_running_loop()
    moved_at = loop.time()
    while left:
        polled = await consumer.getmany(*left, timeout_ms=POLL_MS, max_records=POLL_RECORDS)
        for tp, records in polled.items():
            for record in records:
                if ends is None or record.offset < ends[tp]:
                    yield record
        if ends is None:
            continue
        done = {tp for tp in left if await consumer.position(tp) >= ends[tp]}
        left -= done
        if polled or done:
            moved_at = loop.time()
        elif loop.time() - moved_at > STALL_TIMEOUT_S:
            raise FatalError(
                f"{len(left)} partitions gave nothing for {STALL_TIMEOUT_S:.0f} s though records are left",
                remedy="Check the broker; a transaction that hangs ends by its own timeout",
            )
