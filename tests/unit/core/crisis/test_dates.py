"""Dates that a detector does not believe."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.operations import Coverage
from streams.core.crisis.dates import covered_until, is_ahead

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [(timedelta(days=-9_000), False), (timedelta(0), False), (timedelta(minutes=5), False),
     (timedelta(minutes=5, seconds=1), True), (timedelta(days=27_000), True)],
)  # fmt: skip
def test_a_tweet_is_not_written_after_its_record(ahead: timedelta, expected: bool) -> None:
    assert is_ahead(NOON + ahead, int(NOON.timestamp() * 1000)) is expected


@pytest.mark.parametrize(("newest", "expected"), [(-60, -60), (0, 0), (60, 0)])
def test_a_source_is_read_no_further_than_it_said_so(newest: int, expected: int) -> None:
    coverage = Coverage(source="csv", covered_until=NOON + timedelta(minutes=newest), at=NOON, n_tweets=1)
    assert covered_until(coverage) == NOON + timedelta(minutes=expected)
