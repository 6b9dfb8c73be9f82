"""The whole audit: figures of all, by account, month, weekday, hour, topic and priority, and what still waits."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Final

import msgspec

from schemas.taxonomy import PRIORITIES, Priority, Topic
from streams.core.audit.figures import DAY_S, HOUR_S, Sla, Ticket, Tone, Waiting, Written, tone_of, waiting_of
from streams.core.audit.survival import Step, at_times, kaplan_meier
from streams.core.crisis.calendar import ZONE

UNKNOWN: Final = "unknown"
"""Where a reply's tweet is not known, or has no labels."""
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PRIORITY_NAMES: Final[dict[Priority, str]] = {2: "2 high", 1: "1 medium", 0: "0 low"}
AGES_S: Final = (HOUR_S, 4 * HOUR_S, DAY_S, 3 * DAY_S, 7 * DAY_S, 14 * DAY_S, 30 * DAY_S)
"""Where the classes of age of unanswered tweets end; the last class is open."""
CURVE_S: Final = tuple(hours * HOUR_S for hours in (0, 1, 2, 4, 8, 12, 17, 24, 36)) + tuple(
    days * DAY_S for days in (2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 17, 21, 25, 30)
)
"""Where the share that still waits is told."""


class Dimension(StrEnum):
    """What figures are told by. Times are of France: of tweets when they came, of replies when they were written.

    An account has the tweets that it answered first; those that nobody answered are nobody's.
    """

    ACCOUNT = "account"
    MONTH = "month"
    WEEKDAY = "weekday"
    HOUR = "hour"
    TOPIC = "topic"
    PRIORITY = "priority"


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one value of a dimension."""

    name: str
    waiting: Waiting
    tone: Tone


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """Unanswered tweets of one priority by age: one number for each class of `AGES_S` and one for all above."""

    priority: str
    by_age: tuple[int, ...]
    overdue: int | None
    """Those older than the priority's SLA; None where they have no priority."""

    @property
    def n(self) -> int:
        """All of them."""
        return sum(self.by_age)


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """The share of the tweets of one priority, or of all, that still wait at each of `CURVE_S` (Kaplan-Meier)."""

    name: str
    steps: tuple[Step, ...]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The audit.

    `n_without_tweet` replies answer tweets that are not known: they count for their form alone. `openings`: how many
    replies begin with each template, the most frequent first; None where texts were not at hand.
    """

    since: datetime | None
    until: datetime
    sla_s: dict[str, float]
    total: Group
    by: dict[str, tuple[Group, ...]]
    backlog: tuple[Backlog, ...]
    curves: tuple[Curve, ...]
    n_without_tweet: int = 0
    openings: tuple[int, ...] | None = None


def report_of(
    tickets: Sequence[Ticket],
    written: Sequence[Written],
    *,
    since: datetime | None,
    now: datetime,
    sla: Sla,
    n_without_tweet: int = 0,
    openings: Sequence[int] | None = None,
) -> Report:
    """Sums up tweets and replies.

    Args:
        tickets: every customer's tweet, answered or not.
        written: every reply.
        since: the first instant that they were looked for; None: whatever there was.
        now: until when tweets without an answer have waited.
        sla: seconds by priority.
        n_without_tweet: see `Report`.
        openings: see `Report`.
    """
    return Report(
        since=since,
        until=now,
        sla_s={priority_name(priority): sla[priority] for priority in reversed(PRIORITIES)},
        total=_group("all", tickets, written, now, sla),
        by={
            one.value: tuple(
                (_accounts if one is Dimension.ACCOUNT else partial(_groups, one))(tickets, written, now, sla)
            )
            for one in Dimension
        },
        backlog=tuple(_backlog(tickets, now, sla)),
        curves=tuple(_curves(tickets, now)),
        n_without_tweet=n_without_tweet,
        openings=None if openings is None else tuple(openings),
    )


def priority_name(priority: Priority | None) -> str:
    """Returns a priority with its word: "2 high"."""
    return UNKNOWN if priority is None else PRIORITY_NAMES[priority]


def topic_name(topic: Topic | None) -> str:
    """Returns a topic's value."""
    return UNKNOWN if topic is None else topic.value


