"""The source of a cell: records to `tweets.raw` at a load's pace, and the ledger of those that were acknowledged."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from schemas.topics import RAW
from streams.kafka.delivery import PRODUCER_OPTIONS
from tests.chaos.cell import Load
from tests.chaos.rows import TICK_S, Row, n_due

ACK_TIMEOUT_S: Final = 180.0
"""Longer than any broker is away; a record that is not acknowledged by then fails the cell."""


@dataclass(slots=True)
class Ledger:
    """What the broker said of each record.

    `acked_at` by origin (seconds since 1970); `sound` are the origins that every stage can read; `n_too_large` were
    refused for their size, before they had an origin; `failures` should be empty.
    """

    acked_at: dict[str, float] = field(default_factory=dict)
    sound: set[str] = field(default_factory=set)
    n_too_large: int = 0
    failures: list[str] = field(default_factory=list)


class Source:
    """Sends rows; `run` returns when every one has been acknowledged or refused."""

    def __init__(self, bootstrap: str, namespace: str, load: Load) -> None:
        self.ledger = Ledger()
        self._bootstrap = bootstrap
        self._topic = f"{namespace}.{RAW}"
        self._load = load

    async def run(self, rows: Iterator[Row]) -> None:
        """Sends every row when it is due. A broker that is away delays them; the pace catches up afterwards."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap, **PRODUCER_OPTIONS, request_timeout_ms=int(ACK_TIMEOUT_S * 1000)
        )
        await producer.start()
        try:
            pending = await self._send_all(producer, rows)
            await asyncio.wait_for(asyncio.gather(*pending, return_exceptions=True), ACK_TIMEOUT_S)
        finally:
            await producer.stop()

    async def _send_all(self, producer: AIOKafkaProducer, rows: Iterator[Row]) -> list[asyncio.Future[Any]]:
        pending: list[asyncio.Future[Any]] = []
        began = time.monotonic()
        n_sent = 0
        while True:
            n_now = n_due(self._load, time.monotonic() - began)
            while n_sent < n_now:
                if (row := next(rows, None)) is None:
                    return pending
                n_sent += 1
                try:
                    sending = await producer.send(self._topic, row.value, row.key)
                except MessageSizeTooLargeError:
                    self.ledger.n_too_large += 1
                    continue
                sending.add_done_callback(partial(self._note, row))
                pending.append(sending)
            await asyncio.sleep(TICK_S)

    def _note(self, row: Row, sent: asyncio.Future[Any]) -> None:
        error = sent.exception()
        if isinstance(error, MessageSizeTooLargeError):
            self.ledger.n_too_large += 1
        elif isinstance(error, KafkaError):
            self.ledger.failures.append(type(error).__name__)
        elif error is not None:
            raise error
        else:
            place = sent.result()
            origin = f"{place.partition}:{place.offset}"
            self.ledger.acked_at[origin] = time.time()
            if row.is_sound:
                self.ledger.sound.add(origin)
