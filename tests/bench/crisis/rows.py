"""From what was played to the rows of the report, each with what it must and what it should reach."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from tests.bench.crisis.figures import Figure, rate, share, weighted_share
from tests.bench.crisis.jobs import BY_MINUTE, Cold, Played
from tests.bench.crisis.peers import Found
from tests.bench.crisis.probes import Outcome, Probe, probes_of

Unit = Literal["share", "a year", "count", "tweets/s", "ratio"]
Verdict = Literal["ok", "below the aim", "missed", "shown"]
Goal = tuple[float, float]
"""What it must reach, what it should reach."""

_WITHIN: Final = 10
_FALSE: Final[Mapping[str, Goal]] = {"base": (2, 1), "hard": (4, 2)}
_FALSE_LOCAL: Final[Goal] = (2, 1)
_DETECTION: Final[Mapping[tuple[int, str], Goal]] = {
    (1_000, "x30"): (0.95, 0.99), (20_000, "x30"): (0.95, 0.99), (BY_MINUTE, "x30"): (0.95, 0.99),
    (1_000, "x10"): (0.6, 0.8), (20_000, "x10"): (0.98, 1.0), (BY_MINUTE, "x10"): (0.98, 1.0),
    (20_000, "x4"): (0.75, 0.9),
    (1_000, "+30, 20% located"): (0.65, 0.8), (20_000, "+60, 50% located"): (0.95, 0.99),
}  # fmt: skip
_SCOPE: Final[Mapping[str, Goal]] = {"scope, local": (0.93, 0.97), "scope, national": (0.85, 0.95)}
_CONFUSED: Final[Goal] = (0.04, 0.01)
_COLD_FOUND: Final[Goal] = (0.95, 1.0)
_BUSY: Final = 100_000
_TWEETS_PER_S: Final[Goal] = (50_000, 50_000)
_YEAR_TO_MONTH: Final[Goal] = (1.1, 1.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measure. A goal is a floor where `is_floor`, else a ceiling; without a goal the figure is only shown."""

    part: str
    measure: str
    figure: Figure
    unit: Unit
    goal: Goal | None = None
    is_floor: bool = True
    weighted: float | None = None
    note: str = ""
    peers: dict[str, Figure] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """What it comes to; of the measured value, not of its interval."""
        if self.goal is None:
            return "shown"
        must, aim = self.goal
        value = self.figure.value if self.is_floor else -self.figure.value
        if value < (must if self.is_floor else -must):
            return "missed"
        return "ok" if value >= (aim if self.is_floor else -aim) else "below the aim"

    def summary(self) -> dict[str, Any]:
        """Returns it as JSON has it."""
        return {
            "part": self.part, "measure": self.measure, "unit": self.unit, **self.figure.summary(),
            "weighted": self.weighted, "note": self.note, "must": self.goal and self.goal[0],
            "aim": self.goal and self.goal[1], "verdict": self.verdict,
            "peers": {name: figure.summary() for name, figure in self.peers.items()},
        }  # fmt: skip


def alarm_rows(played: Iterable[Played]) -> Iterator[Row]:
    """Yields the false alarms of each volume and setting, wide ones and local ones apart."""
    for (per_day, setting), those in _by_cell(one for one in played if one.years):
        years = sum(one.years for one in those)
        for is_wide in (True, False) if per_day != BY_MINUTE else (True,):
            found = [alarm for one in those for alarm in one.alarms if alarm.is_wide is is_wide]
            goal = _FALSE[setting] if is_wide else _FALSE_LOCAL
            reach = "national" if is_wide else "local"
            yield Row(
                part="alarms", measure=f"{reach} false alarms, {setting}, {volume(per_day)}",
                figure=rate(len(found), years), unit="a year", is_floor=False,
                goal=None if (per_day, setting) == (BY_MINUTE, "hard") else goal,
                note=", ".join(f"{topic} {n}" for topic, n in Counter(alarm.topic for alarm in found).most_common()),
            )  # fmt: skip


def detection_rows(played: Iterable[Played], peers: Mapping[int, Sequence[Found]]) -> Iterator[Row]:
    """Yields what was found of the outages of each volume, scope and floods with them."""
    for (per_day, _), those in _by_cell(one for one in played if one.outcomes):
        by_probe: defaultdict[str, list[Outcome]] = defaultdict(list)
        for one in those:
            for outcome in one.outcomes:
                by_probe[outcome.probe].append(outcome)
        probes = {probe.name: probe for probe in probes_of(per_day)}
        for name, outcomes in by_probe.items():
            match probes[name].sort:
                case "flood":
                    yield _flood(per_day, name, outcomes)
                case "echo":
                    yield Row(
                        part="echo", measure=f"another alert within 24 h of an outage, {volume(per_day)}", unit="share",
                        figure=share(sum(one.n_alerts > 0 for one in outcomes), len(outcomes)),
                    )  # fmt: skip
                case "scope":
                    yield _scope(per_day, name, outcomes)
                case _:
                    yield _found(per_day, probes[name], outcomes, peers.get(per_day, ()))
        told = _told(by_probe["scope, local"]) + _told(by_probe["scope, national"])
        if told:
            n_confused = sum(one.verdict == "confused" for one in told)
            yield Row(
                part="scope", measure=f"scope confused, {volume(per_day)}", figure=share(n_confused, len(told)),
                unit="share", goal=_CONFUSED, is_floor=False,
            )  # fmt: skip


