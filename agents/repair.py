"""A repair: tweets whose labels come from a lower level go to level 1 again, by an operator's command alone.

What is sent has the revision after the newest; the router lets the better label take the place of the old one, and a
repeat changes nothing. A tweet is on its way while its repair lies behind the classifier's committed offset: then it is
not sent again, and what level 1 gave up can be.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from aiokafka import AIOKafkaProducer

from agents.model_status import ModelStatus, model_status
from schemas.codec import encode
from schemas.headers import revision_of
from schemas.operations import Command
from schemas.taxonomy import Stage
from schemas.topics import CLASSIFIED, COMMANDS, SCRUBBED
from streams.core.output import Output
from streams.core.repair_plan import Histogram, RepairPlan, Wanted, expected_cost, repair_output
from streams.core.seen import fingerprint
from streams.errors import FatalError
from streams.kafka.admin import committed_offsets
from streams.kafka.command_producer import commit_outputs, open_command_producer
from streams.kafka.group import group_of
from streams.kafka.reading import scan
from streams.settings import Settings

TWEETS_PER_TRANSACTION: Final = 200
LOOK_INTERVAL_S: Final = 10.0
"""How often a repair looks whether level 1 still takes calls, and at what the day has cost."""

Status = Callable[[], Awaitable[ModelStatus]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What an operator asks for: who, why, which tweets, how many at most, how many a second."""

    command_id: str
    who: str
    why: str
    wanted: Wanted
    since_ms: int
    rate: float
    limit: int | None = None
    force: bool = False


@dataclass(slots=True)
class RepairReport:
    """What a repair did, or would do.

    `n_sent` counts what the broker has committed; `stopped` says why it ended early. `obstacle` is what keeps level 1
    from it now. `cost_usd` is expected, None where the price of the first model is unknown.
    """

    histogram: Histogram = field(default_factory=Histogram)
    n_sent: int = 0
    stopped: str | None = None
    obstacle: str | None = None
    first_model: str | None = None
    cost_usd: Decimal | None = None
    missing: tuple[str, ...] = ()


async def dry_run(settings: Settings, order: Order, *, status: Status | None = None) -> RepairReport:
    """Counts what a repair would send, and what it would cost; writes nothing.

    Raises:
        FatalError: the broker cannot be reached, or more was classified since than fits into memory.
    """
    report = RepairReport(histogram=(await _plan(settings, order)).histogram())
    _tell(report, order, settings, await (status or _status_of(settings))())
    return report


async def repair(settings: Settings, order: Order, *, now: datetime, status: Status | None = None) -> RepairReport:
    """Sends the tweets, `rate` a second, and records the command.

    Every transaction carries the command's record with the count so far; the last record of a command id stands.

    Args:
        settings: the deployment.
        order: what to send.
        now: aware instant of the command.
        status: tells how level 1's models are; None asks the workers' shared state.

    Raises:
        FatalError: level 1 takes no calls (unless `force`), another repair took over, or the broker failed; what was
            committed stays, the rest is untouched.
    """
    status = status or _status_of(settings)
    report = RepairReport()
    async with open_command_producer(
        settings, command="repair", noun="repair", look="dallosh repair --since ...", n_sent=lambda: report.n_sent
    ) as producer:  # it ends what a killed repair left open, before the topics are read
        plan = await _plan(settings, order)
        report.histogram = plan.histogram()
        _tell(report, order, settings, await status())
        if report.obstacle and not order.force and report.histogram.total:
            raise FatalError(report.obstacle, remedy="See: dallosh models. --force sends all the same")
        await _Sending(settings, order, producer, report, now, status).run(plan)
    return report


def obstacle(status: ModelStatus, settings: Settings) -> str | None:
    """Says why level 1 should get no repairs now; None where nothing is against it.

    Past the soft share of the day's budget the rest of it is left to the tweets of the day.
    """
    if not status.standings:
        return "no model of level 1 is configured"
    if all(one.position is None for one in status.standings):
        return "no model of level 1 takes calls: " + "; ".join(f"{one.target}: {one.why}" for one in status.standings)
    spent = max((one.state.level_spent_today_usd for one in status.standings if one.state), default=Decimal(0))
    soft = settings.budget_usd_per_day * Decimal(str(settings.budget_soft_share))
    if soft and spent >= soft:
        return f"level 1 has spent {spent:.2f} USD today, and {soft:.2f} is the soft share of its budget"
    return None