_TIMES: Final[dict[Dimension, Callable[[datetime], str]]] = {
    Dimension.MONTH: lambda at: f"{at:%Y-%m}",
    Dimension.WEEKDAY: lambda at: WEEKDAYS[at.weekday()],
    Dimension.HOUR: lambda at: f"{at:%H} h",
}
_ORDER: Final[dict[Dimension, tuple[str, ...]]] = {
    Dimension.WEEKDAY: WEEKDAYS,
    Dimension.TOPIC: (*(topic.value for topic in Topic), UNKNOWN),
    Dimension.PRIORITY: (*PRIORITY_NAMES.values(), UNKNOWN),
}


def _name(dimension: Dimension, one: Ticket | Written) -> str:
    match dimension:
        case Dimension.ACCOUNT:
            return one.account or UNKNOWN
        case Dimension.TOPIC:
            return topic_name(one.topic)
        case Dimension.PRIORITY:
            return priority_name(one.priority)
        case _:
            return _TIMES[dimension](one.at.astimezone(ZONE))


def _groups(
    dimension: Dimension, tickets: Iterable[Ticket], written: Iterable[Written], now: datetime, sla: Sla
) -> list[Group]:
    of_tickets: dict[str, list[Ticket]] = {}
    of_written: dict[str, list[Written]] = {}
    for ticket in tickets:
        of_tickets.setdefault(_name(dimension, ticket), []).append(ticket)
    for reply in written:
        of_written.setdefault(_name(dimension, reply), []).append(reply)
    names = of_tickets.keys() | of_written.keys()
    order = _ORDER.get(dimension)
    return [
        _group(name, of_tickets.get(name, ()), of_written.get(name, ()), now, sla)
        for name in (sorted(names) if order is None else [name for name in order if name in names])
    ]


def _accounts(tickets: Iterable[Ticket], written: Iterable[Written], now: datetime, sla: Sla) -> list[Group]:
    """Returns the groups of the accounts: a tweet without an answer is nobody's, so shares of it are not known."""
    answered = [ticket for ticket in tickets if ticket.account is not None]
    return [
        msgspec.structs.replace(
            group, waiting=msgspec.structs.replace(group.waiting, answered_share=None, km_median_s=None)
        )
        for group in _groups(Dimension.ACCOUNT, answered, written, now, sla)
    ]


def _group(name: str, tickets: Sequence[Ticket], written: Sequence[Written], now: datetime, sla: Sla) -> Group:
    return Group(name=name, waiting=waiting_of(tickets, now=now, sla=sla), tone=tone_of(written))


def _backlog(tickets: Iterable[Ticket], now: datetime, sla: Sla) -> list[Backlog]:
    ages: dict[Priority | None, Counter[int]] = {}
    overdue: Counter[Priority | None] = Counter()
    for ticket in tickets:
        wait = ticket.wait(now)
        if not wait.ended:
            place = sum(wait.seconds >= end for end in AGES_S)
            ages.setdefault(ticket.priority, Counter())[place] += wait.n
            if ticket.priority is not None and wait.seconds > sla[ticket.priority]:
                overdue[ticket.priority] += wait.n
    shown = [*reversed(PRIORITIES), *([None] if None in ages else [])]
    return [
        Backlog(
            priority=priority_name(priority),
            by_age=tuple(ages.get(priority, Counter())[place] for place in range(len(AGES_S) + 1)),
            overdue=None if priority is None else overdue[priority],
        )
        for priority in shown
    ]


def _curves(tickets: Sequence[Ticket], now: datetime) -> list[Curve]:
    """Returns the curve of all tweets and that of each priority that has any."""
    curves = [("all", [ticket.wait(now) for ticket in tickets])]
    for priority in reversed(PRIORITIES):
        waits = [ticket.wait(now) for ticket in tickets if ticket.priority == priority]
        curves += [(priority_name(priority), waits)] if waits else []
    return [Curve(name=name, steps=tuple(at_times(kaplan_meier(waits), CURVE_S))) for name, waits in curves if waits]
