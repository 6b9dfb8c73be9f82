"""The router: `tweets.classified` to the topic of the service that must act, each tweet and revision once."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from aiokafka import ConsumerRecord

from schemas.classification import ClassifiedTweet
from schemas.codec import UndecodableError, decode
from schemas.headers import origin_of, repaired_from
from schemas.taxonomy import Stage
from schemas.topics import DEAD_LETTER, NOISE, SERVICE_TOPICS
from streams import metrics
from streams.core.dead_letters import dead_letter
from streams.core.output import Output
from streams.core.routing import Decision, check_size, decide, outputs_of
from streams.core.seen import SeenIds
from streams.errors import RejectedError
from streams.kafka.seen import rebuild
from streams.kafka.transactional_stage import run_transactional_stage
from streams.settings import Settings

RECENT_IDS: Final = 50_000
"""Ids remembered per partition (at least; at most twice as many): a repeat from further back would pass."""
TAIL_RECORDS: Final = 2 * RECENT_IDS
"""Offsets read back per service and partition when a partition is taken over: at worst every other one is a marker."""
REBUILDS_AT_ONCE: Final = 3


class RouterDecider:
    """Routes the records of one partition; what it remembers is rebuilt from the service topics.

    Args:
        settings: the deployment.
        rebuilds: bounds how many partitions are read back at once, and so the memory that this takes.
    """

    topics: Sequence[str] = (*SERVICE_TOPICS, NOISE, DEAD_LETTER)

    def __init__(self, settings: Settings, rebuilds: asyncio.Semaphore) -> None:
        self._settings = settings
        self._rebuilds = rebuilds
        self._seen = SeenIds(RECENT_IDS)
        self._decisions: list[Decision] = []

    async def restore(self, partition: int) -> None:
        """Reads back what was routed from this partition number lately."""
        async with self._rebuilds:
            self._seen = await rebuild(self._settings, partition, n_recent=RECENT_IDS, n_tail=TAIL_RECORDS)

    def decide(self, records: Sequence[ConsumerRecord]) -> list[Output]:
        """Routes each record; what cannot be decoded becomes its dead letter."""
        self._decisions = []
        outputs: list[Output] = []
        for record in records:
            outputs += self._route(record)
        return outputs

    def settle(self) -> None:
        """Remembers the block and counts it."""
        self._seen.commit()
        for decision in self._decisions:
            metrics.ROUTED.labels(*_labels(decision)).inc()

    def undo(self) -> None:
        """Forgets the block."""
        self._seen.rollback()

    def _route(self, record: ConsumerRecord) -> list[Output]:
        try:
            tweet = decode(record.value, ClassifiedTweet)
            check_size(tweet, record.value, tuple(record.headers))
        except (UndecodableError, RejectedError) as error:
            return [dead_letter(record, stage=Stage.ROUTER, error=error, now=datetime.now(UTC))]
        origin = origin_of(record.headers, partition=record.partition, offset=record.offset)
        decision = decide(tweet, origin, self._seen, repaired_from(record.headers))
        self._decisions.append(decision)
        return outputs_of(tweet, origin, decision, value=record.value, headers=tuple(record.headers))


def _labels(decision: Decision) -> tuple[str, str]:
    """Returns the outcome and the service; repeats and duplicates have none."""
    service = getattr(decision, "service", None)
    return type(decision).__name__.lower(), "none" if service is None else service.value


def run(settings: Settings) -> int:
    """Runs the router until SIGTERM; returns the exit code."""
    rebuilds = asyncio.Semaphore(REBUILDS_AT_ONCE)
    return run_transactional_stage(settings, Stage.ROUTER, lambda: RouterDecider(settings, rebuilds))
