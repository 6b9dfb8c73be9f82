"""A few records that a command writes, acknowledged before it ends."""

import asyncio
from collections.abc import Iterable
from typing import Final

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.codec import encode
from schemas.operations import Command
from schemas.spend import Spend
from schemas.topics import COMMANDS, SPEND, name_in
from streams.errors import FatalError
from streams.kafka.client import start_client
from streams.kafka.security import client_options
from streams.settings import Settings

TIMEOUT_S: Final = 10.0


async def record_command(settings: Settings, command: Command) -> None:
    """Writes what an operator did to `ops.commands`.

    Raises:
        FatalError: no broker is named, it cannot be reached, or it does not take the record in time.
    """
    await _write(settings, COMMANDS, [(command.id, command)])


async def record_spend(settings: Settings, events: Iterable[Spend]) -> None:
    """Writes calls to models that no worker made to `ops.spend`.

    Raises:
        FatalError: as `record_command`.
    """
    await _write(settings, SPEND, [(event.id, event) for event in events])


async def _write(settings: Settings, topic: str, records: list[tuple[str, msgspec.Struct]]) -> None:
    producer = AIOKafkaProducer(**client_options(settings), acks="all", enable_idempotence=True)
    try:
        await start_client(producer, timeout_s=TIMEOUT_S)
        async with asyncio.timeout(TIMEOUT_S):
            for key, record in records:
                await producer.send_and_wait(name_in(settings.namespace, topic), encode(record), key.encode())
    except (KafkaError, TimeoutError) as error:
        raise FatalError(
            f"{topic} did not take the record: {type(error).__name__}", remedy="See: dallosh doctor"
        ) from error
    finally:
        await producer.stop()
