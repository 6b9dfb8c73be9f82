"""An erasure: a person or a tweet is searched in the topics and in Redis, and removed where that is possible.

Without `execute` nothing is written. With it Redis is cleared first, then tombstones and dispositions go out with the
record of the command; what fails in between is done by the next run, which finds what is left.
"""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from aiokafka import AIOKafkaProducer, ConsumerRecord

from schemas.codec import encode
from schemas.operations import Command
from schemas.topics import COMMANDS, DISPOSITIONS
from streams.core.forgetting import Relation, Search, Subject
from streams.core.output import Output
from streams.core.removals import Removals
from streams.errors import FatalError
from streams.kafka.command_producer import commit_outputs, open_command_producer
from streams.kafka.forgetting import Remaining, Searched, read_through, remaining, searched_topics
from streams.kafka.group import DECISIONS
from streams.kafka.letters import dispositions
from streams.settings import Settings
from streams.state.forgetting import StateKeys, forget_tweets

OUTPUTS_PER_TRANSACTION: Final = 200
SAY_INTERVAL_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked for: who asks, why, whom or what to forget."""

    command_id: str
    who: str
    why: str
    subject: Subject


@dataclass(slots=True)
class ForgetReport:
    """What was found, and what was or would be removed.

    `state` counts the keys in Redis, None where it was not reached: `obstacle` says why. `last_gone_by` is when the
    last of the records that age removes is gone; `n_endless` counts those that no age removes. `n_written` counts the
    tombstones and dispositions that the broker has committed.
    """

    found: Counter[Relation] = field(default_factory=Counter)
    topics: tuple[str, ...] = ()
    n_tweets: int = 0
    n_tombstones: int = 0
    n_discarded: int = 0
    n_written: int = 0
    n_endless: int = 0
    last_gone_by: datetime | None = None
    state: StateKeys | None = None
    obstacle: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing of the subject is left anywhere, as far as was looked."""
        return not self.found.total() and not (self.state and self.state.total)


async def forget(
    settings: Settings,
    order: Order,
    *,
    now: datetime,
    execute: bool,
    show: Callable[[Remaining], None],
    say: Callable[[str], None],
) -> ForgetReport:
    """Searches for the subject, and with `execute` removes what can be removed and records the command.

    Args:
        settings: the deployment.
        order: who, why, whom.
        now: aware instant of the command.
        execute: False writes nothing, to Kafka nor to Redis.
        show: gets every record that has to do with the subject, while topics are read.
        say: gets a line on progress now and then.

    Raises:
        FatalError: the broker failed, or another erasure or a `dallosh dlq` took over; what was removed stays so.
    """
    topics = await searched_topics(settings, required=(COMMANDS, DISPOSITIONS) if execute else ())
    erasure = _Erasure(settings, order, topics, now=now, show=show, say=say)
    await erasure.search(execute=execute)
    if not execute:
        await erasure.count()
        return erasure.report
    async with open_command_producer(
        settings,
        command=DECISIONS,
        noun="erasure",
        look="dallosh forget without --yes",
        n_sent=lambda: erasure.report.n_written,
        rival="another erasure, or a dallosh dlq,",
    ) as producer:  # it fences a replay under way, before the dispositions are read
        await erasure.write(producer)
    return erasure.report


