"""The counts of dead letters."""

from datetime import UTC, datetime

from schemas.operations import Verdict
from schemas.taxonomy import Stage
from schemas.topics import SCRUBBED
from streams.core.letter_stats import MAX_NAMES, OTHERS, LetterStats
from streams.core.replay_plan import planned
from tests.unit.core.letter_records import NOW, NOW_MS, buried

HOUR_MS = 3_600_000


def add(stats: LetterStats, verdict: Verdict | None = None, *, timestamp: int = NOW_MS, **changes: object) -> None:
    letter, record = buried(timestamp=timestamp, **changes)  # type: ignore[arg-type]
    stats.add(letter, verdict, planned(letter, record, replay_max=3))


def test_letters_are_counted_by_what_the_on_call_asks_first() -> None:
    stats = LetterStats("hour")
    add(stats)
    add(stats, "skipped", error=KeyError("x"))
    add(stats, "replayed", timestamp=NOW_MS + HOUR_MS, stage=Stage.ROUTER)
    add(stats, key=None, value=None, timestamp=NOW_MS - HOUR_MS)
    found = stats.summary()
    assert found.total == 4
    assert found.by_verdict == {"waiting": 3, "replayed": 1}
    assert found.by_stage == {"classifier": 3, "router": 1}
    assert found.by_error == {"ValueError": 3, "KeyError": 1}
    assert found.by_destination == {SCRUBBED: 2, "leave: neither a key nor a value is left to send": 1}
    assert found.by_time == {"2026-01-01T23": 1, "2026-01-02T00": 2, "2026-01-02T01": 1}
    assert (found.oldest, found.newest) == (datetime(2026, 1, 1, 23, tzinfo=UTC), datetime(2026, 1, 2, 1, tzinfo=UTC))


def test_nothing_is_nothing() -> None:
    found = LetterStats().summary()
    assert (found.total, found.by_time, found.oldest, found.newest) == (0, {}, None, None)


def test_a_clock_beyond_reason_is_counted_without_a_time() -> None:
    stats = LetterStats()
    add(stats, timestamp=1 << 62)
    add(stats)
    found = stats.summary()
    assert (found.total, found.by_time, found.oldest) == (2, {"2026-01-02": 1}, NOW)


def test_memory_is_bounded_whatever_headers_say() -> None:
    stats = LetterStats()
    for number in range(MAX_NAMES + 50):
        kind: type[Exception] = type(f"E{number}", (Exception,), {})
        add(stats, error=kind())
    found = stats.summary()
    assert len(found.by_error) == MAX_NAMES + 1
    assert (found.by_error[OTHERS], found.total) == (50, MAX_NAMES + 50)
