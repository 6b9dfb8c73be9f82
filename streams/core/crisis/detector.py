"""The crisis detector: classified tweets and coverage in, alerts out, in event time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.alert import Alert, AlertVerdict
from schemas.classification import ClassifiedTweet
from streams.core.crisis.alerts import record_of
from streams.core.crisis.calendar import instant_of, minute_of
from streams.core.crisis.evidence import France, Located
from streams.core.crisis.intake import ALL, FAMILY_OF, Intake, Uncounted
from streams.core.crisis.marks import Mark
from streams.core.crisis.series import INDEX_OF, Minute
from streams.core.crisis.tuning import MINUTES_PER_HOUR, Tuning
from streams.core.crisis.watch import Watch
from streams.core.crisis.waves import Wave
from streams.core.seen import fingerprint

_ALL_INDEX: Final = INDEX_OF[ALL]
_LEAST_CONFIDENCE: Final = 0.5
"""Of a place that counts."""


@dataclass(slots=True)
class Tally:
    """What became of the tweets that were seen; `n_late` came after their minute was judged, and do not count."""

    n_tweets: int = 0
    n_counted: int = 0
    n_chronic: int = 0
    n_capped: int = 0
    n_late: int = 0
    n_missing_minutes: int = 0


class CrisisDetector:
    """Judges minute after minute, each when no tweet of it is expected any more.

    Tweets of one minute are taken in the order of their time and id, whatever order they came in, so that the same
    tweets give the same alerts with the same ids.

    Args:
        france: departments, their regions and usual shares.
        tuning: the configuration.
    """

    def __init__(self, france: France, tuning: Tuning | None = None) -> None:
        self.tuning = tuning or Tuning()
        self.watch = Watch(france, self.tuning)
        self.tally = Tally()
        self.intake = Intake()
        self._pending: dict[int, list[ClassifiedTweet]] = {}
        self.next_minute: int | None = None
        self.newest = -1
        self.is_over = False
        self.covered = self.assured = -1
        self.last_seen = 0

    def observe(self, tweet: ClassifiedTweet) -> None:
        """Takes a classified tweet; only its first revision counts."""
        if tweet.revision > 1 or tweet.moved_to is not None:
            return
        minute = minute_of(tweet.created_at)
        self.tally.n_tweets += 1
        if self.next_minute is None:
            self.next_minute = minute
        if minute < self.next_minute:
            if self._is_before_the_first(minute):
                self.next_minute = minute
            else:
                self.tally.n_late += 1
                return
        self.newest = max(self.newest, minute)
        self._pending.setdefault(minute, []).append(tweet)

    def _is_before_the_first(self, minute: int) -> bool:
        """Tells whether nothing was judged yet, and the first tweets came out of order."""
        return (
            not self.watch.series.national.minute and minute >= (self.next_minute or 0) - self.tuning.watermark_minutes
        )

    def assure(self, until: datetime) -> None:
        """Says that the sources were read up to an instant: minutes before it without a tweet had none.

        Their tweets may still be on the way.
        """
        self.assured = max(self.assured, minute_of(until))

    def cover(self, until: datetime) -> None:
        """Says that all tweets up to an instant have come: time moves to it, though none came."""
        self.assure(until)
        self.covered = max(self.covered, minute_of(until))

    def advance(self, limit: int | None = None) -> Iterator[Alert]:
        """Judges the minutes that are over; yields a record for each change of an alert.

        Args:
            limit: judge no minute from this one on: older tweets are still to be read.
        """
        if self.next_minute is not None:
            end = max(self.newest - self.tuning.watermark_minutes, self.covered)
            yield from self._judge(end if limit is None else min(end, limit))

    def acknowledge(self, alert_id: str, *, by: str, at: datetime) -> Alert | None:
        """Notes on an alert who has seen it; returns its record, or None where it is not known any more."""
        wave = self.watch.find(alert_id)
        if wave is None:
            return None
        wave.acknowledge(by, at.timestamp(), self._last)
        return self._record(wave, self._last)

    def close(self, alert_id: str, verdict: AlertVerdict, *, by: str, at: datetime) -> Alert | None:
        """Closes an alert by a human's judgement; returns its record, or None where it is not known any more."""
        wave = self.watch.find(alert_id)
        if wave is None:
            return None
        wave.dismiss(by, at.timestamp(), verdict, self._last)
        return self._record(wave, self._last)

    @property
    def _last(self) -> int:
        """The last minute that was judged."""
        return (self.next_minute or 1) - 1

    def _record(self, wave: Wave, minute: int) -> Alert:
        covered_until = instant_of(self.assured) if self.assured >= 0 else None
        return record_of(wave, minute, covered_until=covered_until, tuning=self.tuning)

    def finish(self) -> Iterator[Alert]:
        """Judges all that was seen: a file has come to its end."""
        if self.next_minute is not None:
            self.is_over = True
            yield from self._judge(self.newest + 1)

    def _judge(self, end: int) -> Iterator[Alert]:
        """Judges the minutes before `end`."""
        while self.next_minute is not None and self.next_minute < end:
            minute = self.next_minute
            n_empty = self._n_empty(minute, end)
            if n_empty and self.watch.is_at_rest:
                self.watch.idle(minute, n_empty)
                self.next_minute = minute + n_empty
                continue
            is_missing = minute not in self._pending and not self._is_covered(minute)
            if is_missing and not self.is_over and self.newest < minute + self.tuning.patience_minutes:
                return  # a source may still say that it was read
            self.next_minute = minute + 1
            if is_missing:
                self.tally.n_missing_minutes += 1
                continue
            tweets = self._pending.pop(minute, ())
            now = self._read(minute, tweets)
            for wave in self.watch.tick(now):
                yield self._record(wave, minute)

    def _n_empty(self, minute: int, end: int) -> int:
        """Returns how many covered minutes from this one on, of its hour, have no tweet."""
        if minute in self._pending or not self._is_covered(minute):
            return 0
        end = min(end, (minute // MINUTES_PER_HOUR + 1) * MINUTES_PER_HOUR, *self._pending)
        return min(end, max(self.last_seen + self.tuning.gap_minutes + 1, self.assured)) - minute

    def _is_covered(self, minute: int) -> bool:
        """Tells whether a minute without a tweet had none: the source says so, or tweets came just before."""
        return minute < self.assured or minute - self.last_seen <= self.tuning.gap_minutes

    def _read(self, minute: int, tweets: Iterable[ClassifiedTweet]) -> Minute:
        now = Minute(minute)
        for tweet in sorted(tweets, key=lambda one: (one.created_at, one.id)):
            self.last_seen = minute
            self._take(now, tweet)
        return now

    def _take(self, now: Minute, tweet: ClassifiedTweet) -> None:
        judged = self.intake.judge(tweet, now.minute)
        if judged is Uncounted.NOT_A_COMPLAINT:
            return
        if isinstance(judged, Uncounted):
            if judged is Uncounted.CHRONIC:
                self.tally.n_chronic += 1
            else:
                self.tally.n_capped += 1
                family = FAMILY_OF[tweet.main_topic]
                now.marks.setdefault(family, Mark(now.minute)).n_capped += 1
            return
        self.tally.n_counted += 1
        at_s = tweet.created_at.timestamp()
        if judged.in_family:
            now.counts[INDEX_OF[judged.family]] += 1
            now.marks.setdefault(judged.family, Mark(now.minute)).count(tweet.id, at_s, degraded=tweet.degraded)
            if tweet.places and (located := _located(tweet, now.minute, at_s)) is not None:
                now.located.setdefault(judged.family, []).append(located)
        if judged.in_all:
            now.counts[_ALL_INDEX] += 1
            now.marks.setdefault(ALL, Mark(now.minute)).count(tweet.id, at_s, degraded=tweet.degraded)


def _located(tweet: ClassifiedTweet, minute: int, at_s: float) -> Located | None:
    """Returns what a tweet says of where it is, or nothing where it names no department and no region."""
    sure = [place for place in tweet.places if place.confidence >= _LEAST_CONFIDENCE]
    departments = tuple(dict.fromkeys(place.department for place in sure if place.department))
    regions = tuple(dict.fromkeys(place.region for place in sure if place.region))
    if not departments and not regions:
        return None
    author = fingerprint(tweet.author.encode("utf-8", "surrogatepass"))
    return Located(minute, tweet.id, author, at_s, tweet.degraded, departments, regions)
