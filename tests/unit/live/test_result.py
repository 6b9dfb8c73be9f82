"""What counts as missed in a live run."""

from typing import Any, Final

import pytest

from tests.live.oracle import Found
from tests.live.plan import INCIDENTS
from tests.live.report import lines
from tests.live.result import LiveResult

FOUND: Final = [
    Found(incident=one.name, id="i", scope=one.scope, area=one.department, first_tweet_at=one.start,
          confirmed_at=one.end, event_delay_s=200.0, real_delay_s=4.0)
    for one in INCIDENTS
]  # fmt: skip
GOOD: Final[dict[str, Any]] = {
    "n_tweets": 2_000, "speed": 60.0, "seconds": 700.0, "n_acknowledged": 2_000, "has_ended": True,
    "wrong": {"lost": [], "repeated": []}, "levels": {"api": 2_000}, "p50_s": 1.0, "p99_s": 2.0, "told": [],
    "untrue": [], "differences": [], "found": FOUND, "notices": [], "killed_at": INCIDENTS[0].middle,
    "resumed_at": INCIDENTS[0].middle, "away_s": 9.0, "n_late": 0, "load": (1.0, 1.0, 1.0),
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, []),
        ({"n_late": 3, "differences": ["only live: x"]}, []),
        ({"differences": ["only live: x"]}, ["only live: x"]),
        ({"n_late": 3, "untrue": ["x 2 was told 2 times"]}, ["x 2 was told 2 times"]),
        ({"n_acknowledged": 1_999}, ["1,999 of 2,000 tweets acknowledged"]),
        ({"has_ended": False}, ["not every tweet has ended"]),
        ({"found": FOUND[:1]}, ["alerts of 1 of 2 incidents"]),
        ({"wrong": {"lost": [], "repeated": ["7"]}}, ["1 repeated: 7"]),
    ],
)
def test_every_goal_that_is_missed_is_told(changes: dict[str, Any], wrong: list[str]) -> None:
    result = LiveResult(**GOOD | changes)
    assert result.problems() == wrong
    assert list(lines(result))[-1] == (f"MISSED: {wrong[-1]}" if wrong else "All as it must be.")
