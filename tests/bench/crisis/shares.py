"""The daily screen on synthetic days: how often it flags an ordinary day, how soon a share that doubles.

Counts of days, not tweets: each topic's expected count varies from day to day by a gamma factor of its own (`apart`,
the harshest: all of it moves the shares), or all topics share one factor (`together`: shares move by chance alone).
`persist` lets neighbouring days resemble each other. With --tweets the tweets of `Stream` instead, one by one, with its
pile-ons, brigades and TV evenings. Run: python -m tests.bench.crisis.shares [--years 3] [--tweets] [--json]
"""

import argparse
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from schemas.shares import Basis, DayShares
from schemas.taxonomy import Topic
from streams.core.crisis.days import TOPICS, Day, Days
from streams.core.crisis.intake import key_of
from streams.core.crisis.shares import DayScreen
from streams.core.crisis.tuning import Screen
from tests.bench.crisis.stream import Stream
from tests.bench.crisis.traffic import BASE, HARD, KINDS
from tests.bench.crisis.traffic import Setting as TrafficSetting

Floats = NDArray[np.float64]

FIRST: Final = date(2023, 1, 2)
WARM_DAYS: Final = 31
DAYS_PER_MONTH: Final = 365.25 / 12
BURN_DAYS: Final = 3
BURNING: Final = (Topic.EQUIPMENT, Topic.BILLING, Topic.SUBSCRIPTION, Topic.CUSTOMER_SERVICE, Topic.OTHER)
_WEEK: Final = np.array((1.04, 1.24, 1.19, 1.16, 1.13, 0.66, 0.6))


@dataclass(frozen=True, slots=True)
class Setting:
    """How days differ: CV of the gamma factors; correlation of a topic's factor with that of the day before."""

    name: str
    day_cv: float
    is_apart: bool = True
    persistence: float = 0.0


SETTINGS: Final = (
    Setting("together", 0.35, is_apart=False), Setting("apart", 0.22), Setting("apart, hard", 0.35),
    Setting("apart, persist", 0.22, persistence=0.4), Setting("apart, hard, persist", 0.35, persistence=0.4),
)  # fmt: skip
PER_DAY: Final = (50, 200, 1_000, 20_000, 500_000)


def factors(setting: Setting, n_days: int, rng: np.random.Generator) -> Floats:
    """Draws the days' factors, mean 1; shape (n_days, n_topics). Persistent ones are a mean of gammas that fade."""
    shape = setting.day_cv**-2
    n_columns = len(TOPICS) if setting.is_apart else 1
    if not setting.persistence:
        drawn = rng.gamma(shape, 1 / shape, (n_days, n_columns))
    else:
        sd, keep = np.sqrt(np.log1p(setting.day_cv**2)), setting.persistence
        noise = rng.normal(size=(n_days, n_columns))
        for k in range(1, n_days):
            noise[k] = keep * noise[k - 1] + np.sqrt(1 - keep * keep) * noise[k]
        drawn = np.exp(sd * noise - sd * sd / 2)
    return np.asarray(np.broadcast_to(drawn, (n_days, len(TOPICS))))


def days(
    per_day: float, setting: Setting, n_days: int, rng: np.random.Generator, burn: tuple[int, Topic] | None = None
) -> Iterable[Day]:
    """Yields days.

    Args:
        per_day: tweets on a mean day.
        setting: how days differ.
        n_days: how many.
        rng: draws.
        burn: from which day on, for `BURN_DAYS` days, which topic has twice its share.
    """
    drawn = factors(setting, n_days, rng)
    shares = {topic: sum(kind.share for kind in KINDS if kind.topic is topic) for topic in TOPICS}
    for k in range(n_days):
        boost = dict.fromkeys(TOPICS, 1.0)
        if burn is not None and burn[0] <= k < burn[0] + BURN_DAYS:
            share = shares[burn[1]]
            boost[burn[1]] = 2 * (1 - share) / (1 - 2 * share)
        counts: dict[Basis, dict[Topic, int]] = {"tweets": dict.fromkeys(TOPICS, 0), "complaints": {}}
        counts["complaints"] = dict.fromkeys(TOPICS, 0)
        for kind in KINDS:
            rate = per_day * kind.share * _WEEK[k % 7] / _WEEK.mean() * drawn[k, TOPICS.index(kind.topic)]
            n = int(rng.poisson(rate * boost[kind.topic]))
            counts["tweets"][kind.topic] += n
            if kind.is_complaint:
                counts["complaints"][kind.topic] += n
        yield Day(FIRST + timedelta(days=k), counts)


