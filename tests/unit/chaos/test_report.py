"""What a chaos run says of itself."""

import json

import msgspec
import pytest

from tests.chaos.report import line, markdown, summary
from tests.chaos.result import CellResult

GOOD = CellResult(
    cell="one", load="steady", fault="broker kill -9", commit="abc", short=True, sent=100, commit_samples=9,
    availability=0.9995, calls_per_tweet=1.02, api_tweets=80, peak_mib={"bert": 200.0}, seconds=50.0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lost": 2}, "2 lost"),
        ({"repeated": 1}, "1 at a service twice"),
        ({"split": 1}, "1 ended in two places"),
        ({"altered": 1}, "1 dead letters altered"),
        ({"past_unfinished": 3}, "3 passed by a commit"),
        ({"lag": 4}, "4 records of lag left"),
        ({"unacknowledged": 1}, "1 records never acknowledged"),
        ({"exit_code": 1}, "1 is the exit code"),
        ({"sent": 0}, "nothing was sent"),
        ({"commit_samples": 0}, "no commit was sampled"),
        ({"availability": 0.9989}, "availability 0.9989"),
        ({"calls_per_tweet": 1.06}, "1.060 calls per tweet"),
        ({"peak_mib": {"router": 451.0}}, "a worker held 451 MiB"),
        ({"growth": 1.3, "short": False}, "memory grew by 30%"),
    ],
)
def test_each_goal_can_be_missed(changes: dict[str, object], said: str) -> None:
    missed = msgspec.structs.replace(GOOD, **changes)
    assert [problem for problem in missed.problems() if said in problem], missed.problems()
    assert "| missed |" in markdown([missed])
    assert said in line(missed)


def test_a_good_cell() -> None:
    assert GOOD.problems() == []
    assert line(GOOD).endswith(": ok")
    assert "| ok |" in markdown([GOOD])


def test_a_cell_that_could_not_be_played_is_no_success() -> None:
    skipped = CellResult(cell="disk-full", load="steady", fault="full", commit="abc", short=False, skipped="no mount")
    assert "| skipped |" in markdown([GOOD, skipped])
    assert "disk-full: skipped: no mount" in markdown([GOOD, skipped])
    assert summary([GOOD, skipped])["cells"][1]["skipped"] == "no mount"


def test_the_summary_weighs_calls_by_tweets_and_takes_the_worst_availability() -> None:
    other = msgspec.structs.replace(GOOD, lost=1, api_tweets=20, calls_per_tweet=1.12, availability=0.9)
    said = json.loads(json.dumps(summary([GOOD, other])))
    assert (said["lost"], said["availability"], said["calls_per_tweet"]) == (1, 0.9, pytest.approx(1.04))
    assert {"load", "fault", "lost", "repeated", "availability"} <= said["cells"][0].keys()
