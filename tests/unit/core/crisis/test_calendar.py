"""Minutes and the hours of the week in which people live."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from streams.core.crisis.calendar import (
    LAST_MINUTE,
    between_hours,
    day_of,
    first_minute,
    french,
    hour_of_week,
    instant_of,
    minute_of,
)
from streams.core.crisis.days import end_of


@pytest.mark.parametrize(
    ("at", "hour"),
    [
        (datetime(2026, 1, 5, 0, 30, tzinfo=UTC), 1),  # Monday, winter: one hour ahead
        (datetime(2026, 7, 6, 0, 30, tzinfo=UTC), 2),  # Monday, summer: two
        (datetime(2026, 1, 4, 23, 0, tzinfo=UTC), 0),  # Sunday in Greenwich is Monday in France
        (datetime(2026, 1, 4, 22, 59, tzinfo=UTC), 167),
    ],
)
def test_the_hour_of_the_week_is_french(at: datetime, hour: int) -> None:
    assert hour_of_week(minute_of(at) // 60) == hour


def test_minutes_and_instants_come_back() -> None:
    at = datetime(2026, 3, 2, 8, 15, tzinfo=timezone(timedelta(hours=1)))
    assert instant_of(minute_of(at + timedelta(seconds=59))) == at


@pytest.mark.parametrize(("minutes", "hours", "weight"), [(0, (0, 1), 0.5), (30, (1, 2), 0.0), (45, (1, 2), 0.25)])
def test_a_minute_lies_between_the_centres_of_two_hours(minutes: int, hours: tuple[int, int], weight: float) -> None:
    monday_one_o_clock = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)
    first, second, share = between_hours(minute_of(monday_one_o_clock + timedelta(minutes=minutes)))
    assert (first, second) == hours
    assert share == pytest.approx(weight)


@pytest.mark.parametrize(
    ("day", "n_hours"), [(date(2026, 3, 2), 24), (date(2026, 3, 29), 23), (date(2026, 10, 25), 25)]
)  # fmt: skip
def test_a_french_day_ends_where_the_next_one_begins(day: date, n_hours: int) -> None:
    first, end = first_minute(day), first_minute(day + timedelta(days=1))
    assert end - first == n_hours * 60
    assert [day_of(minute) for minute in (first - 1, first, end - 1, end)] == [
        day - timedelta(days=1), day, day, day + timedelta(days=1)
    ]  # fmt: skip


@pytest.mark.parametrize("at", [datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)])
def test_the_ends_of_all_dates_have_days_that_end(at: datetime) -> None:
    assert instant_of(minute_of(at) + 1) >= instant_of(minute_of(at))
    assert french(at).year == at.year
    assert day_of(minute_of(at)) == at.date()
    assert end_of(at.date()) > minute_of(at)


def test_the_last_minute_is_the_last() -> None:
    assert minute_of(datetime.max.replace(tzinfo=UTC)) in (
        LAST_MINUTE,
        LAST_MINUTE + 1,
    )  # a float rounds the last second
    assert instant_of(LAST_MINUTE + 1) == instant_of(LAST_MINUTE) == datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
