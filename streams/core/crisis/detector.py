"""The crisis detector: classified tweets and coverage in, alerts out, in event time."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.alert import Alert, AlertVerdict
from schemas.classification import ClassifiedTweet
from streams.core.crisis.alerts import record_of
from streams.core.crisis.calendar import instant_of, minute_of
from streams.core.crisis.evidence import France
from streams.core.crisis.gathering import Entry, Gathering
from streams.core.crisis.intake import FAMILY_OF, Counted, Intake, Uncounted, key_of
from streams.core.crisis.series import Minute
from streams.core.crisis.shares import DayScreen
from streams.core.crisis.tuning import MINUTES_PER_HOUR, SECONDS_PER_MINUTE, Tuning
from streams.core.crisis.watch import Watch
from streams.core.crisis.waves import Wave

NEVER: Final = -(10**10)
"""A minute before all dates."""


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
        self.shares = DayScreen(self.tuning.screen)
        self._pending: defaultdict[int, list[Entry]] = defaultdict(list)
        self.next_minute: int | None = None
        self.newest = NEVER
        self.is_over = False
        self.covered = self.assured = self.last_seen = NEVER

    def observe(self, tweet: ClassifiedTweet, recorded_minute: int | None = None) -> None:
        """Takes a classified tweet; only its first revision counts.

        Args:
            tweet: as it was published.
            recorded_minute: since 1970, when it was: event time goes no further, for a clock that is some minutes fast
                would make the tweets of all others late. None: its date is believed.
        """
        if tweet.revision > 1 or tweet.moved_to is not None:
            return
        at_s = tweet.created_at.timestamp()
        minute = int(at_s // SECONDS_PER_MINUTE)
        self.tally.n_tweets += 1
        if self.next_minute is None:
            self.next_minute = minute
        if minute < self.next_minute:
            if self._is_before_the_first(minute):
                self.next_minute = minute
            else:
                self.tally.n_late += 1
                return
        newest = minute if recorded_minute is None else min(minute, recorded_minute)
        if newest > self.newest:
            self.newest = newest
        self._pending[minute].append(Entry(at_s, tweet, key_of(tweet.author)))

    def _is_before_the_first(self, minute: int) -> bool:
        """Tells whether nothing was judged yet, and the first tweets came out of order: of several partitions."""
        return not self.watch.series.national.minute and minute >= (self.next_minute or 0) - self.tuning.first_minutes

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
        covered_until = instant_of(self.assured) if self.assured > NEVER else None
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
            if minute not in self._pending and not self._is_covered(minute):
                n_missing = self._n_missing(minute, end)
                if not n_missing:
                    return
                self.tally.n_missing_minutes += n_missing
                self.shares.miss(minute, n_missing)
                self.next_minute = minute + n_missing
                continue
            self.next_minute = minute + 1
            tweets = self._pending.pop(minute, ())
            now = self._read(minute, tweets)
            for wave in self.watch.tick(now):
                yield self._record(wave, minute)

    def _n_missing(self, minute: int, end: int) -> int:
        """Returns how many minutes from this one on no source has read; 0 while one may still say that it was read."""
        end = min([end, *self._pending])
        if not self.is_over:
            end = min(end, self.newest - self.tuning.patience_minutes + 1)
        return max(0, end - minute)

    def _n_empty(self, minute: int, end: int) -> int:
        """Returns how many covered minutes from this one on, of its hour, have no tweet."""
        if minute in self._pending or not self._is_covered(minute):
            return 0
        end = min(end, (minute // MINUTES_PER_HOUR + 1) * MINUTES_PER_HOUR, *self._pending)
        return min(end, max(self.last_seen + self.tuning.gap_minutes + 1, self.assured)) - minute

    def _is_covered(self, minute: int) -> bool:
        """Tells whether a minute without a tweet had none: the source says so, or tweets came just before."""
        return minute < self.assured or minute - self.last_seen <= self.tuning.gap_minutes

    def _read(self, minute: int, entries: Iterable[Entry]) -> Minute:
        now = Gathering(minute)
        for entry in sorted(entries, key=_order):
            self.last_seen = minute
            self.shares.take(entry.tweet, entry.author, minute)
            judged = self.intake.judge(entry.tweet, entry.author, minute)
            if isinstance(judged, Counted):
                self.tally.n_counted += 1
                now.count(entry, judged)
            elif judged is Uncounted.CHRONIC:
                self.tally.n_chronic += 1
            elif judged is not Uncounted.NOT_A_COMPLAINT:
                self.tally.n_capped += 1
                now.cap(FAMILY_OF[entry.tweet.main_topic])
        return now.minute()


def _order(entry: Entry) -> tuple[float, str]:
    return entry.at_s, entry.tweet.id
