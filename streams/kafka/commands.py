"""The record of what operators do: one `Command` each in `ops.commands`."""

import asyncio
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.codec import encode
from schemas.operations import Command
from schemas.topics import COMMANDS, name_in
from streams.errors import FatalError
from streams.kafka.client import start_client
from streams.kafka.security import client_options
from streams.settings import Settings

TIMEOUT_S: Final = 10.0


async def record_command(settings: Settings, command: Command) -> None:
    """Writes the record and waits until the brokers have it.

    Raises:
        FatalError: no broker is named, it cannot be reached, or it does not take the record in time.
    """
    producer = AIOKafkaProducer(**client_options(settings), acks="all", enable_idempotence=True)
    try:
        await start_client(producer, timeout_s=TIMEOUT_S)
        async with asyncio.timeout(TIMEOUT_S):
            topic = name_in(settings.namespace, COMMANDS)
            await producer.send_and_wait(topic, encode(command), command.id.encode())
    except (KafkaError, TimeoutError) as error:
        raise FatalError(
            f"{COMMANDS} did not take the record: {type(error).__name__}", remedy="See: dallosh doctor"
        ) from error
    finally:
        await producer.stop()