class _Sending:
    """Sends a plan's records block by block, at the order's rate."""

    def __init__(
        self, settings: Settings, order: Order, producer: AIOKafkaProducer, report: RepairReport, now: datetime,
        status: Status,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._order = order
        self._producer = producer
        self._report = report
        self._now = now
        self._status = status
        self._block: list[Output] = []
        self._n_per_block = max(1, min(TWEETS_PER_TRANSACTION, int(order.rate)))
        self._started_at = self._looked_at = time.monotonic()

    async def run(self, plan: RepairPlan) -> None:
        """Reads the classified tweets once more and sends those that the plan names."""
        limit = self._order.limit
        records = scan(self._settings, [CLASSIFIED], since_ms=self._order.since_ms, required=True)
        async with contextlib.aclosing(records):
            async for record in records:
                if limit is not None and self._report.n_sent + len(self._block) >= limit:
                    break
                if (kind := plan.pick(record)) is None:
                    continue
                self._block.append(repair_output(record, kind, command_id=self._order.command_id))
                if len(self._block) >= self._n_per_block and not await self._send():
                    return
        await self._send()

    async def _send(self) -> bool:
        """Sends the block when it is due; False when level 1 is in the way of more."""
        if not self._block:
            return True
        due_at = self._started_at + self._report.n_sent / self._order.rate
        await asyncio.sleep(max(0.0, due_at - time.monotonic()))
        self._report.stopped = await self._look()
        n_records = self._report.n_sent + (0 if self._report.stopped else len(self._block))
        block = [] if self._report.stopped else self._block
        await commit_outputs(self._settings, self._producer, [*block, self._command(n_records)])
        self._report.n_sent = n_records
        self._block = []
        return self._report.stopped is None

    async def _look(self) -> str | None:
        now = time.monotonic()
        if self._order.force or now - self._looked_at < LOOK_INTERVAL_S:
            return None
        self._looked_at = now
        return obstacle(await self._status(), self._settings)

    def _command(self, n_records: int) -> Output:
        order, wanted = self._order, self._order.wanted
        arguments = {
            "since_ms": order.since_ms,
            "until": wanted.until.isoformat() if wanted.until else None,
            "levels": ",".join(sorted(wanted.levels)),
            "priorities": ",".join(str(priority) for priority in sorted(wanted.priorities)) or None,
            "unsure": wanted.unsure or None,
            "rate": order.rate,
            "max": order.limit,
            "force": order.force or None,
            "stopped": self._report.stopped,
        }
        command = Command(
            id=order.command_id, at=self._now, who=order.who, verb="repair", why=order.why, n_records=n_records,
            arguments={name: str(value) for name, value in arguments.items() if value is not None},
        )  # fmt: skip
        return Output(COMMANDS, order.command_id.encode(), encode(command))


async def _plan(settings: Settings, order: Order) -> RepairPlan:
    """Reads first what is on its way: what arrives between the two readings is left out, and never sent twice."""
    plan = RepairPlan(order.wanted, await _on_their_way(settings))
    records = scan(settings, [CLASSIFIED], since_ms=order.since_ms, required=True)
    async with contextlib.aclosing(records):
        async for record in records:
            plan.note(record)
    return plan


async def _on_their_way(settings: Settings) -> set[int]:
    """Returns the hashes of the ids whose repairs the classifier has not finished."""
    offsets = await committed_offsets(settings, group_of(settings, Stage.CLASSIFIER))
    found: set[int] = set()
    records = scan(settings, [SCRUBBED], from_offsets=offsets, required=True)
    async with contextlib.aclosing(records):
        async for record in records:
            if record.key is not None and revision_of(record.headers) > 1:
                found.add(fingerprint(record.key))
    return found


def _status_of(settings: Settings) -> Status:
    async def ask() -> ModelStatus:
        return await model_status(settings)

    return ask


def _tell(report: RepairReport, order: Order, settings: Settings, status: ModelStatus) -> None:
    """Fills in what level 1 is like, and what it would cost there."""
    report.obstacle, report.missing = obstacle(status, settings), status.missing
    first = next((one for one in status.standings if one.position is not None), None)
    if first is not None:
        n_tweets = report.histogram.total if order.limit is None else min(order.limit, report.histogram.total)
        report.first_model = first.target.name
        report.cost_usd = expected_cost(n_tweets, first.usd_per_1000)