def false_flags(per_day: float, setting: Setting, n_days: int, seed: int) -> dict[str, Any]:
    """Counts flags on ordinary days, after the first ones."""
    screen = Days(Screen())
    stream = days(per_day, setting, WARM_DAYS + n_days, np.random.default_rng(seed))
    told = [screen.end(day, 0) for day in stream][WARM_DAYS:]
    flags = [{(one.counted, one.topic) for one in day.topics if one.is_unusual} for day in told]
    months = n_days / DAYS_PER_MONTH
    return {
        "days_a_month": round(sum(map(bool, flags)) / months, 2),
        "rows_a_month": round(sum(map(len, flags)) / months, 2),
    }


def caught(per_day: float, setting: Setting, n_burns: int, seed: int) -> list[float]:
    """Returns which share of burns was flagged by the end of their first, second and third day."""
    rng, hits = np.random.default_rng(seed), np.zeros(BURN_DAYS)
    for k in range(n_burns):
        topic = BURNING[k % len(BURNING)]
        (*warm, first, second, third) = days(per_day, setting, WARM_DAYS + BURN_DAYS, rng, (WARM_DAYS, topic))
        screen = Days(Screen())
        screen.past.extend(warm)
        told = [screen.end(day, 0) for day in (first, second, third)]
        flagged = [any(one.is_unusual and one.topic == topic for one in day.topics) for day in told]
        hits += np.maximum.accumulate(flagged)
    return [round(float(hit) / n_burns, 2) for hit in hits]


def of_tweets(per_day: float, setting: TrafficSetting, n_days: int, seed: int) -> dict[str, Any]:
    """Counts flags on a stream of tweets in which nothing smoulders, and what a tweet costs."""
    stream, screen = Stream(per_day, setting, WARM_DAYS + n_days, seed), DayScreen()
    told, spent_s = list[DayShares](), 0.0
    for hour in range(stream.traffic.first // 60, stream.traffic.end // 60):
        tweets = stream.tweets(hour * 60, hour * 60 + 60)
        began_s = time.process_time()
        for one in tweets:
            screen.take(one, key_of(one.author), int(one.created_at.timestamp()) // 60)
        told += screen.told(hour * 60 + 60)
        spent_s += time.process_time() - began_s
    flags = [{(one.counted, one.topic) for one in day.topics if one.is_unusual} for day in told[WARM_DAYS:]]
    months = n_days / DAYS_PER_MONTH
    return {
        "days_a_month": round(sum(map(bool, flags)) / months, 2),
        "rows_a_month": round(sum(map(len, flags)) / months, 2),
        "us_per_tweet": round(1e6 * spent_s / sum(one.n_tweets for one in told), 1),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=float, default=3)
    parser.add_argument("--burns", type=int, default=200)
    parser.add_argument("--per-day", type=int, action="append")
    parser.add_argument("--tweets", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    n_days = round(options.years * 365)
    for per_day in options.per_day or PER_DAY:
        for setting in (BASE, HARD) if options.tweets else SETTINGS:
            found = {"per_day": per_day, "setting": setting.name}
            if isinstance(setting, Setting):
                found |= false_flags(per_day, setting, n_days, per_day)
                found |= {"caught": caught(per_day, setting, options.burns, per_day + 1)}
            else:
                found |= of_tweets(per_day, setting, n_days, per_day)
            print(json.dumps(found) if options.json else "  ".join(f"{k}: {v}" for k, v in found.items()), flush=True)


if __name__ == "__main__":
    main()
