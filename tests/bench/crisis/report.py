"""The report of `make bench-crisis`: a Markdown table with goals and verdicts, and what caused false alarms."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tests.bench.crisis.figures import Figure
from tests.bench.crisis.jobs import Played
from tests.bench.crisis.peers import PEERS, Found
from tests.bench.crisis.rows import Row, Unit, volume


def lines(
    rows: Sequence[Row], played: Iterable[Played], peers: Mapping[int, Sequence[Found]], *, seconds: float
) -> Iterator[str]:
    """Yields the report's lines."""
    yield "| measure | value | n | by traffic | " + " | ".join(PEERS) + " | must | aim | |"
    yield "|---" * (7 + len(PEERS)) + "|"
    for row in rows:
        yield line(row)
    yield ""
    yield "Outages begin at uniformly random minutes; `by traffic` weighs them by the complaints expected then."
    yield "A campaign in own words has no common mark: many authors, one thing, within minutes is a wave, told as such."
    for per_day, found in peers.items():
        for one in found:
            shares = ", ".join(f"{name} {shown(figure, 'share')}" for name, figure in one.found.items())
            yield (
                f"{one.peer} at {volume(per_day)}, tuned to our rate: above {one.threshold:.3g}, "
                f"{one.false_per_year:.2g} false alarms a year; {shares}."
            )
    yield from causes(played)
    missed = [row.measure for row in rows if row.verdict == "missed"]
    yield f"{len(rows)} measures in {seconds / 60:.0f} min; missed: {', '.join(missed) or 'none'}."


def line(row: Row) -> str:
    """Returns a row of the table."""
    goals = ["", ""] if row.goal is None else [_goal(row, goal) for goal in row.goal]
    peers = [shown(row.peers[name], row.unit, interval=False) if name in row.peers else "" for name in PEERS]
    weighted = "" if row.weighted is None else f"{row.weighted:.1%}"
    n = f"{row.figure.n:,.0f} a" if row.unit == "a year" else f"{row.figure.n:,.0f}"
    measure = f"{row.measure} ({row.note})" if row.note else row.measure
    return "| " + " | ".join([measure, shown(row.figure, row.unit), n, weighted, *peers, *goals, row.verdict]) + " |"


def _goal(row: Row, goal: float) -> str:
    sign = ">=" if row.is_floor else "<="
    return f"{sign} {goal:.0%}" if row.unit == "share" else f"{sign} {goal:,g}"


def shown(figure: Figure, unit: Unit, *, interval: bool = True) -> str:
    """Returns a figure with its interval, in its unit."""
    match unit:
        case "share":
            value, low, high = (f"{one:.1%}" for one in (figure.value, figure.low, figure.high))
        case "a year" | "ratio":
            value, low, high = (f"{one:.2f}" for one in (figure.value, figure.low, figure.high))
        case "count" | "tweets/s":
            return f"{figure.value:,.0f}"
    return f"{value} [{low}, {high}]" if interval and figure.low != figure.high else value


def causes(played: Iterable[Played]) -> Iterator[str]:
    """Yields, for each volume and setting with false alarms, topic, kind, local hour and what was near."""
    causes: Counter[tuple[str, str]] = Counter()
    for one in played:
        for alarm in one.alarms:
            kind = "" if alarm.is_wide else " local"
            near = f", {alarm.near}" if alarm.near else ""
            causes[f"{volume(one.per_day)} {one.setting}", f"{alarm.topic}{kind} {alarm.hour} h{near}"] += 1
    for cell in dict.fromkeys(cell for cell, _ in causes):
        those = sorted((n, cause) for (where, cause), n in causes.items() if where == cell)
        yield f"False alarms, {cell}: " + "; ".join(f"{cause} ({n})" for n, cause in reversed(those)) + "."