def _found(per_day: int, probe: Probe, outcomes: Sequence[Outcome], peers: Sequence[Found]) -> Row:
    is_found = [one.after is not None and one.after <= probe.within for one in outcomes]
    note = ""
    if probe.sort == "local":
        n_any = sum(one.after_any is not None and one.after_any <= probe.within for one in outcomes)
        note = f"some alert, of the department or not: {n_any / len(outcomes):.1%}"
    return Row(
        part=probe.sort, measure=f"{probe.name} within {probe.within} min, {volume(per_day)}",
        figure=share(sum(is_found), len(outcomes)), unit="share", goal=_DETECTION.get((per_day, probe.name)),
        weighted=weighted_share(zip([one.weight for one in outcomes], is_found, strict=True)), note=note,
        peers={peer.peer: peer.found[probe.name] for peer in peers if probe.name in peer.found},
    )  # fmt: skip


def _scope(per_day: int, name: str, outcomes: Sequence[Outcome]) -> Row:
    told = _told(outcomes)
    verdicts = Counter(one.verdict for one in outcomes if one.verdict)
    return Row(
        part="scope", measure=f"{name} right, {volume(per_day)}", figure=share(verdicts["right"], len(told)),
        unit="share", goal=_SCOPE[name], note=", ".join(f"{verdict} {n}" for verdict, n in verdicts.most_common()),
    )  # fmt: skip


def _told(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Returns those of enough located tweets of which an alert said something."""
    return [one for one in outcomes if one.verdict not in (None, "untold")]


def _flood(per_day: int, name: str, outcomes: Sequence[Outcome]) -> Row:
    n = sum(one.n_alerts for one in outcomes)
    return Row(
        part="floods", measure=f"alerts of floods by {name}, {volume(per_day)}", figure=Figure(n, n, n, len(outcomes)),
        unit="count", goal=(0, 0), is_floor=False,
    )  # fmt: skip


def cold_rows(colds: Iterable[Cold]) -> Iterator[Row]:
    """Yields what new installs said in their first 48 hours."""
    for cold in sorted(colds, key=lambda one: one.per_day):
        where, n = volume(cold.per_day), cold.n_alarms
        yield Row(
            part="cold", measure=f"cold start, alarms in 48 h, {where}", figure=Figure(n, n, n, cold.n_starts),
            unit="count", goal=(0, 0), is_floor=False,
        )  # fmt: skip
        yield Row(
            part="cold", measure=f"cold start, outage after 18 h found, {where}",
            figure=share(cold.n_found, cold.n_starts), unit="share", goal=_COLD_FOUND,
        )  # fmt: skip


def cost_rows(speeds: Mapping[str, Mapping[str, float]], memory: Mapping[str, float]) -> Iterator[Row]:
    """Yields speed and memory; a minute costs as much as some tens of tweets, so the goal is for a busy stream."""
    for per_day, speed in speeds.items():
        yield Row(
            part="cost", measure=f"replay on one core, {volume(int(per_day))}", unit="tweets/s",
            goal=_TWEETS_PER_S if int(per_day) >= _BUSY else None, note=f"{speed['minutes_per_s']:,.0f} minutes/s",
            figure=Figure(speed["tweets_per_s"], speed["tweets_per_s"], speed["tweets_per_s"], speed["n_tweets"]),
        )  # fmt: skip
    ratio = memory["year_mb"] / memory["month_mb"]
    yield Row(
        part="cost", measure="memory after a year against a month, 20k", figure=Figure(ratio, ratio, ratio, 1),
        unit="ratio", goal=_YEAR_TO_MONTH, is_floor=False,
        note=f"{memory['month_mb']:.0f} MB, {memory['year_mb']:.0f} MB",
    )  # fmt: skip


def volume(per_day: int) -> str:
    """Returns how a report writes tweets a day: `20k`."""
    return f"{per_day // 1000}k" if per_day >= 1_000 else str(per_day)


def _by_cell(played: Iterable[Played]) -> list[tuple[tuple[int, str], list[Played]]]:
    cells: defaultdict[tuple[int, str], list[Played]] = defaultdict(list)
    for one in played:
        cells[one.per_day, one.setting].append(one)
    return sorted(cells.items())
