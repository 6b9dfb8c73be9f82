"""The daily screen: each topic's share of a French day against the four weeks before, for what grows over days.

One count an author, topic and day, five a conversation; what speaks of long ago counts, too, for a slow burn is just
that. Of authors nothing is kept but bits of the day that goes on.
"""

from collections import deque
from typing import Final

import msgspec

from schemas.classification import ClassifiedTweet
from schemas.shares import DayShares
from streams.core.crisis.calendar import day_of, first_minute
from streams.core.crisis.days import BASES, TOPICS, Day, Days, end_of
from streams.core.crisis.intake import is_complaint, key_of
from streams.core.crisis.tuning import Screen

_WIDTH: Final = 23
_BITS: Final = 1 << _WIDTH
"""A million tweets a day set one in eight: of the day's last ones so many are missed, of every topic alike."""
_STEP: Final = 2_654_435_761
"""From one place of a conversation to the next."""


class SavedShares(msgspec.Struct, frozen=True, array_like=True):
    """A screen between two minutes; it names nobody."""

    past: list[Day]
    open: Day | None
    end: int
    n_missing: int
    bits: bytes


class DayScreen:
    """Takes judged minutes in order; tells each day once, when it is over.

    Args:
        tuning: the configuration.
    """

    def __init__(self, tuning: Screen | None = None) -> None:
        self._tuning = tuning or Screen()
        self._days = Days(self._tuning)
        self._open: Day | None = None
        self._end = -1
        self._n_missing = 0
        self._bits = bytearray(_BITS // 8)
        self._told: list[DayShares] = []

    def take(self, tweet: ClassifiedTweet, author: int, minute: int) -> None:
        """Takes a customer's tweet of a minute.

        Args:
            tweet: not of an official account, no retweet.
            author: its `key_of(tweet.author)`.
            minute: of its `created_at`, since 1970; none comes before those of an earlier call.
        """
        day, topic = self._day(minute), tweet.main_topic
        by = author ^ _SALTS[topic]
        to = None if tweet.in_reply_to is None else key_of(tweet.in_reply_to) ^ _SALTS[topic]
        if self._is_new(by, to):
            day.counts["tweets"][topic] += 1
        if is_complaint(tweet) and self._is_new(by >> _WIDTH, None if to is None else to >> _WIDTH):
            day.counts["complaints"][topic] += 1

    def miss(self, minute: int, n_minutes: int) -> None:
        """Takes minutes in which no source was read; a day of which nothing was read is none."""
        last = minute + n_minutes - 1
        self._day(minute)
        if last >= self._end:
            self._n_missing += self._end - minute
            minute = first_minute(self._day(last).day)
        self._n_missing += last + 1 - minute

    def told(self, next_minute: int | None) -> list[DayShares]:
        """Returns the days that are over and were not returned before.

        Args:
            next_minute: the first one that is not judged yet; None when none was.
        """
        if next_minute is not None and self._open is not None and next_minute >= self._end:
            self._close()
        told, self._told = self._told, []
        return told

    def finish(self, next_minute: int | None) -> list[DayShares]:
        """Returns the same, and the last day of a file, the minutes after the last tweet missing."""
        if next_minute is not None and self._open is not None and next_minute < self._end:
            self._n_missing += self._end - next_minute
            next_minute = self._end
        return self.told(next_minute)

    def dump(self) -> SavedShares:
        """Returns all that must be remembered, without what `told` has still to return."""
        return SavedShares(list(self._days.past), self._open, self._end, self._n_missing, bytes(self._bits))

    def load(self, saved: SavedShares) -> None:
        """Brings a new screen to where `dump` left another one."""
        self._days.past = deque(saved.past)
        self._open, self._end, self._n_missing = saved.open, saved.end, saved.n_missing
        self._bits = bytearray(saved.bits)

    def _day(self, minute: int) -> Day:
        """Returns the day of a minute, the one before closed; of the very first the minutes before are missing."""
        if self._open is not None:
            if minute < self._end:
                return self._open
            self._close()
        day, is_first = day_of(minute), self._end < 0
        self._open, self._end = Day(day, {basis: dict.fromkeys(TOPICS, 0) for basis in BASES}), end_of(day)
        self._n_missing = minute - first_minute(day) if is_first else 0
        return self._open

    def _is_new(self, author: int, answer: int | None) -> bool:
        """Tells whether an author has not counted yet, nor the conversation often enough; takes note of both."""
        bits, place, mask = self._bits, author % _BITS >> 3, 1 << (author & 7)
        if bits[place] & mask or (answer is not None and not self._is_heard(answer)):
            return False
        bits[place] |= mask
        return True

    def _is_heard(self, answer: int) -> bool:
        """Tells whether a conversation has not counted often enough; takes note of it."""
        for key in range(answer, answer + self._tuning.most_answers * _STEP, _STEP):
            place, mask = key % _BITS >> 3, 1 << (key & 7)
            if not self._bits[place] & mask:
                self._bits[place] |= mask
                return True
        return False

    def _close(self) -> None:
        """Judges the open day, unless it has no tweet."""
        assert self._open is not None
        day, self._open, self._bits = self._open, None, bytearray(_BITS // 8)
        if day.count("tweets", TOPICS).n:
            self._told.append(self._days.end(day, self._n_missing))


_SALTS: Final = {topic: key_of(f"topic {topic.value}") for topic in TOPICS}
"""What sets the keys of an author apart by topic; the lower bits are for tweets, those above for complaints."""
