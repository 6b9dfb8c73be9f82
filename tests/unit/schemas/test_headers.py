"""Origins: what a header may say, and what it may not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.headers import (
    MAX_REVISION,
    ORIGIN,
    REPAIR,
    REPAIRED_FROM,
    REPLAY_ID,
    REVISION,
    origin_of,
    raw_origin_of,
    repaired_from,
    revision_of,
)
from schemas.taxonomy import Service


@pytest.mark.parametrize("value", [b"0:0", b"11:9223372036854775807", b"line:7", b"odd:0123456789abcdef"])
def test_an_origin_is_kept(value: bytes) -> None:
    assert origin_of(((ORIGIN, value),), partition=3, offset=4) == value.decode()


def test_without_a_header_the_place_is_the_origin() -> None:
    assert origin_of((), partition=3, offset=4) == "3:4"


@given(st.binary(max_size=200))
def test_whatever_a_header_says_the_origin_is_short_and_the_same_everywhere(value: bytes) -> None:
    one = origin_of(((ORIGIN, value),), partition=0, offset=0)
    again = origin_of(((ORIGIN, one.encode()),), partition=9, offset=9)
    assert one == again
    assert len(one) <= 29
    assert one.isascii()


def test_in_raw_only_a_replay_brings_its_origin_along() -> None:
    forged = ((ORIGIN, b"0:59"),)
    assert raw_origin_of(forged, partition=0, offset=60) == "0:60"
    assert raw_origin_of((*forged, (REPLAY_ID, b"r")), partition=0, offset=60) == "0:59"
    assert raw_origin_of((), partition=0, offset=60) == "0:60"


@pytest.mark.parametrize(
    ("value", "revision"),
    [
        (b"2", 2), (b"1000", 1000), (b"1", 1), (b"0", 1), (b"1001", 1), (b"-2", 1), (b"2.0", 1), (b"", 1),
        (b" 2", 1), (b"\xb2", 1), (b"9" * 40, 1), ("\u00b2".encode(), 1),
    ],
)  # fmt: skip
def test_a_revision_is_believed_within_bounds(value: bytes, revision: int) -> None:
    assert revision_of(((REPAIR, b"c"), (REVISION, value))) == revision


def test_a_revision_needs_its_repair() -> None:
    assert [revision_of(headers) for headers in ((), ((REVISION, b"2"),), ((REPAIR, b"c"),))] == [1, 1, 1]


@given(st.lists(st.tuples(st.sampled_from([REVISION, REPAIR, "x"]), st.binary(max_size=12))))
def test_no_header_drives_a_revision_out_of_bounds(headers: list[tuple[str, bytes]]) -> None:
    assert 1 <= revision_of(headers) <= MAX_REVISION


@pytest.mark.parametrize(
    ("value", "service"), [(b"billing", Service.BILLING), (b"Billing", None), (b"", None), (b"\xff", None)]
)
def test_only_a_service_was_repaired_from(value: bytes, service: Service | None) -> None:
    assert repaired_from(((REPAIRED_FROM, value),)) is service
