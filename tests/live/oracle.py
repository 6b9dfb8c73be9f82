"""What must be true of the alerts of a live run, told from the records alone."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import msgspec

from schemas.alert import Alert, Transition
from schemas.classification import ClassifiedTweet
from streams.core.crisis.detector import CrisisDetector
from streams.core.crisis.france import france_of
from streams.core.crisis.playback import play
from streams.gazetteer import gazetteer
from tests.live.plan import INCIDENTS, Incident
from tests.live.receiver import Taken
from tests.live.tail import Told

Line = tuple[str, int, str, str, datetime]
"""Id, seq, state, scope, and the minute in which it was said, in event time."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The alert of an incident. `event_delay_s`: from its first tweet to the confirmation, in event time.

    `real_delay_s`: from the ingest of the first tweet of the minute of the confirmation to its record on `ops.alerts`.
    """

    incident: str
    id: str
    scope: str
    area: str | None
    first_tweet_at: datetime
    confirmed_at: datetime
    event_delay_s: float
    real_delay_s: float


@dataclass(frozen=True, slots=True)
class Ingested:
    """A tweet's date, when `tweets.raw` had it (seconds since 1970), and the incident that it belongs to."""

    created_at: datetime
    at: float
    incident: Incident | None


def lines(records: Iterable[Alert]) -> list[Line]:
    """Returns records as they are compared, in the order of their telling within an alert."""
    return sorted((one.id, one.seq, one.state, one.scope, one.history[-1].at) for one in records)


def in_one_go(tweets: Iterable[ClassifiedTweet]) -> list[Alert]:
    """Returns what a detector says of the same labelled tweets as a file: none late, none twice, never killed."""
    by_id = {tweet.id: tweet for tweet in tweets if tweet.revision == 1}
    ordered = sorted(by_id.values(), key=lambda one: (one.created_at, one.id))
    return list(play(ordered, CrisisDetector(france_of(gazetteer()))))


def differences(records: Iterable[Alert], expected: Iterable[Alert]) -> list[str]:
    """Returns what a run told and one detector does not that judges the same tweets in one go, and what it alone tells.

    Tweets that came after their minute was judged make such differences: counts differ by them, and with the counts
    the minutes of transitions.
    """
    return list(_differences("", map(shown, lines(records)), map(shown, lines(expected))))


def problems_of(told: Sequence[Told], expected: Sequence[Alert]) -> Iterator[str]:
    """Yields what is wrong with the records of a run, however late its tweets were.

    Args:
        told: all records, as they came.
        expected: what one detector says of the same tweets in one go, record for record.
    """
    records = [one.alert for one in told]
    for (alert_id, seq), n in Counter((one.id, one.seq) for one in records).items():
        if n > 1:
            yield f"{alert_id} {seq} was told {n} times"
    yield from _gaps(records)
    yield from _differences("confirmed ", _confirmed(records), _confirmed(expected))
    yield from _wrong_alerts(latest(records))


def _gaps(records: Iterable[Alert]) -> Iterator[str]:
    """Yields where a record of an alert is lacking; one record tells all that a minute brought."""
    n_told: defaultdict[str, int] = defaultdict(int)
    for one in sorted(records, key=lambda one: one.seq):
        n_new = one.seq - n_told[one.id]
        if len({entry.at for entry in one.history[len(one.history) - n_new :]}) > 1:
            yield f"{one.id} lacks a record between {n_told[one.id]} and {one.seq}"
        n_told[one.id] = one.seq


def _differences(what: str, live: Iterable[str], replayed: Iterable[str]) -> Iterator[str]:
    ours, theirs = set(live), set(replayed)
    yield from (f"{what}only live: {one}" for one in sorted(ours - theirs))
    yield from (f"{what}only in one go: {one}" for one in sorted(theirs - ours))


def _confirmed(records: Iterable[Alert]) -> Iterator[str]:
    return (f"{one.id} {one.scope}" for one in latest(records).values() if one.confirmed_at is not None)


def shown(line: Line) -> str:
    """Returns a record in words."""
    alert_id, seq, state, scope, at = line
    return f"{alert_id} {seq} {state} {scope} at {at:%H:%M}"


def latest(records: Iterable[Alert]) -> dict[str, Alert]:
    """Returns the last record of each alert."""
    found: dict[str, Alert] = {}
    for one in sorted(records, key=lambda one: one.seq):
        found[one.id] = one
    return found


