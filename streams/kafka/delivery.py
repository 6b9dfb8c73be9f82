"""Delivery: outputs are sent in order, and done only when the broker has acknowledged every one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.topics import name_in
from streams.core.output import Output
from streams.errors import FatalError
from streams.kafka.client import start_client
from streams.kafka.security import client_options
from streams.settings import Settings

Pending = list[asyncio.Future[Any]]

PRODUCER_OPTIONS: Final[dict[str, Any]] = {
    "acks": "all",
    "enable_idempotence": True,
    "linger_ms": 5,
    "max_batch_size": 131_072,
    "max_request_size": 17 << 20,  # above the largest max_message_bytes of the registry
}
"""Options of every producer of Dallosh: its own retries neither lose nor repeat a record."""


START_TIMEOUT_S: Final = 60.0
STOP_TIMEOUT_S: Final = 10.0


class Delivery:
    """Sends outputs through one producer.

    Args:
        producer: returns the started producer.
        namespace: prefix of the topics' names.
        timeout_s: wait for the acknowledgement of one call's outputs.
    """

    def __init__(self, producer: Callable[[], AIOKafkaProducer], *, namespace: str, timeout_s: float) -> None:
        self._producer = producer
        self._namespace = namespace
        self._timeout_s = timeout_s
        self._names: dict[str, str] = {}

    async def send(self, outputs: Sequence[Output]) -> Pending:
        """Queues outputs in order; returns what `confirm` waits for.

        Raises:
            FatalError: an output cannot be queued (too large, or the broker is gone for longer than the timeout).
        """
        send, names = self._producer().send, self._names
        pending: Pending = []
        try:
            async with asyncio.timeout(self._timeout_s):
                for topic, key, value, headers in outputs:
                    name = names.get(topic)
                    if name is None:
                        name = names[topic] = name_in(self._namespace, topic)
                    # aiokafka's compiled record builder takes a list and nothing else
                    pending.append(await send(name, value, key, headers=list(headers)))
        except (KafkaError, TimeoutError) as error:
            raise self._failed("queued", error) from error
        return pending

    async def confirm(self, pending: Pending) -> None:
        """Waits until the broker has acknowledged every output.

        Raises:
            FatalError: one was refused or not acknowledged in time; nothing of the block may be committed.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                for future in pending:  # done futures cost no switch; gather would make a task switch of each
                    await future
        except (KafkaError, TimeoutError) as error:
            raise self._failed("acknowledged", error) from error

    async def deliver(self, outputs: Sequence[Output]) -> None:
        """Sends and confirms."""
        await self.confirm(await self.send(outputs))

    def _failed(self, what: str, error: BaseException) -> FatalError:
        return FatalError(
            f"outputs were not {what}: {type(error).__name__}",
            remedy="Nothing was committed; the records come again when the worker restarts. Check the broker",
        )


@asynccontextmanager
async def open_delivery(settings: Settings) -> AsyncIterator[Delivery]:
    """Opens a producer of its own, and closes it.

    Raises:
        FatalError: the broker cannot be reached.
    """
    producer = AIOKafkaProducer(**client_options(settings), **PRODUCER_OPTIONS)
    try:
        await start_client(producer, timeout_s=START_TIMEOUT_S)
        yield Delivery(lambda: producer, namespace=settings.namespace, timeout_s=settings.delivery_timeout_s)
    finally:
        with contextlib.suppress(Exception):  # what was acknowledged is, and nothing else counts
            await asyncio.wait_for(producer.stop(), STOP_TIMEOUT_S)
