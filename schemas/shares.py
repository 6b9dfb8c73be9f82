"""What customers speak of each day, against the four weeks before."""

from datetime import date
from typing import Literal

import msgspec

from schemas.instant import Instant

Basis = Literal["tweets", "complaints"]


class TopicShare(msgspec.Struct, frozen=True, kw_only=True):
    """A topic's share of what is counted, over the last `n_days` days (1 or 3), the record's own day the last of them.

    `n` of all `counted`, tweets of customers or complaints alone, are about `topic`: a main topic, or
    `network+equipment`, which customers cannot tell apart. `ratio` is `share` to `expected_share`, that of the 28 days
    before. `p_value` tells how often an ordinary day has such a share or a larger one, 1 where it is no larger.
    """

    topic: str
    counted: Basis
    n_days: int
    n: int
    share: float
    expected_share: float
    ratio: float
    p_value: float
    is_unusual: bool


class DayShares(msgspec.Struct, frozen=True, kw_only=True):
    """One French day; the value of `ops.shares`, keyed by `day`. A day without a tweet has no record.

    Each author counts once for each topic, so that `n_tweets` is less than what came. `topics` is empty where nothing
    was judged: while the screen is learning, and where the sources were not read for `n_missing_minutes`, too many.
    """

    day: date
    ended_at: Instant
    n_tweets: int
    n_complaints: int
    n_missing_minutes: int
    is_learning: bool
    topics: tuple[TopicShare, ...] = ()
