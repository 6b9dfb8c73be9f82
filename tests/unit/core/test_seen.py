"""The router's memory: bounded, exact while it lasts, untouched by aborted transactions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.taxonomy import Service
from streams.core.seen import Mark, SeenIds, fingerprint

BILLING = Mark(1, fingerprint(b"0:1"), Service.BILLING)


def test_memory_is_bounded_and_keeps_the_most_recent() -> None:
    seen = SeenIds(100)
    for number in range(1_000):
        seen.note(str(number).encode(), BILLING)
        seen.commit()
    assert 100 <= len(seen) <= 200
    assert all(seen.find(str(number).encode()) for number in range(900, 1_000))
    assert seen.find(b"5") is None


@given(
    st.integers(1, 2**29 - 1), st.text(max_size=30), st.sampled_from(list(Service)), st.binary(min_size=1, max_size=30)
)
def test_marks_come_back_as_they_went_in(revision: int, origin: str, service: Service, tweet_id: bytes) -> None:
    seen = SeenIds(4)
    kept = Mark(revision, fingerprint(origin.encode()), service)
    seen.note(tweet_id, kept)
    seen.commit()
    assert seen.find(tweet_id) == kept


def test_a_draft_is_seen_at_once_and_gone_after_a_rollback() -> None:
    seen = SeenIds(4)
    seen.note(b"1", BILLING)
    seen.note_ended(b"2", 7)
    assert seen.find(b"1") == BILLING
    assert seen.has_ended(b"2", 7)
    seen.rollback()
    assert seen.find(b"1") is None
    assert not seen.has_ended(b"2", 7)


def test_the_origin_of_an_older_mark_counts_as_ended() -> None:
    seen = SeenIds(4)
    newer = Mark(2, fingerprint(b"0:2"), Service.TECHNICAL)
    seen.note(b"1", BILLING)
    seen.note(b"1", newer)
    seen.commit()
    assert seen.find(b"1") == newer
    assert seen.has_ended(b"1", BILLING.origin)
    assert not seen.has_ended(b"1", newer.origin)
    assert not seen.has_ended(b"2", BILLING.origin)


def test_an_ended_origin_is_no_place_of_a_tweet() -> None:
    seen = SeenIds(4)
    seen.note_ended(b"1", 7)
    seen.commit()
    assert seen.find(b"1") is None


def test_no_memory_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="n_recent"):
        SeenIds(0)
