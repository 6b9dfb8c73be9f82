"""Rows to records: sent in order, a bounded number in flight, and counted when the broker has acknowledged them."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2

from agents.ingest_ledger import Acknowledged
from schemas.codec import encode
from schemas.operations import Coverage
from schemas.topics import COVERAGE, RAW, RAW_DEAD_LETTER, TOPICS, name_in
from streams.connectors.source import AnyRow, Row
from streams.core.dead_letters import refused_row
from streams.core.replay_clock import Rewrite
from streams.errors import DalloshError, FatalError, RejectedError
from streams.settings import Settings

MAX_IN_FLIGHT: Final = 4_000
"""Rows sent and not yet acknowledged: memory stays flat, and the broker still has a full batch per partition."""

MAX_BYTES_IN_FLIGHT: Final = 64 << 20
"""The same bound for large rows, of which 4,000 would be gigabytes; exceeded by less than one block."""
BLOCK_BYTES: Final = 1 << 20
"""Rows of so many bytes, or a single longer one, are sent and settled together."""

_OVERHEAD_BYTES: Final = 512
MAX_VALUE_BYTES: Final = TOPICS[RAW].max_message_bytes - _OVERHEAD_BYTES


class UndeliveredError(FatalError):
    """The broker does not take or acknowledge rows."""


@lru_cache(maxsize=1 << 15)
def _hashed(key: bytes) -> int:
    return int(murmur2(key)) & 0x7FFFFFFF


def partition_of(key: bytes | None, partitions: Sequence[int], available: Sequence[int]) -> int:  # noqa: ARG001 - given by aiokafka
    """Chooses the partition that every Kafka client chooses for the key; remembers the hash, which Python is slow at.

    A refused row has no key and goes to the first partition, where the dead letters keep the order of the file.
    """
    return partitions[_hashed(key) % len(partitions)] if key is not None else partitions[0]


@dataclass(slots=True)
class Tally:
    """What the broker has acknowledged so far."""

    n_tweets: int = 0
    n_refused: int = 0
    first_line: int | None = None
    last_line: int | None = None
    last: AnyRow | None = None
    newest: datetime | None = None

    @property
    def n_rows(self) -> int:
        """Rows of both kinds."""
        return self.n_tweets + self.n_refused


@dataclass(slots=True)
class _Block:
    """Rows sent together, with the id (None: refused), the line and the future of each, and the bytes they hold."""

    rows: Sequence[AnyRow]
    sent: list[tuple[str | None, int, asyncio.Future[Any]]] = field(default_factory=list)
    newest: datetime | None = None
    n_bytes: int = 0


class RowSender:
    """Sends rows through one producer.

    Args:
        settings: the deployment.
        producer: started, with `partition_of` as its partitioner.
        source: the source's name.
        hooks: called for every acknowledged row in the order of the file; none costs nothing.
    """

    def __init__(
        self,
        settings: Settings,
        producer: AIOKafkaProducer,
        source: str,
        hooks: Sequence[Callable[[Acknowledged], None]] = (),
    ) -> None:
        self.tally = Tally()
        self._producer = producer
        self._source = source
        self._hooks = tuple(hooks)
        self._raw = name_in(settings.namespace, RAW)
        self._refused = name_in(settings.namespace, RAW_DEAD_LETTER)
        self._coverage = name_in(settings.namespace, COVERAGE)
        self._timeout_s = settings.delivery_timeout_s
        self._blocks: deque[_Block] = deque()
        self._n_in_flight = 0
        self._n_bytes = 0

    async def send(self, rows: Sequence[AnyRow], rewrite: Rewrite, *, line_shift: int = 0) -> None:
        """Sends rows, after waiting until there is room in flight.

        Raises:
            UndeliveredError: the broker does not take or acknowledge them in time.
        """
        for part in _parts(rows):
            await self.settle(MAX_IN_FLIGHT, MAX_BYTES_IN_FLIGHT)
            block = _Block(part)
            self._blocks.append(block)
            try:
                async with asyncio.timeout(self._timeout_s):
                    for row in part:
                        block.sent.append(await self._send(row, rewrite, row.line + line_shift, block))
                        self._n_in_flight += 1
            except (KafkaError, TimeoutError) as error:
                raise self._failed(error) from error

    async def settle(self, down_to: int = 0, down_to_bytes: int = 0) -> None:
        """Waits, oldest first, until no more than so many rows and bytes are in flight.

        Raises:
            UndeliveredError: the broker did not acknowledge one in time; the tally holds what came before it.
        """
        while self._blocks and (self._n_in_flight > down_to or self._n_bytes > down_to_bytes):
            try:
                async with asyncio.timeout(self._timeout_s):
                    await self._settle(self._blocks[0])
            except (KafkaError, TimeoutError) as error:
                raise self._failed(error) from error
            self._n_bytes -= self._blocks.popleft().n_bytes

    async def cover(self) -> None:
        """Writes to `ops.coverage` how far in event time the source has been read; nothing before the first tweet."""
        tally = self.tally
        if tally.newest is None:
            return
        record = Coverage(
            source=self._source, covered_until=tally.newest, at=datetime.now(UTC), n_tweets=tally.n_tweets
        )
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._producer.send_and_wait(self._coverage, encode(record), self._source.encode())
        except (KafkaError, TimeoutError) as error:
            raise self._failed(error) from error

    def abandon(self) -> None:
        """Waits no longer for anything: nobody would ever look at the failures of what is in flight."""
        for block in self._blocks:
            for _tweet_id, _line, future in block.sent:
                future.cancel()
        self._blocks.clear()
        self._n_bytes = 0

    async def _send(
        self, row: AnyRow, rewrite: Rewrite, line: int, block: _Block
    ) -> tuple[str | None, int, asyncio.Future[Any]]:
        if not isinstance(row, Row):
            return None, line, await self._refuse(row, row.error, line, block)
        tweet = row.tweet if rewrite.is_identity else rewrite(row.tweet)
        value = encode(tweet)
        key = (tweet.id if tweet.official else tweet.author).encode()
        if len(value) + len(key) > MAX_VALUE_BYTES:
            error = RejectedError(f"the tweet takes {len(value)} bytes; {MAX_VALUE_BYTES} fit into {RAW}")
            return None, line, await self._refuse(row, error, line, block)
        self._hold(block, len(row.raw) + len(value))
        if block.newest is None or tweet.created_at > block.newest:
            block.newest = tweet.created_at
        return tweet.id, line, await self._producer.send(self._raw, value, key)

    async def _refuse(self, row: AnyRow, error: DalloshError, line: int, block: _Block) -> asyncio.Future[Any]:
        self._hold(block, len(row.raw))
        output = refused_row(row.raw, line=line, source=self._source, error=error, now=datetime.now(UTC))
        future: asyncio.Future[Any] = await self._producer.send(
            self._refused, output.value, output.key, headers=list(output.headers)
        )
        return future

    def _hold(self, block: _Block, n_bytes: int) -> None:
        """Counts what a row holds until its block is settled: the row as read and the record that waits."""
        block.n_bytes += n_bytes
        self._n_bytes += n_bytes

    async def _settle(self, block: _Block) -> None:
        tally, hooks = self.tally, self._hooks
        for row, (tweet_id, line, future) in zip(block.rows, block.sent, strict=False):
            place = await future  # a done future costs no switch of tasks
            self._n_in_flight -= 1
            if tweet_id is None:
                tally.n_refused += 1
            else:
                tally.n_tweets += 1
            tally.last, tally.last_line = row, line
            if tally.first_line is None:
                tally.first_line = line
            if hooks:
                topic = RAW_DEAD_LETTER if tweet_id is None else RAW
                entry = Acknowledged(
                    line=line, id=tweet_id, topic=topic, partition=place.partition, offset=place.offset
                )
                for hook in hooks:
                    hook(entry)
        if block.newest is not None and (tally.newest is None or block.newest > tally.newest):
            tally.newest = block.newest

    def _failed(self, error: BaseException) -> UndeliveredError:
        return UndeliveredError(f"the broker did not acknowledge the rows in time: {type(error).__name__}")


def _parts(rows: Sequence[AnyRow]) -> Iterator[Sequence[AnyRow]]:
    """Cuts rows where they would hold more than `BLOCK_BYTES`; a longer row stands alone."""
    start = n_bytes = 0
    for place, row in enumerate(rows):
        if place > start and n_bytes + len(row.raw) > BLOCK_BYTES:
            yield rows[start:place]
            start, n_bytes = place, 0
        n_bytes += len(row.raw)
    if rows:
        yield rows[start:]
