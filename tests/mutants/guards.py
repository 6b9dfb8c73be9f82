"""Each guard of the delivery path, and how a worker loses it: what a careless change would leave behind.

Only test programs import this, before they start; the product knows nothing of it.
"""

from collections.abc import Callable
from typing import Any, Final

from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread

from streams.core.acks import PartitionLedger
from streams.kafka.delivery import Delivery, Pending
from streams.kafka.stage import StageWorker
from streams.kafka.transport import LosslessConsumerThread, _Fetched


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


TAKE_AWAY: Final[dict[str, Callable[[], None]]] = {
    "ledger": commit_the_highest,
    "generation": read_the_generation_before_the_fetch,
    "wait_on_revoke": let_go_without_waiting,
    "delivery": trust_the_send,
}
