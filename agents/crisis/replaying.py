"""A replay: a file through the crisis detector, in event time, from a cold start."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from agents.crisis.customers import Customers, read_customers
from agents.crisis.labelling import labelled, labels_by_level_3, labels_of
from agents.offline.display import Display
from agents.offline.lines import LabelledLine
from schemas.shares import DayShares
from schemas.taxonomy import NoiseReason
from schemas.tweet import Tweet
from streams.connectors.file import FileSource
from streams.core.crisis.calendar import french, minute_of
from streams.core.crisis.curve import Curve, width_of
from streams.core.crisis.detector import CrisisDetector, Tally
from streams.core.crisis.france import france_of
from streams.core.crisis.incidents import Incident, incidents
from streams.core.crisis.playback import play
from streams.errors import FatalError
from streams.gazetteer import gazetteer
from streams.settings import Settings


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the rows of a file, and the alerts of the top level.

    `rows` = `refused` + `official` + `retweets` + `duplicates` + `near_duplicates` + `empty` + `unlabelled` + `tweets`.
    Of the `tweets`, `counted` complaints stand in a series; `chronic` ones tell of something that has lasted for days,
    `capped` ones say what their author or conversation had said; the others are no complaints.
    """

    rows: int
    refused: int
    official: int
    retweets: int
    duplicates: int
    near_duplicates: int
    empty: int
    unlabelled: int
    tweets: int
    counted: int
    chronic: int
    capped: int
    confirmed: int
    suspected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be replayed.

    Args:
        settings: the deployment; no broker is asked.
        source: the file; it may be read more than once.
        name: how messages call it.
        labels: a file of labels by tweet id; None: level 3 classifies.
    """

    settings: Settings
    source: FileSource
    name: str
    labels: Path | None


@dataclass(frozen=True, slots=True)
class Ready:
    """The customers' tweets of a file in the order of their time, and labels by tweet id."""

    customers: Customers
    given: dict[str, LabelledLine]

    @property
    def tweets(self) -> list[Tweet]:
        """The tweets that have labels: the others are left out."""
        return [tweet for tweet in self.customers.tweets if tweet.id in self.given]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay found."""

    incidents: list[Incident]
    summary: Summary
    days: list[DayShares]


async def prepare(job: Job, display: Display) -> Ready:
    """Reads a file, and its labels or level 3's.

    Raises:
        FatalError: a file or the model cannot be read, or no tweet of a customer has labels.
    """
    given = None if job.labels is None else labels_of(job.labels)
    customers = await read_customers(job.source, job.name, job.settings.official_handles, display)
    if given is None:
        given = await labels_by_level_3(job.settings, job.source, customers, display)
    if customers.tweets and not any(tweet.id in given for tweet in customers.tweets):
        raise FatalError(
            f"no customer's tweet of {job.name} has labels",
            remedy="Check that --labels names tweets by the same id; without --labels level 3 classifies them",
        )
    return Ready(customers, given)


def curve_of(tweets: Sequence[Tweet], family: str, start: datetime | None, end: datetime | None) -> Curve:
    """Returns a curve from one instant to another, or over all tweets in order, before they are replayed.

    Raises:
        FatalError: the tweets are all before or all after.
    """
    if not tweets:
        raise FatalError("there is no customer's tweet to draw", remedy="Check the file, --format and --map")
    first, last = minute_of(tweets[0].created_at), minute_of(tweets[-1].created_at) + 1
    begin = first if start is None else max(first, minute_of(start))
    stop = last if end is None else min(last, minute_of(end))
    if begin >= stop:
        span = " to ".join(f"{french(tweet.created_at):%Y-%m-%d %H:%M}" for tweet in (tweets[0], tweets[-1]))
        raise FatalError("no tweet lies between --from and --to", remedy=f"The file goes from {span}, French time")
    return Curve(family, begin, stop, width_of(stop - begin))


def replay(ready: Ready, display: Display, size: int, curve: Curve | None = None) -> Replayed:
    """Plays the tweets.

    Args:
        ready: the tweets.
        display: shows how far it is.
        size: what the display takes for all of it.
        curve: takes the counts.
    """
    known, tweets = gazetteer(), ready.tweets
    detector = CrisisDetector(france_of(known))
    series = detector.watch.series
    first, last = (minute_of(one.created_at) for one in (tweets[0], tweets[-1])) if tweets else (0, 0)
    display.phase("replay")
    days: list[DayShares] = []

    def each_hour() -> None:
        days.extend(detector.shares.told(detector.next_minute))
        if curve is not None:
            curve.take(series)
        judged = (series.national.minute - first) / max(last - first, 1)
        display.show(int(size * judged), detector.tally.n_tweets)

    told = incidents(list(play(labelled(tweets, ready.given, known), detector, each_hour)))
    days += detector.shares.finish(detector.next_minute)
    return Replayed(told, _summary(ready.customers, detector.tally, told), days)


def _summary(customers: Customers, tally: Tally, told: list[Incident]) -> Summary:
    n_confirmed = sum(one.confirmed_at is not None for one in told)
    return Summary(
        rows=customers.n_rows,
        refused=len(customers.refused),
        official=customers.n_official,
        retweets=customers.noise[NoiseReason.RETWEET],
        duplicates=customers.noise[NoiseReason.DUPLICATE],
        near_duplicates=customers.noise[NoiseReason.NEAR_DUPLICATE],
        empty=customers.noise[NoiseReason.EMPTY],
        unlabelled=len(customers.tweets) - tally.n_tweets,
        tweets=tally.n_tweets,
        counted=tally.n_counted,
        chronic=tally.n_chronic,
        capped=tally.n_capped,
        confirmed=n_confirmed,
        suspected=len(told) - n_confirmed,
    )
