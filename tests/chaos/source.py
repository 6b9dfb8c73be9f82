"""The source of a cell: records to `tweets.raw` at a load's pace, and the ledger of what the broker said of each."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError

from schemas.topics import RAW
from streams.kafka.delivery import PRODUCER_OPTIONS
from tests.chaos.cell import Load
from tests.chaos.expected import Sort
from tests.chaos.rows import Row, n_due

TICK_S: Final = 0.1
ACK_TIMEOUT_S: Final = 180.0
"""Longer than any broker is away; what is not acknowledged by then is a failure."""


class Sent(NamedTuple):
    """A record that the broker has: what it is, and when that was known, in seconds since 1970."""

    sort: Sort
    tweet_id: str
    acked_at: float


@dataclass(slots=True)
class Ledger:
    """What became of each record at the broker's door.

    `sent` by origin; `n_refused` were too large and had to be refused; `failures` should be empty: whatever else was
    said, and a record that was taken and should not have been.
    """

    sent: dict[str, Sent] = field(default_factory=dict)
    n_rows: int = 0
    n_refused: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def n_unaccounted(self) -> int:
        """Rows of which nothing is known."""
        return self.n_rows - len(self.sent) - self.n_refused - len(self.failures)

    def note(self, row: Row, sending: asyncio.Future[Any]) -> None:
        """Takes note of how the sending of a row ended."""
        if sending.cancelled():
            self.failures.append("cancelled")
        elif (error := sending.exception()) is not None:
            self.refuse(row, error)
        elif row.is_too_large:
            self.failures.append("a record above the limit was taken")
        else:
            place = sending.result()
            self.sent[f"{place.partition}:{place.offset}"] = Sent(row.sort, row.tweet_id, time.time())

    def refuse(self, row: Row, error: BaseException) -> None:
        """Takes note of a row that the broker, or the client for it, did not take."""
        if row.is_too_large and isinstance(error, MessageSizeTooLargeError):
            self.n_refused += 1
        else:
            self.failures.append(type(error).__name__)


class Source:
    """Sends rows; `run` returns when every one has been acknowledged or refused."""

    def __init__(self, bootstrap: str, namespace: str, load: Load) -> None:
        self.ledger = Ledger()
        self._bootstrap = bootstrap
        self._topic = f"{namespace}.{RAW}"
        self._load = load

    async def run(self, rows: Iterator[Row]) -> None:
        """Sends every row when it is due. A broker that is away delays them; the pace catches up afterwards.

        Rows above the limit have a producer of their own, without idempotence: what a broker refuses has had a sequence
        number, and aiokafka does not give it back, so that the broker would refuse all that follows it.
        """
        options = PRODUCER_OPTIONS | {"request_timeout_ms": int(ACK_TIMEOUT_S * 1000)}
        async with (
            AIOKafkaProducer(bootstrap_servers=self._bootstrap, **options) as producer,
            AIOKafkaProducer(bootstrap_servers=self._bootstrap, **options | {"enable_idempotence": False}) as refused,
        ):
            pending = await self._send_all(producer, refused, rows)
            await asyncio.wait(pending, timeout=ACK_TIMEOUT_S)

    async def _send_all(
        self, producer: AIOKafkaProducer, refused: AIOKafkaProducer, rows: Iterator[Row]
    ) -> list[asyncio.Future[Any]]:
        pending: list[asyncio.Future[Any]] = []
        ledger, began = self.ledger, time.monotonic()
        while True:
            n_now = n_due(self._load, time.monotonic() - began)
            while ledger.n_rows < n_now:
                if (row := next(rows, None)) is None:
                    return pending
                ledger.n_rows += 1
                try:
                    sending = await (refused if row.is_too_large else producer).send(self._topic, row.value, row.key)
                except MessageSizeTooLargeError as error:
                    ledger.refuse(row, error)
                    continue
                sending.add_done_callback(partial(ledger.note, row))
                pending.append(sending)
            await asyncio.sleep(TICK_S)