def notices_due(records: Iterable[Alert]) -> set[tuple[str, int]]:
    """Returns what is to be told of the alerts without a parent, as ids with the numbers of their history's entries.

    Told are the confirmation, an escalation, a wider scope and the end; a suspicion and an easing wave are not.
    """
    return {
        (one.id, number)
        for one in latest(records).values()
        if one.parent is None and one.confirmed_at is not None
        for number, (before, entry) in enumerate(pairwise((None, *one.history)), 1)
        if entry is not None and entry.at >= one.confirmed_at and _is_due(before, entry)
    }


def _is_due(before: Transition | None, entry: Transition) -> bool:
    if before is None or entry.state in ("escalated", "closed"):
        return True
    return entry.scope != before.scope or (entry.state == "open" and before.state in ("suspected", "closed"))


def problems_of_notices(taken: Sequence[Taken], told: Sequence[Told], down: tuple[float, float]) -> Iterator[str]:
    """Yields what is wrong with what a receiver took that was down from one instant to another, seconds since 1970."""
    n_taken = Counter((one.alert_id, one.seq) for one in taken)
    due = notices_due(one.alert for one in told)
    yield from (f"the receiver was told {n} times of {name} {seq}" for (name, seq), n in n_taken.items() if n > 1)
    yield from (f"the receiver was not told of {name} {seq}" for name, seq in sorted(due - n_taken.keys()))
    yield from (f"the receiver was told of {name} {seq}" for name, seq in sorted(n_taken.keys() - due))
    if not any(down[0] <= one.seen_at < down[1] for one in told if (one.alert.id, one.alert.seq) in due):
        yield "no alert came while the receiver was down"


def found_of(told: Sequence[Told], ingested: Sequence[Ingested]) -> list[Found]:
    """Returns the alert of each incident that has just one, in the order of the incidents."""
    by_id = latest(one.alert for one in told)
    found: list[Found] = []
    for incident, ids in _by_incident(by_id).items():
        if len(ids) == 1:
            found.append(_found(incident, by_id[ids[0]], told, ingested))
    return found


def _found(incident: Incident, alert: Alert, told: Sequence[Told], ingested: Sequence[Ingested]) -> Found:
    confirmed_at = alert.confirmed_at
    assert confirmed_at is not None
    first = min(one.created_at for one in ingested if one.incident is incident)
    read_at = min(one.at for one in ingested if one.created_at >= confirmed_at)
    told_at = min(one.seen_at for one in told if one.alert.id == alert.id and one.alert.confirmed_at is not None)
    return Found(
        incident=incident.name, id=alert.id, scope=alert.scope, area=alert.area_code, first_tweet_at=first,
        confirmed_at=confirmed_at, event_delay_s=(confirmed_at - first).total_seconds(),
        real_delay_s=round(told_at - read_at, 2),
    )  # fmt: skip


def _wrong_alerts(by_id: Mapping[str, Alert]) -> Iterator[str]:
    """Yields where the confirmed alerts without a parent are not exactly one of each incident, of its scope."""
    confirmed = {alert_id for alert_id, one in by_id.items() if one.confirmed_at is not None and one.parent is None}
    of_incidents = _by_incident(by_id)
    for incident, ids in of_incidents.items():
        if len(ids) != 1:
            yield f"the {incident.name} incident has {len(ids)} confirmed alerts"
        for alert_id in ids:
            alert = by_id[alert_id]
            if (alert.scope, alert.area_code) != (incident.scope, incident.department or "FR"):
                yield f"{alert_id} says {alert.scope} {alert.area_code} of the {incident.name} incident"
            if alert.state != "closed":
                yield f"{alert_id} is {alert.state} at the end"
    for alert_id in sorted(confirmed - {alert_id for ids in of_incidents.values() for alert_id in ids}):
        yield f"{alert_id} is confirmed and no incident's"


def _by_incident(by_id: Mapping[str, Alert]) -> dict[Incident, list[str]]:
    """Returns the ids of the confirmed alerts without a parent whose wave begins within each incident."""
    return {
        incident: [
            alert_id
            for alert_id, one in by_id.items()
            if one.confirmed_at is not None and one.parent is None and incident.start <= one.confirmed_at < incident.end
        ]
        for incident in INCIDENTS
    }
