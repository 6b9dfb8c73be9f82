"""What a chaos run says of itself."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from tests.chaos.report import is_good, line, markdown, summary
from tests.chaos.result import CellResult

GOOD = CellResult(
    cell="one", load="steady", fault="broker kill -9", state="abc", short=True, n_rows=102, n_sent=100, n_refused=2,
    has_ended=True, n_samples={"scrubber": 9, "classifier": 9, "router": 9}, levels={"api": 70, "gpu": 10},
    availability=0.9995, n_answered_by_api=100, n_in_api_calls=102, is_level_2_needed=True, peak_mib={"bert": 200.0},
    n_hits=2, min_restarts=2, n_restarts=2, took_s=50.0,
)  # fmt: skip
SKIPPED = CellResult(cell="disk-full", load="steady", fault="full", state="abc", short=False, skipped="no mount")
FAILED = CellResult(
    cell="two", load="steady", fault="full", state="abc", short=False, failed="not counted: TimeoutError"
)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"wrong": {"lost": ["0:1", "0:2"]}}, "2 lost: 0:1, 0:2"),
        ({"wrong": {"repeated": ["7"]}}, "1 repeated: 7"),
        ({"wrong": {"misplaced": ["0:1"]}}, "1 misplaced: 0:1"),
        ({"wrong": {"past_unfinished": ["router 0:1"]}}, "1 past_unfinished: router 0:1"),
        ({"lag_records": 4}, "4 records of lag left"),
        ({"n_unaccounted": 1}, "1 rows of which nothing is known"),
        ({"failures": ["KafkaTimeoutError"]}, "not acknowledged: KafkaTimeoutError"),
        ({"unclean": ["gpu-1#1 1"]}, "not drained: gpu-1#1 1"),
        ({"n_sent": 0}, "nothing was sent"),
        ({"has_ended": False}, "the end was not reached"),
        ({"n_extra": 11}, "11 written again"),
        ({"n_hits": 0}, "the fault hit nothing"),
        ({"n_restarts": 1}, "1 restarts after 2 ends"),
        ({"n_samples": {"scrubber": 9, "classifier": 9}}, "of router"),
        ({"peak_mib": {}}, "no memory was sampled"),
        ({"n_answered_by_api": 0}, "level 1 answered nothing"),
        ({"levels": {"api": 80}}, "level 2 answered nothing"),
        ({"availability": 0.9989}, "availability 0.9989"),
        ({"n_in_api_calls": 111}, "1.110 calls per tweet"),
        ({"n_in_api_calls": 106, "short": False}, "1.060 calls per tweet"),
        ({"peak_mib": {"router": 451.0}}, "a worker held 451 MiB"),
        ({"peak_ratio": 1.3, "short": False}, "memory grew by 30%"),
    ],
)
def test_each_goal_can_be_missed(changes: dict[str, Any], said: str) -> None:
    missed = replace(GOOD, **changes)
    assert [problem for problem in missed.problems() if said in problem], missed.problems()
    assert "| missed |" in markdown([missed])
    assert said in line(missed)
    assert not is_good([GOOD, missed])


def test_a_good_cell() -> None:
    assert GOOD.problems() == []
    assert is_good([GOOD])
    assert line(GOOD).endswith(": ok")
    assert "| ok |" in markdown([GOOD])


def test_a_cell_that_could_not_be_played_has_no_figures_and_is_no_success_alone() -> None:
    assert "| skipped |" in markdown([GOOD, SKIPPED])
    assert "disk-full: skipped, no mount" in markdown([GOOD, SKIPPED])
    assert is_good([GOOD, SKIPPED])
    assert not is_good([SKIPPED])
    said = summary([SKIPPED])
    assert (said["availability"], said["cells"][0]["lost"], said["cells"][0]["skipped"]) == (None, None, "no mount")


def test_short_cells_keep_the_calls_together() -> None:
    one, many = replace(GOOD, n_in_api_calls=109), replace(GOOD, n_answered_by_api=900, n_in_api_calls=903)
    assert one.problems() == many.problems() == []
    assert not is_good([one])
    assert is_good([one, many])


def test_a_cell_that_broke_off_is_a_failure() -> None:
    assert not is_good([GOOD, FAILED])
    assert "| failed |" in markdown([GOOD, FAILED])
    assert line(FAILED) == "two: not counted: TimeoutError"


def test_the_summary_weighs_calls_by_tweets_and_takes_the_worst_availability() -> None:
    other = replace(GOOD, wrong={"lost": ["0:1"]}, n_answered_by_api=25, n_in_api_calls=28, availability=0.9)
    said = json.loads(json.dumps(summary([GOOD, other])))
    assert (said["lost"], said["availability"], said["calls_per_tweet"]) == (1, 0.9, 1.04)
    assert {"load", "fault", "lost", "repeated", "availability"} <= said["cells"][0].keys()
