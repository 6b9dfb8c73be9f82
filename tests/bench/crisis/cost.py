"""What the detector costs: tweets a second on one core in replay, and memory over a simulated year.

`python -m tests.bench.crisis.cost speed` or `memory`; one JSON object on standard output.
"""

import json
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
_WARM_DAYS: Final = 2
_DAYS: Final = 8
_MONTH_DAYS: Final = 30
_YEAR_DAYS: Final = 360
_MB: Final = 1e6


def speed() -> dict[str, float]:
    """Returns tweets a second of CPU time; eight days that were made before, an hour covered and judged at a time."""
    stream = Stream(PER_DAY, BASE, _WARM_DAYS + _DAYS, 1, words=long_wording)
    hours = list(_hours(stream, _WARM_DAYS + _DAYS))
    detector = CrisisDetector(france())
    _replay(detector, hours[: _WARM_DAYS * 24])
    begin = time.process_time()
    _replay(detector, hours[_WARM_DAYS * 24 :])
    took = time.process_time() - begin
    n_tweets = sum(len(tweets) for _, tweets in hours[_WARM_DAYS * 24 :])
    return {"tweets_per_s": n_tweets / took, "n_tweets": n_tweets, "minutes_per_s": _DAYS * MINUTES_PER_DAY / took}


def _hours(stream: Stream, n_days: int) -> list[tuple[int, list[ClassifiedTweet]]]:
    first = stream.traffic.first
    begins = range(first, first + n_days * MINUTES_PER_DAY, 60)
    return [(begin + 60, list(stream.tweets(begin, begin + 60))) for begin in begins]


def _replay(detector: CrisisDetector, hours: list[tuple[int, list[ClassifiedTweet]]]) -> None:
    for end, tweets in hours:
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
