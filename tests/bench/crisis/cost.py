"""What the detector costs: tweets a second on one core in replay, and memory over a simulated year.

`python -m tests.bench.crisis.cost speed` or `memory`; one JSON object on standard output.
"""

import gc
import json
import math
import sys
import time
from typing import Final

import psutil

from schemas.classification import ClassifiedTweet
from streams.core.crisis.calendar import instant_of
from streams.core.crisis.detector import CrisisDetector
from tests.bench.crisis.play import Player, france
from tests.bench.crisis.records import long_wording
from tests.bench.crisis.stream import Stream
from tests.bench.crisis.traffic import BASE, MINUTES_PER_DAY

PER_DAY: Final = 20_000
_WARM_HOURS: Final = 12
_HOURS: Final = {20_000: 192, 500_000: 12}
"""How long a stream of so many tweets a day is replayed."""
_MONTH_DAYS: Final = 30
_YEAR_DAYS: Final = 360
_MB: Final = 1e6
MINUTES_PER_HOUR: Final = 60
HOURS_PER_DAY: Final = 24


def speed() -> dict[str, dict[str, float]]:
    """Returns tweets and minutes a second of CPU time by tweets a day; each hour is made, then judged on the clock."""
    return {str(per_day): _speed(per_day, n_hours) for per_day, n_hours in _HOURS.items()}


def _speed(per_day: int, n_hours: int) -> dict[str, float]:
    n_days = math.ceil((_WARM_HOURS + n_hours) / HOURS_PER_DAY)
    stream, detector = Stream(per_day, BASE, n_days, 1, words=long_wording), CrisisDetector(france())
    took_s, n_tweets, first = 0.0, 0, stream.traffic.first
    for hour in range(_WARM_HOURS + n_hours):
        begin = first + hour * MINUTES_PER_HOUR
        tweets = list(stream.tweets(begin, begin + MINUTES_PER_HOUR))
        gc.collect()
        begin_s = time.process_time()
        _replay(detector, begin + MINUTES_PER_HOUR, tweets)
        if hour >= _WARM_HOURS:
            took_s += time.process_time() - begin_s
            n_tweets += len(tweets)
    return {
        "tweets_per_s": n_tweets / took_s, "n_tweets": n_tweets, "minutes_per_s": n_hours * MINUTES_PER_HOUR / took_s
    }  # fmt: skip


def _replay(detector: CrisisDetector, end: int, tweets: list[ClassifiedTweet]) -> None:
    for tweet in tweets:
        detector.observe(tweet)
    detector.cover(instant_of(end))
    for _ in detector.advance():
        pass


def memory() -> dict[str, float]:
    """Returns the resident memory after a month and after a year of the same stream, generator included."""
    player, process = Player(Stream(PER_DAY, BASE, _YEAR_DAYS, 1)), psutil.Process()
    resident = {}
    for name, days in (("month_mb", _MONTH_DAYS), ("year_mb", _YEAR_DAYS)):
        player.to(player.stream.traffic.first + days * MINUTES_PER_DAY)
        resident[name] = process.memory_info().rss / _MB
    return resident


if __name__ == "__main__":
    print(json.dumps({"speed": speed, "memory": memory}[sys.argv[1]]()))
