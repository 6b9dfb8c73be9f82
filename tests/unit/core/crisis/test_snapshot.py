"""A detector that goes on from its snapshot tells what one that never stopped tells."""

import zlib
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import msgspec
import pytest

from schemas.alert import Alert, DetectorState
from schemas.shares import DayShares
from streams.core.crisis.detector import CrisisDetector
from streams.core.crisis.snapshot import ForeignSnapshotError, dump, load, resume
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
    with pytest.raises(ForeignSnapshotError, match="configuration 2"):
        load(CrisisDetector(FRANCE, Tuning(version="other")), saved)
    with pytest.raises(ForeignSnapshotError, match="cannot be read"):
        load(CrisisDetector(FRANCE), saved[:-5])
    with pytest.raises(ForeignSnapshotError, match="cannot be read"):
        load(CrisisDetector(FRANCE), b"nonsense")


def without_an_array(saved: dict[str, Any]) -> None:
    del saved["national"]["level_n"]


def with_a_short_array(saved: dict[str, Any]) -> None:
    saved["national"]["scalars"] = saved["national"]["scalars"][:-8]


def with_another_topic(saved: dict[str, Any]) -> None:
    saved["places"]["weather"] = saved["places"]["network"]


def with_few_bits(saved: dict[str, Any]) -> None:
    saved["shares"][-1] = b""


def of_another_form(saved: dict[str, Any]) -> None:
    saved["form"] -= 1


@pytest.mark.parametrize(
    "change", [without_an_array, with_a_short_array, with_another_topic, with_few_bits, of_another_form]
)
def test_one_that_lacks_something_is_refused_and_leaves_the_detector_new(
    change: Callable[[dict[str, Any]], None],
) -> None:
    detector = CrisisDetector(FRANCE)
    for one in TWEETS:
        detector.observe(one)
    list(detector.finish())
    saved = msgspec.msgpack.decode(zlib.decompress(dump(detector)))
    change(saved)
    new = CrisisDetector(FRANCE)
    with pytest.raises(ForeignSnapshotError, match="the snapshot"):
        load(new, zlib.compress(msgspec.msgpack.encode(saved)))
    assert dump(new) == dump(CrisisDetector(FRANCE))


@pytest.mark.parametrize(("ahead", "believed"), [(-60, True), (5, True), (6, False), (10**6, False)])
def test_one_of_the_future_is_not_believed(ahead: int, believed: bool) -> None:
    detector = CrisisDetector(FRANCE)
    detector.observe(tweet(MONDAY))
    list(detector.finish())
    state = DetectorState(
        at=MONDAY, offsets={}, event_time=MONDAY + timedelta(minutes=ahead), payload=dump(detector)
    )  # fmt: skip
    new = CrisisDetector(FRANCE)
    if believed:
        resume(new, state, now=MONDAY)
        assert new.next_minute == detector.next_minute
    else:
        with pytest.raises(ForeignSnapshotError, match="future"):
            resume(new, state, now=MONDAY)
        assert new.next_minute is None
