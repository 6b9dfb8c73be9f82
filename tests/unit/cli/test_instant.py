"""Ages and instants on the command line."""

from datetime import UTC, datetime, timedelta

import click
import pytest

from agents.cli.instant import French, Since, age_text, epoch_ms


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("24h", timedelta(hours=24)),
        ("7d", timedelta(days=7)),
    ],
)
def test_an_age_counts_back_from_now(text: str, age: timedelta) -> None:
    before = datetime.now(UTC)
    instant = Since().convert(text, None, None)
    assert before - age <= instant <= datetime.now(UTC) - age


@pytest.mark.parametrize(
    ("text", "hour"), [("2026-01-02T03:00:00", 3), ("2026-01-02T03:00+02:00", 1), ("2026-01-02", 0)]
)
def test_an_instant_without_a_zone_is_utc(text: str, hour: int) -> None:
    assert Since().convert(text, None, None).astimezone(UTC) == datetime(2026, 1, 2, hour, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "24", "1w", "-3h", "9999999d", "999999d"])
def test_anything_else_is_a_usage_error(text: str) -> None:
    with pytest.raises(click.UsageError, match="neither an age"):
        Since().convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "hour"), [("2026-07-02T18:30", 16), ("2026-01-02 18:30", 17), ("2026-07-02T18:30Z", 18)]
)
def test_an_instant_of_a_person_is_french(text: str, hour: int) -> None:
    found = French().convert(text, None, None)
    assert (found.astimezone(UTC).hour, found.minute) == (hour, 30)
    assert French().convert(found, None, None) is found


@pytest.mark.parametrize("text", ["", "24h", "hier"])
def test_a_person_must_give_a_date(text: str) -> None:
    with pytest.raises(click.UsageError, match="not an ISO date"):
        French().convert(text, None, None)


def test_milliseconds_since_the_epoch() -> None:
    assert epoch_ms(datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC)) == 2_000
    assert epoch_ms(None) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0 s"), (59, "59 s"), (60, "1 min"), (3_599, "59 min"), (7_200, "2 h"), (200_000, "2 d")],
)
def test_an_age_in_its_largest_unit(seconds: int, text: str) -> None:
    assert age_text(timedelta(seconds=seconds)) == text
