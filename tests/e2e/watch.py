"""What comes out of the pipe, read live with plain aiokafka: where each origin ends, who labelled it, each call."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Final, Self

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from schemas.headers import ORIGIN, text_of
from schemas.spend import Spend
from schemas.taxonomy import Level
from schemas.topics import DEAD_LETTER, NOISE, OFFICIAL, RAW_DEAD_LETTER, SERVICE_TOPICS, SPEND, TOPICS
from tests.e2e.process import TIMEOUT_S

TERMINAL: Final = (*SERVICE_TOPICS, NOISE, OFFICIAL, RAW_DEAD_LETTER, DEAD_LETTER)
POLL_MS: Final = 300
POLL_S: Final = 0.1


class NotEndedError(AssertionError):
    """Some origins have ended nowhere, or records still come, at the deadline."""


class Labelled(msgspec.Struct, frozen=True):
    """What is read of a record of a service."""

    id: str
    level: Level
    model: str
    classified_at: datetime
    revision: int = 1


@dataclass(slots=True)
class Watch:
    """Reads until its block ends.

    `ended`: origin -> its places, each a topic with what tells two records of it apart. `seen_at`: origin -> when it
    was first read, in seconds since 1970. `last_at`: the loop's time of the last record.
    """

    bootstrap: str
    namespace: str
    n_partitions: int
    ended: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    seen_at: dict[str, float] = field(default_factory=dict)
    labelled: list[Labelled] = field(default_factory=list)
    spend: list[Spend] = field(default_factory=list)
    last_at: float = 0.0
    _reading: asyncio.Task[None] | None = None
    _consumer: AIOKafkaConsumer | None = None

    async def __aenter__(self) -> Self:
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, isolation_level="read_committed")
        await consumer.start()
        self._consumer = consumer
        tps = [
            TopicPartition(f"{self.namespace}.{topic}", partition)
            for topic in (*TERMINAL, SPEND)
            for partition in range(TOPICS[topic].partitions or self.n_partitions)
        ]
        consumer.assign(tps)
        for tp in tps:
            consumer.seek(tp, 0)
        self._reading = asyncio.create_task(self._read(consumer))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        if self._consumer is not None:
            await self._consumer.stop()

    async def until_flowing(self, *, timeout_s: float = TIMEOUT_S) -> None:
        """Waits for the first labelled tweet."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        while not self.labelled:
            self._check()
            assert asyncio.get_running_loop().time() < deadline, f"nothing was labelled within {timeout_s:.0f} s"
            await asyncio.sleep(POLL_S)

    async def first(self, level: Level, after: float, *, timeout_s: float) -> float:
        """Waits for the first tweet that a level labelled after an instant; returns how many seconds after it."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        while (found := first_after(self.labelled, level, after)) is None:
            self._check()
            assert asyncio.get_running_loop().time() < deadline, f"{level} labelled nothing within {timeout_s:.0f} s"
            await asyncio.sleep(POLL_S)
        return found - after

    async def until_all_ended(self, n_rows: int, *, quiet_s: float, timeout_s: float = TIMEOUT_S) -> None:
        """Waits until every origin has come, and then for so long without a record: a late repeat would show."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while len(self.ended) < n_rows or loop.time() - self.last_at < quiet_s:
            self._check()
            if loop.time() > deadline:
                raise NotEndedError(f"{n_rows - len(self.ended)} of {n_rows} origins ended nowhere")
            await asyncio.sleep(POLL_S)

    @property
    def repeated(self) -> list[str]:
        """Origins that were met at two places, or twice at one service."""
        return [
            origin
            for origin, places in self.ended.items()
            if len(set(places)) > 1 or any(n > 1 and topic in SERVICE_TOPICS for (topic, _), n in _counted(places))
        ]

    def _check(self) -> None:
        if self._reading is not None and self._reading.done():
            self._reading.result()

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        loop = asyncio.get_running_loop()
        while True:
            polled = await consumer.getmany(timeout_ms=POLL_MS)
            for record in itertools.chain.from_iterable(polled.values()):
                self._note(record, record.topic.removeprefix(f"{self.namespace}."))
                self.last_at = loop.time()

    def _note(self, record: ConsumerRecord, topic: str) -> None:
        if topic == SPEND:
            self.spend.append(msgspec.json.decode(record.value, type=Spend))
            return
        origin, which = text_of(record.headers, ORIGIN), ""
        assert origin is not None
        if topic in SERVICE_TOPICS:
            said = msgspec.json.decode(record.value, type=Labelled)
            self.labelled.append(said)
            which = f"{said.id}/{said.revision}"
        self.seen_at.setdefault(origin, time.time())
        self.ended.setdefault(origin, []).append((topic, which))


def first_after(labelled: Iterable[Labelled], level: Level, after: float) -> float | None:
    """Returns the instant of the first tweet that a level labelled after another instant."""
    return min((at for at in instants(labelled, level) if at > after), default=None)


def instants(labelled: Iterable[Labelled], level: Level) -> list[float]:
    """Returns when a level labelled its tweets, in seconds since 1970, in order."""
    return sorted(one.classified_at.timestamp() for one in labelled if one.level == level)


def share(labelled: Iterable[Labelled], level: Level, begin: float, end: float) -> float:
    """Returns a level's share of the tweets that were labelled within a time; 0 where none was."""
    levels = Counter(one.level for one in labelled if begin <= one.classified_at.timestamp() < end)
    return levels[level] / max(1, levels.total())


def longest_gap_s(labelled: Iterable[Labelled], level: Level, begin: float, end: float) -> float:
    """Returns the longest time within a time in which a level labelled nothing."""
    met = [at for at in instants(labelled, level) if begin <= at < end]
    return max(after - before for before, after in itertools.pairwise([begin, *met, end]))


def _counted(places: Iterable[tuple[str, str]]) -> Iterable[tuple[tuple[str, str], int]]:
    return Counter(places).items()
