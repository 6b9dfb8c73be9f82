"""Event time of a file against the wall clock: when each row is due, and how dates and ids move in a replay."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from schemas.tweet import Tweet


@dataclass(slots=True)
class Pace:
    """When a row is due, in seconds after the first.

    Rows keep the file's order. Time never goes back: a row that is older than one before it is due at once, so a file
    that runs backwards is not paced at all.

    Args:
        speed: event seconds per second; at 60 an hour of tweets takes a minute. None waits for nothing.
    """

    speed: float | None
    _first_at: datetime | None = None

    def due_s(self, created_at: datetime) -> float:
        """Returns the seconds after the first row at which this one is due; 0.0 for the first."""
        if self.speed is None:
            return 0.0
        if self._first_at is None:
            self._first_at = created_at
        return max(0.0, (created_at - self._first_at).total_seconds() / self.speed)


@dataclass(frozen=True, slots=True)
class Span:
    """The oldest and the newest date of a file, and its number of lines."""

    oldest: datetime
    newest: datetime
    n_lines: int

    @property
    def period(self) -> timedelta:
        """How far apart the passes of a loop are: the span, and a second."""
        return self.newest - self.oldest + timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What one pass changes of every tweet.

    A later pass is a new crowd saying it again: its ids, its replies' ids and its customers' author ids get the suffix
    `-n`. (With the same authors every tweet of it would be a near-duplicate of the first pass.)

    Args:
        n_pass: 0 for the first, which keeps its ids.
        shift: added to every date.
    """

    n_pass: int = 0
    shift: timedelta = timedelta()

    def __call__(self, tweet: Tweet) -> Tweet:
        """Returns the tweet as this pass sends it."""
        at = tweet.created_at + self.shift
        if not self.n_pass:
            return replace(tweet, created_at=at)
        suffix = f"-{self.n_pass}"
        return replace(
            tweet,
            id=tweet.id + suffix,
            created_at=at,
            author=tweet.author if tweet.official else tweet.author + suffix,
            in_reply_to=tweet.in_reply_to and tweet.in_reply_to + suffix,
        )

    @property
    def is_identity(self) -> bool:
        """Whether it changes nothing."""
        return not self.n_pass and not self.shift


def shift_to_now(span: Span, *, now: datetime, speed: float | None) -> timedelta:
    """Returns the shift that stamps the newest row with the instant at which it will be sent.

    Distances are kept, and no row is ever in the future: at speed 1 the first row is now; at full speed the newest is.
    A day that starts now at 60x ends 24 minutes from now, so its first row is stamped 23 h 36 min ago.
    """
    takes = (span.newest - span.oldest) / speed if speed else timedelta()
    return now + takes - span.newest
