"""Event time of a file against the wall clock."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.tweet import Tweet
from streams.core.replay_clock import Pace, Rewrite, Span, shift_to_now

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
CUSTOMER = Tweet(id="1", created_at=NOON, text="a", author="u", in_reply_to="0")
OFFICIAL = Tweet(id="2", created_at=NOON, text="a", author="free", official=True)


def test_an_hour_at_60x_takes_a_minute() -> None:
    pace = Pace(60)
    assert [pace.due_s(NOON), pace.due_s(NOON + HOUR), pace.due_s(NOON - HOUR)] == [0, 60, 0]
    assert Pace(None).due_s(NOON + HOUR) == 0


def test_the_first_pass_keeps_ids_and_a_later_one_has_new_ones() -> None:
    assert Rewrite().is_identity
    assert Rewrite(0, HOUR)(CUSTOMER) == Tweet(id="1", created_at=NOON + HOUR, text="a", author="u", in_reply_to="0")
    again = Rewrite(2, HOUR)(CUSTOMER)
    assert (again.id, again.in_reply_to, again.author, again.created_at) == ("1-2", "0-2", "u-2", NOON + HOUR)
    official = Rewrite(2, HOUR)(OFFICIAL)
    assert (official.id, official.in_reply_to, official.author) == ("2-2", None, "free")


def test_passes_do_not_overlap_in_time() -> None:
    span = Span(NOON, NOON + HOUR, 10)
    assert NOON + span.period > span.newest


@pytest.mark.parametrize("speed", [None, 1.0, 60.0, 0.5])
def test_shifted_rows_are_never_in_the_future_and_the_last_is_sent_at_its_date(speed: float | None) -> None:
    span = Span(NOON, NOON + 24 * HOUR, 10)
    shift = shift_to_now(span, now=NOW, speed=speed)
    for at in (NOON, NOON + HOUR, NOON + 24 * HOUR):
        sent_at = NOW + ((at - NOON) / speed if speed else timedelta())
        assert at + shift <= sent_at or (speed or 1) < 1
    last_sent_at = NOW + (24 * HOUR / speed if speed else timedelta())
    assert span.newest + shift == last_sent_at
