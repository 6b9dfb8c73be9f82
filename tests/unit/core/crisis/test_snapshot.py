"""A detector that goes on from its snapshot tells what one that never stopped tells."""

import zlib
from datetime import timedelta
from random import Random

import pytest

from schemas.alert import Alert
from schemas.shares import DayShares
from streams.core.crisis.detector import CrisisDetector
from streams.core.crisis.snapshot import ForeignSnapshotError, dump, load
from streams.core.crisis.tuning import Tuning
from tests.unit.core.crisis.crowd import FRANCE, MONDAY, chatter, tweet, wave

TWEETS = sorted(
    [
        *chatter(MONDAY, 2, 60, Random(1)),
        *wave(MONDAY + timedelta(days=1, hours=18), 40, 40, "67", "67", "75", "13"),
        *wave(MONDAY + timedelta(days=1, hours=20), 9, 30, "33", in_reply_to="root"),
    ],
    key=lambda one: one.created_at,
)


def played(*, stops: Random | None) -> tuple[list[Alert], list[DayShares]]:
    """Plays the tweets; with `stops`, the detector is now and then another one that read the last ones again."""
    detector = CrisisDetector(FRANCE)
    records: list[Alert] = []
    days: list[DayShares] = []
    for k, one in enumerate(TWEETS):
        detector.observe(one)
        detector.cover(one.created_at)
        records += detector.advance()
        days += detector.shares.told(detector.next_minute)
        if stops is not None and stops.random() < 0.2:
            saved, detector = dump(detector), CrisisDetector(FRANCE)
            load(detector, saved)
            for again in TWEETS[max(0, k - 20) : k + 1]:
                detector.observe(again)
    records += detector.finish()
    return records, [*days, *detector.shares.finish(detector.next_minute)]


@pytest.mark.parametrize("seed", [1, 2])
def test_stopping_changes_nothing(seed: int) -> None:
    without, days = played(stops=None)
    assert {one.scope for one in without} >= {"local"}
    assert [one.n_tweets for one in days] == [64, 95, 2]
    assert played(stops=Random(seed)) == (without, days)


def test_it_holds_no_text_and_no_author() -> None:
    detector = CrisisDetector(FRANCE)
    for k in range(20):
        detector.observe(
            tweet(MONDAY + timedelta(minutes=k), "67", author="secretauthor", text="@secrethandle ma box clignote fort")
        )
    list(detector.finish())
    plain = zlib.decompress(dump(detector))
    assert b"secret" not in plain
    assert b"clignote" not in plain


def test_another_configuration_does_not_load() -> None:
    saved = dump(CrisisDetector(FRANCE))
    with pytest.raises(ForeignSnapshotError, match="configuration 1"):
        load(CrisisDetector(FRANCE, Tuning(version="other")), saved)
    with pytest.raises(ForeignSnapshotError, match="cannot be read"):
        load(CrisisDetector(FRANCE), saved[:-5])
    with pytest.raises(ForeignSnapshotError, match="cannot be read"):
        load(CrisisDetector(FRANCE), b"nonsense")
