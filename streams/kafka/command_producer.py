"""The producer of an operator's command: what it sends and the record of who sent it go in one transaction."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import IllegalOperation, KafkaError
from aiokafka.structs import RecordMetadata

from schemas.topics import name_in
from streams.core.output import Output
from streams.errors import FatalError
from streams.kafka.delivery import PRODUCER_OPTIONS
from streams.kafka.group import transactional_id_of
from streams.kafka.security import client_options
from streams.kafka.transactions import forget_failures, was_fenced
from streams.settings import Settings

TRANSACTION_TIMEOUT_S: Final = 15.0
"""What a command that was killed leaves open holds up the readers of the stages' topics for no longer than this."""
CLOSE_TIMEOUT_S: Final = 3.0


async def commit_outputs(
    settings: Settings, producer: AIOKafkaProducer, outputs: Sequence[Output]
) -> list[RecordMetadata]:
    """Writes outputs in one transaction, all or none; returns where each stands now.

    A cancellation that comes while it commits waits for the broker's answer: what is committed is told.
    """
    pending: list[asyncio.Future[Any]] = []
    try:
        async with asyncio.timeout(TRANSACTION_TIMEOUT_S):
            await producer.begin_transaction()
            for topic, key, value, headers in outputs:
                name = name_in(settings.namespace, topic)
                pending.append(await producer.send(name, value, key, headers=list(headers)))
            places = await asyncio.gather(*pending)
        await _commit(producer)
    except BaseException:
        await _abort(producer)
        forget_failures(producer, pending)
        raise
    return places


@asynccontextmanager
async def open_command_producer(
    settings: Settings, *, command: str, noun: str, look: str, n_sent: Callable[[], int], rival: str | None = None
) -> AsyncIterator[AIOKafkaProducer]:
    """Opens the one producer of a command; it ends what a killed run of it left open, and fences one that still runs.

    Args:
        settings: the deployment.
        command: whose transactional id it takes, "dlq"; one run at a time of all that take it.
        noun: what the command is, for messages: "replay".
        look: the command that shows where things stand.
        n_sent: tells how many records were committed so far.
        rival: what may take over, for messages; None: another of the same noun.

    Raises:
        FatalError: another run took over, or the broker failed; what was committed stays, the rest is untouched.
    """
    producer = AIOKafkaProducer(
        **client_options(settings),
        **PRODUCER_OPTIONS,
        transactional_id=transactional_id_of(settings, command),
        transaction_timeout_ms=int(TRANSACTION_TIMEOUT_S * 1000),
    )
    try:
        async with asyncio.timeout(settings.delivery_timeout_s):
            await producer.start()
        yield producer
    except (KafkaError, IllegalOperation, TimeoutError) as error:
        if was_fenced(producer, error):
            other = rival or f"another {noun}"
            raise FatalError(f"{other} has taken over", remedy=f"Let it finish, then look: {look}") from error
        raise FatalError(
            f"the {noun} stopped after {n_sent()} records: {type(error).__name__}",
            remedy="Run it again: what was sent is not sent twice",
        ) from error
    finally:
        await _close(producer)


async def _commit(producer: AIOKafkaProducer) -> None:
    """Commits; a cancellation meanwhile is raised at the caller's next await, or here when the broker is silent."""
    committing = asyncio.create_task(asyncio.wait_for(producer.commit_transaction(), TRANSACTION_TIMEOUT_S))
    try:
        await asyncio.shield(committing)
    except asyncio.CancelledError:
        done, _ = await asyncio.wait({committing}, timeout=CLOSE_TIMEOUT_S)
        if not done:
            committing.cancel()
            await asyncio.wait({committing}, timeout=CLOSE_TIMEOUT_S)
            raise
        committing.result()
        if (task := asyncio.current_task()) is not None:
            task.uncancel()
            task.cancel()


async def _abort(producer: AIOKafkaProducer) -> None:
    """Aborts at once, for the stages that read the topics wait at an open transaction until it times out."""
    with contextlib.suppress(KafkaError, IllegalOperation, TimeoutError, asyncio.CancelledError, AssertionError):
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await producer.abort_transaction()


async def _close(producer: AIOKafkaProducer) -> None:
    with contextlib.suppress(KafkaError, TimeoutError):
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await producer.stop()
