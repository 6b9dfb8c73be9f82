"""The incidents that are played from each random minute of a stream, and what counts of each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from schemas.alert import Alert
from streams.core.crisis.detector import CrisisDetector
from tests.bench.crisis.incidents import (
    OUTAGE_MINUTES,
    Incident,
    author_flood,
    campaign,
    conversation_flood,
    local_outage,
    outage,
)
from tests.bench.crisis.play import Player, Records, first_confirmed, play_incident
from tests.bench.crisis.stream import Stream

Sort = Literal["national", "local", "scope", "flood", "campaign", "echo"]
Verdict = Literal["right", "unknown", "confused", "untold"]

LEAST_LOCATED: Final = 8
_SCOPE_MINUTES: Final = 30
_FLOOD_MINUTES: Final = 60
_ECHO_MINUTES: Final = 1440
_ECHO_EVERY: Final = 10


@dataclass(frozen=True, slots=True)
class Probe:
    """One incident as it is made: `within` minutes from its start it should be confirmed.

    It is played at one in `every` of the random minutes.
    """

    name: str
    sort: Sort
    within: int
    make: Callable[[Stream, int, np.random.Generator], Incident]
    every: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a probe; `weight` is the traffic of its minute.

    `after` are the minutes until an alert (of the department, for a local outage), `after_any` until any alert at all.
    `verdict` on the scope is given where at least `LEAST_LOCATED` of the incident's tweets named a place.
    """

    probe: str
    weight: float
    after: float | None
    after_any: float | None
    verdict: Verdict | None = None
    n_alerts: int = 0


def national(factor: float) -> Probe:
    """Returns the outage in the whole country that multiplies network complaints."""
    return Probe(
        f"x{factor:g}", "national", 10, lambda stream, start, rng: outage(stream, start, factor, rng, n_minutes=10)
    )  # fmt: skip


def local(n_tweets: int, located_share: float) -> Probe:
    """Returns the outage in one department."""
    name = f"+{n_tweets}, {located_share:.0%} located"
    return Probe(name, "local", 20, lambda _, start, rng: local_outage(start, n_tweets, located_share, rng))


def probes_of(per_day: int) -> tuple[Probe, ...]:
    """Returns the incidents that a volume's cells need."""
    busy = per_day >= 10_000
    factor, n_minutes = (10, _SCOPE_MINUTES) if busy else (30, OUTAGE_MINUTES)
    return (
        *(national(factor) for factor in (30, 10, 4, 2)),
        local(60, 0.5) if busy else local(30, 0.2),
        local(8, 0.2),
        Probe("scope, local", "scope", 0, lambda _, start, rng: local_outage(start, 60, rng.choice((0.2, 0.5)), rng)),
        Probe(
            "scope, national",
            "scope",
            0,
            lambda stream, start, rng: outage(stream, start, factor, rng, n_minutes=n_minutes),
        ),
        Probe("one author", "flood", 0, lambda _, start, rng: author_flood(start, rng)),
        Probe("one conversation", "flood", 0, lambda _, start, rng: conversation_flood(start, rng)),
        Probe("campaign in own words", "campaign", _FLOOD_MINUTES, lambda _, start, rng: campaign(start, rng)),
        Probe("echo", "echo", 0, lambda stream, start, rng: outage(stream, start, factor, rng), every=_ECHO_EVERY),
    )


def play_probes(player: Player, number: int, rng: np.random.Generator) -> list[Outcome]:
    """Plays the probes of the `number`-th random minute, the player's present one, each on a copy of its detector."""
    load = player.copy()
    probes = (probe for probe in probes_of(int(player.stream.traffic.per_day)) if number % probe.every == 0)
    return [played(probe, load, player.stream, player.minute, rng) for probe in probes]


def played(
    probe: Probe, load: Callable[[], CrisisDetector], stream: Stream, start: int, rng: np.random.Generator
) -> Outcome:
    """Plays one probe."""
    incident = probe.make(stream, start, rng)
    weight = stream.network_rate(start)
    if probe.sort == "scope":
        records = play_incident(load(), stream, incident, scope_minutes(incident))
        return Outcome(probe.name, weight, None, first_confirmed(records, start), judged_scope(records, incident))
    if probe.sort == "flood":
        return Outcome(probe.name, weight, None, None, n_alerts=flood_alerts(load, stream, incident))
    if probe.sort == "echo":
        records = play_incident(load(), stream, incident, _ECHO_MINUTES)
        return Outcome(probe.name, weight, None, None, n_alerts=echoes(records, start + OUTAGE_MINUTES))
    department = incident.department

    def is_found(records: Records) -> bool:
        return first_confirmed(records, start, department=department) is not None

    records = play_incident(load(), stream, incident, probe.within, is_found)
    after = first_confirmed(records, start, department=department)
    return Outcome(probe.name, weight, after, first_confirmed(records, start))


def scope_minutes(incident: Incident) -> int:
    """Returns how long to play until the scope can be judged: half an hour, longer where few name a place."""
    if len(incident.located_at_s) < LEAST_LOCATED:
        return 0
    eighth = int(sorted(incident.located_at_s)[LEAST_LOCATED - 1]) // 60 + 1
    return min(OUTAGE_MINUTES, max(_SCOPE_MINUTES, eighth + 1 - incident.start))


def judged_scope(records: Mapping[str, Alert], incident: Incident) -> Verdict | None:
    """Returns whether the alerts say rightly where an incident is.

    Confused: national for a local one, local or regional for a national one, another department than the right one.
    Untold: nothing was confirmed. Only alerts without a parent are read, as a manager does.
    """
    if len(incident.located_at_s) < LEAST_LOCATED:
        return None
    told = [one for one in records.values() if one.parent is None and first_confirmed({one.id: one}, incident.start)]
    if not told:
        return "untold"
    if incident.department is None:
        wrong = any(one.scope in ("local", "regional") for one in told)
        right = any(one.scope == "national" for one in told)
    else:
        right = any(one.scope == "local" and one.area_code == incident.department for one in told)
        wrong = any(
            one.scope == "national" or (one.scope == "local" and one.area_code != incident.department) for one in told
        )  # fmt: skip
    return "confused" if wrong else "right" if right else "unknown"


def flood_alerts(load: Callable[[], CrisisDetector], stream: Stream, incident: Incident) -> int:
    """Returns how many alerts a flood raises that the stream without it does not."""
    records = play_incident(load(), stream, incident, _FLOOD_MINUTES)
    if first_confirmed(records, incident.start) is None:
        return 0
    without = play_incident(load(), stream, Incident(incident.start), _FLOOD_MINUTES)
    n, n_without = (
        sum(first_confirmed({one.id: one}, incident.start) is not None for one in found.values())
        for found in (records, without)
    )
    return max(0, n - n_without)


def echoes(records: Mapping[str, Alert], end: int) -> int:
    """Returns how often an alert opened, or opened again, after an outage was over; its own alert may come late."""
    opened = [one.at.timestamp() / 60 for alert in records.values() for one in alert.history if one.state == "open"]
    n_after = sum(at > end for at in opened)
    return n_after if n_after < len(opened) else max(0, n_after - 1)
