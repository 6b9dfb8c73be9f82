"""Each guard of the delivery path, and how a worker loses it: what a careless change would leave behind.

Only test programs import this, before they start; the product knows nothing of it.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread

from schemas.taxonomy import DataPolicy
from schemas.tweet import ScrubbedTweet
from streams.core.acks import PartitionLedger
from streams.core.output import Output
from streams.core.policy import REASONS, Visible
from streams.kafka.delivery import PRODUCER_OPTIONS, Delivery, Pending
from streams.kafka.lane import Lane
from streams.kafka.security import client_options
from streams.kafka.stage import StageWorker
from streams.kafka.transactions import PartitionProducer
from streams.kafka.transport import LosslessConsumerThread, _Fetched
from streams.settings import Settings


def commit_the_highest() -> None:
    """Commits behind the highest finished record, whatever is still in flight before it."""
    finish = PartitionLedger.finish

    def careless(self: PartitionLedger, offsets: Any) -> None:
        finished = list(offsets)
        finish(self, finished)
        self._done = max(self._done, *(offset + 1 for offset in finished))

    PartitionLedger.finish = careless  # type: ignore[method-assign]


def read_the_generation_before_the_fetch() -> None:
    """Labels records with the assignment that was in force when the fetch began."""

    async def careless(
        self: LosslessConsumerThread, consumer: Any, active: Any, *args: Any, **options: Any
    ) -> _Fetched:
        assignment = self.current_assignment()
        records = await AIOKafkaConsumerThread._fetch_records(self, consumer, active, *args, **options)
        return _Fetched(assignment, records)

    LosslessConsumerThread._fetch_records = careless  # type: ignore[method-assign,assignment]


def let_go_without_waiting() -> None:
    """Gives partitions back while calls are in flight."""

    async def careless(self: StageWorker) -> None:
        await self._commit_all()
        self._assigned = None

    StageWorker.before_revoke = careless  # type: ignore[method-assign]


def trust_the_send() -> None:
    """Takes a queued output for a delivered one."""

    async def careless(self: Delivery, pending: Pending) -> None:
        for future in pending:
            future.add_done_callback(lambda done: done.exception())

    Delivery.confirm = careless  # type: ignore[method-assign]


def write_without_a_transaction() -> None:
    """Gives the router a plain idempotent producer, and a commit after the delivery."""
    begin, turn = PartitionProducer.__init__, Lane._turn

    def careless_init(self: PartitionProducer, settings: Settings, source: TopicPartition, *, group: str) -> None:
        begin(self, settings, source, group=group)
        self._producer = AIOKafkaProducer(**client_options(settings), **{**PRODUCER_OPTIONS, "linger_ms": 0})

    async def careless_deliver(self: PartitionProducer, outputs: Sequence[Output], *, next_offset: int) -> None:
        self._pending = []
        for output in outputs:
            await self._send(output)
        await asyncio.gather(*self._pending)

    async def careless_turn(self: Lane, producer: PartitionProducer, records: Sequence[ConsumerRecord]) -> None:
        await turn(self, producer, records)
        with contextlib.suppress(CommitFailedError, IllegalStateError):
            await self._consumer.commit({self._source: records[-1].offset + 1})

    PartitionProducer.__init__ = careless_init  # type: ignore[method-assign]
    PartitionProducer.deliver = careless_deliver  # type: ignore[method-assign]
    Lane._turn = careless_turn  # type: ignore[method-assign]


def show_everything(tweet: ScrubbedTweet, policy: DataPolicy) -> Visible:
    """Shows every target the text as written: a policy that nobody asks."""
    return Visible(tweet.text, tweet.context.text if tweet.context else None, REASONS[policy])


TAKE_AWAY: Final[dict[str, Callable[[], None]]] = {
    "ledger": commit_the_highest,
    "generation": read_the_generation_before_the_fetch,
    "wait_on_revoke": let_go_without_waiting,
    "delivery": trust_the_send,
    "transaction": write_without_a_transaction,
}
"""Called by a test's worker before it starts; `show_everything` is set in the test's own process instead."""
