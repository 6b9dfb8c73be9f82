"""The figures of a reply audit as words: one list of columns for the terminal, the page and the CSV file."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import msgspec

from streams.core.audit.figures import DAY_S, HOUR_S
from streams.core.audit.report import AGES_S, Backlog, Dimension, Group, Report

NOTHING: Final = "-"


class Column(NamedTuple):
    """One column of a table of groups."""

    head: str
    told: Callable[[Group], str]


def duration(seconds: float | None) -> str:
    """Returns a duration in the unit that suits it: "45 s", "35 min", "17.0 h", "4.1 d"; - for none."""
    if seconds is None:
        return NOTHING
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < HOUR_S:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / HOUR_S:.1f} h" if seconds < 2 * DAY_S else f"{seconds / DAY_S:.1f} d"


def share(value: float | None) -> str:
    """Returns a share as "87.0 %"; - for none."""
    return NOTHING if value is None else f"{value:.1%}".replace("%", " %")


WAITING: Final = (
    Column("tweets", lambda one: f"{one.waiting.n_tweets:,}"),
    Column("answered", lambda one: f"{one.waiting.n_answered:,}"),
    Column("share", lambda one: share(one.waiting.answered_share)),
    Column("p10", lambda one: duration(one.waiting.p10_s)),
    Column("median", lambda one: duration(one.waiting.median_s)),
    Column("p90", lambda one: duration(one.waiting.p90_s)),
    Column("median of all", lambda one: duration(one.waiting.km_median_s)),
    Column("within SLA", lambda one: share(one.waiting.sla_share)),
)
TONE: Final = (
    Column("replies", lambda one: f"{one.tone.n_replies:,}"),
    Column("template", lambda one: share(one.tone.template)),
    Column("apology", lambda one: share(one.tone.apology)),
    Column("thanks", lambda one: share(one.tone.thanks)),
    Column("to private", lambda one: share(one.tone.redirection)),
    Column("by name", lambda one: share(one.tone.personalised)),
    Column("link", lambda one: share(one.tone.link)),
    Column("vous", lambda one: share(one.tone.vous)),
    Column("tu", lambda one: share(one.tone.tu)),
)
AFTER: Final = (
    Column("known", lambda one: f"{one.tone.n_after:,}"),
    Column("negative after", lambda one: share(one.tone.after_negative)),
    Column("neutral after", lambda one: share(one.tone.after_neutral)),
    Column("positive after", lambda one: share(one.tone.after_positive)),
    Column("calmer", lambda one: f"{one.tone.n_calmer:,}"),
    Column("angrier", lambda one: f"{one.tone.n_angrier:,}"),
)


def heads(columns: Sequence[Column]) -> list[str]:
    """Returns the headings."""
    return [column.head for column in columns]


def cells(group: Group, columns: Sequence[Column]) -> list[str]:
    """Returns the figures of a group under those headings."""
    return [column.told(group) for column in columns]


def age_names() -> list[str]:
    """Returns the names of the classes of age: "under 1 h", "1-4 h", "4-24 h" and so on to "over 30 d"."""
    return [f"under {_age(AGES_S[0])}", *(_between(*ends) for ends in pairwise(AGES_S)), f"over {_age(AGES_S[-1])}"]


def backlog_cells(row: Backlog) -> list[str]:
    """Returns the numbers of unanswered tweets: by age, all of them, and those beyond their SLA."""
    overdue = NOTHING if row.overdue is None else f"{row.overdue:,}"
    return [*(f"{n:,}" for n in row.by_age), f"{row.n:,}", overdue]


def csv_rows(report: Report) -> Iterator[list[str]]:
    """Yields a heading, then a row for all and for each group: durations in seconds, shares 0 to 1, blank: none."""
    first = report.total
    yield ["by", "name", *msgspec.structs.asdict(first.waiting), *msgspec.structs.asdict(first.tone)]
    yield ["all", "all", *_raw(first)]
    for dimension in Dimension:
        for group in report.by[dimension]:
            yield [dimension.value, group.name, *_raw(group)]


def _raw(group: Group) -> list[str]:
    values = [*msgspec.structs.asdict(group.waiting).values(), *msgspec.structs.asdict(group.tone).values()]
    return ["" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value) for value in values]


def _between(low: float, high: float) -> str:
    unit, size = ("h", HOUR_S) if low < DAY_S else ("d", DAY_S)
    return f"{low / size:g}-{high / size:g} {unit}"


def _age(seconds: float) -> str:
    return f"{seconds / HOUR_S:g} h" if seconds < DAY_S else f"{seconds / DAY_S:g} d"
