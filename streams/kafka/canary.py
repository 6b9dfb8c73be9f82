"""Follows the terminal topics until the origins of a canary have come there, or its time is over."""

import asyncio
import contextlib
from collections.abc import Mapping

from aiokafka import TopicPartition

from schemas.topics import without_namespace
from streams.core.canary import Canary
from streams.core.tally import TERMINAL_TOPICS
from streams.kafka.reading import ends_of, scan
from streams.settings import Settings


async def terminal_ends(settings: Settings) -> dict[TopicPartition, int]:
    """Returns where the terminal topics end before a canary is sent: its outcome comes behind."""
    return await ends_of(settings, TERMINAL_TOPICS)


async def watch(settings: Settings, canary: Canary, since: Mapping[TopicPartition, int], *, timeout_s: float) -> None:
    """Reads the terminal topics on from `since`, until the canary is complete or `timeout_s` have passed."""
    records = scan(settings, TERMINAL_TOPICS, from_offsets=since, until_end=False)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s), contextlib.aclosing(records):
            async for record in records:
                canary.note(record, without_namespace(settings.namespace, record.topic))
                if canary.is_complete:
                    return
