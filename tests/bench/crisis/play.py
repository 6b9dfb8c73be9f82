"""Plays a stream through the detector, and incidents through copies of it that go on from random minutes."""

import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.alert import Alert
from schemas.classification import ClassifiedTweet
from streams.core.crisis.calendar import instant_of
from streams.core.crisis.detector import CrisisDetector
from streams.core.crisis.evidence import France
from streams.core.crisis.france import france_of
from streams.core.crisis.waves import CONFIRMED, COUNTRY
from streams.gazetteer import gazetteer
from tests.bench.crisis.incidents import Incident
from tests.bench.crisis.stream import Stream
from tests.bench.crisis.traffic import PARIS

Records = dict[str, Alert]
"""The last record of each alert."""

NEAR_MINUTES: Final = 60
"""After a benign event: an alarm so late is still put down to it."""


def france() -> France:
    """Returns departments and usual shares as the detector's process reads them."""
    return france_of(gazetteer())


class Player:
    """A detector and how far it has come in a stream."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.detector = CrisisDetector(france())
        self.minute = stream.traffic.first
        self.records: Records = {}

    def to(self, minute: int) -> None:
        """Plays the stream up to the beginning of a minute since 1970."""
        while self.minute < minute:
            end = min(minute, (self.minute // 60 + 1) * 60)
            _play(self.detector, self.stream.tweets(self.minute, end), end, self.records)
            self.minute = end

    @property
    def is_calm(self) -> bool:
        """Whether no confirmed alert is open: an incident may begin here."""
        return not any(one.state in CONFIRMED for one in self.records.values())

    def copy(self) -> Callable[[], CrisisDetector]:
        """Returns what makes a detector of the present state, as often as is asked."""
        state = pickle.dumps(self.detector, pickle.HIGHEST_PROTOCOL)

        def load() -> CrisisDetector:
            detector = pickle.loads(state)
            assert isinstance(detector, CrisisDetector)
            return detector

        return load


def play_incident(
    detector: CrisisDetector,
    stream: Stream,
    incident: Incident,
    n_minutes: int,
    is_enough: Callable[[Records], bool] = lambda records: False,
) -> Records:
    """Plays an incident minute by minute on the stream's own tweets, until enough is known; returns the alerts."""
    records: Records = {}
    for minute in range(incident.start, incident.start + n_minutes):
        tweets = [*stream.tweets(minute, minute + 1), *incident.tweets.get(minute, ())]
        _play(detector, tweets, minute + 1, records)
        if records and is_enough(records):
            break
    return records


def _play(detector: CrisisDetector, tweets: Sequence[ClassifiedTweet], end: int, records: Records) -> None:
    for tweet in tweets:
        detector.observe(tweet)
    detector.cover(instant_of(end))
    for alert in detector.advance():
        records[alert.id] = alert


def confirmed_after(alert: Alert, start: int, *, department: str | None = None) -> float | None:
    """Returns how many minutes after a minute an alert opened for the first time since then, a reopening included.

    With a department: how many until it was open and said that it is there.
    """
    if department is None:
        told = [one for one in alert.history if one.state == "open"]
    else:
        is_there = alert.scope == "local" and alert.area_code == department
        told = [one for one in alert.history if is_there and one.scope == "local" and one.state in CONFIRMED]
    return min((after for one in told if (after := one.at.timestamp() / 60 - start) > 0), default=None)


def first_confirmed(records: Mapping[str, Alert], start: int, *, department: str | None = None) -> float | None:
    """Returns how many minutes after the start the first alert opened; with a department, the first that names it."""
    found = (confirmed_after(alert, start, department=department) for alert in records.values())
    return min((after for after in found if after is not None), default=None)


@dataclass(frozen=True, slots=True)
class Alarm:
    """A confirmed top-level alert of a stream without outages; `hour` and `weekday` are local ones."""

    id: str
    topic: str
    is_wide: bool
    confirmed_at: datetime
    hour: int
    weekday: int
    near: str
    observed: int
    expected: float

    @property
    def told(self) -> str:
        """What a report says of it."""
        return f"{self.id} ({self.near or 'nothing near'})"


def alarms(records: Mapping[str, Alert], stream: Stream, *, start: int) -> Iterator[Alarm]:
    """Yields the confirmed top-level alerts from a minute on, with the benign event that may have caused each."""
    for alert in records.values():
        at = alert.confirmed_at
        if at is None or alert.parent is not None or at < instant_of(start):
            continue
        local = at.astimezone(PARIS)
        yield Alarm(
            id=alert.id, topic=alert.topic, is_wide=f"-{COUNTRY}-" in alert.id, confirmed_at=at, hour=local.hour,
            weekday=local.weekday(), near=_near(stream, int(at.timestamp()) // 60), observed=alert.observed,
            expected=alert.expected,
        )  # fmt: skip


def _near(stream: Stream, minute: int) -> str:
    names = [one.name for one in stream.events if one.start < minute <= one.start + one.n_minutes + NEAR_MINUTES]
    names += ["TV evening" for one in stream.traffic.evenings if one.start < minute <= one.end + NEAR_MINUTES]
    return ", ".join(names)
