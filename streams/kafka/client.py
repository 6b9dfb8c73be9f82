"""Starting a client of the broker, consumer or producer, within a deadline."""

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.errors import FatalError


async def start_client(client: AIOKafkaConsumer | AIOKafkaProducer, *, timeout_s: float) -> None:
    """Starts a client.

    Raises:
        FatalError: the broker cannot be reached in time.
    """
    try:
        async with asyncio.timeout(timeout_s):
            await client.start()
    except (KafkaError, TimeoutError) as error:
        raise FatalError(
            f"the broker cannot be reached: {type(error).__name__}", remedy="See: dallosh doctor"
        ) from error
