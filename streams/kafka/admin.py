"""The admin client: opened, closed, and its errors as ours."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.errors import FatalError
from streams.kafka.reading import STOP_TIMEOUT_S
from streams.kafka.security import client_options
from streams.settings import Settings

REQUEST_TIMEOUT_S: Final = 30.0
COORDINATOR_POLL_S: Final = 0.2


@asynccontextmanager
async def open_admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """Opens an admin client and closes it.

    Raises:
        FatalError: the broker cannot be reached, or refused a request.
    """
    admin = AIOKafkaAdminClient(**client_options(settings), request_timeout_ms=int(REQUEST_TIMEOUT_S * 1000))
    try:
        async with asyncio.timeout(REQUEST_TIMEOUT_S):
            await admin.start()
        yield admin
    except (KafkaError, TimeoutError) as error:
        raise FatalError(f"the broker did not answer: {type(error).__name__}", remedy="See: dallosh doctor") from error
    finally:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(admin.close(), STOP_TIMEOUT_S)


async def committed_offsets(settings: Settings, group: str) -> dict[TopicPartition, int]:
    """Returns a group's committed offsets, by the broker's names; a partition without one is left out.

    On a broker that never had a group the first answer takes seconds: it makes the topic of the offsets then.

    Raises:
        FatalError: the broker cannot be reached, or gave no answer in time.
    """
    async with open_admin(settings) as admin, asyncio.timeout(REQUEST_TIMEOUT_S):
        while True:
            try:
                found = await admin.list_consumer_group_offsets(group)
                return {TopicPartition(tp.topic, tp.partition): one.offset for tp, one in found.items()}
            except KafkaError as error:
                if not error.retriable:
                    raise
            await asyncio.sleep(COORDINATOR_POLL_S)