class _Erasure:
    """One erasure on its way: what it has learned of the subject, what it is to remove, and its report so far."""

    def __init__(
        self, settings: Settings, order: Order, topics: Sequence[Searched], *, now: datetime,
        show: Callable[[Remaining], None], say: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.report = ForgetReport(topics=tuple(one.spec.name for one in topics))
        self._settings, self._order, self._topics, self._now = settings, order, topics, now
        self._show, self._say = show, say
        self._search, self._removals = Search(order.subject), Removals()

    async def search(self, *, execute: bool) -> None:
        """Reads the topics, and with `execute` clears what Redis holds."""
        if self._order.subject.kind == "author":  # a reply may stand before the tweet that it quotes
            await self._read("first reading", lambda *_: None)
        await self._read("reading", self._note)
        self.report.n_tweets = len(self._search.ids)
        await self._clear_state(execute=execute)

    async def count(self) -> list[Output]:
        """Counts the tombstones and dispositions that are due now, and returns them."""
        tombstones = self._removals.tombstones()
        verdicts = await dispositions(self._settings) if self._removals.n_letters else {}
        discarded = self._removals.discarded(verdicts, command_id=self._order.command_id, now=self._now)
        self.report.n_tombstones, self.report.n_discarded = len(tombstones), len(discarded)
        return [*tombstones, *discarded]

    async def write(self, producer: AIOKafkaProducer) -> None:
        """Writes in blocks; each carries the command's record, so that nothing goes without a trace of who did it."""
        outputs = await self.count()
        command = command_of(self._order, self.report, self._now)
        record = Output(COMMANDS, self._order.command_id.encode(), encode(command))
        for start in range(0, max(1, len(outputs)), OUTPUTS_PER_TRANSACTION):
            block = outputs[start : start + OUTPUTS_PER_TRANSACTION]
            await commit_outputs(self._settings, producer, [*block, record])
            self.report.n_written += len(block)

    async def _read(self, what: str, take: Callable[[Searched, ConsumerRecord, Relation | None], None]) -> None:
        progress = _Progress(what, self._topics, self._say)
        async with contextlib.aclosing(read_through(self._settings, self._topics, self._search)) as looks:
            async for one, record, relation in looks:
                progress.step(one)
                take(one, record, relation)

    def _note(self, one: Searched, record: ConsumerRecord, relation: Relation | None) -> None:
        is_compacted = one.keeping.is_compacted
        self._removals.note(record, one.spec.name, relation, is_compacted=is_compacted)
        if relation is None or (is_compacted and record.value is None):
            return
        found, report = remaining(one, record, relation), self.report
        report.found[relation] += 1
        if found.gone_by is None:
            report.n_endless += 1
        elif report.last_gone_by is None or found.gone_by > report.last_gone_by:
            report.last_gone_by = found.gone_by
        self._show(found)

    async def _clear_state(self, *, execute: bool) -> None:
        """Removes what Redis holds; where it does not answer, the topics are dealt with all the same."""
        try:
            self.report.state = await forget_tweets(
                self._settings, self._search.ids, self._search.near, execute=execute
            )
        except FatalError as error:
            self.report.obstacle = str(error)


def command_of(order: Order, report: ForgetReport, now: datetime) -> Command:
    """Returns the record of the command; it names nobody: `proof` is what the name gives with the command's id."""
    arguments = {
        "subject": order.subject.kind,
        "proof": order.subject.proof(order.command_id),
        **{relation.value: str(report.found[relation]) for relation in Relation},
        "tombstones": str(report.n_tombstones),
        "discarded": str(report.n_discarded),
        "redis_keys": "not reached" if report.state is None else str(report.state.total),
    }
    if report.last_gone_by is not None:
        arguments["last_gone_by"] = report.last_gone_by.isoformat()
    return Command(
        id=order.command_id, at=now, who=order.who, verb="forget", why=order.why, n_records=report.found.total(),
        arguments=arguments, outcome="done" if report.state is not None else "failed",
    )  # fmt: skip


class _Progress:
    """Says every ten seconds how far the reading is."""

    def __init__(
        self, what: str, topics: Sequence[Searched], say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._what, self._say, self._clock = what, say, clock
        self._n_most = sum(one.n_offsets for one in topics)
        self._n_read = 0
        self._said_at = clock()

    def step(self, one: Searched) -> None:
        """Counts a record."""
        self._n_read += 1
        if self._clock() - self._said_at >= SAY_INTERVAL_S:
            self._said_at = self._clock()
            self._say(f"{self._what}: {self._n_read:,} of at most {self._n_most:,} records, now {one.spec.name}")
