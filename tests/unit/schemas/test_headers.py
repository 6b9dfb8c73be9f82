"""Origins: what a header may say, and what it may not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.headers import ORIGIN, REPLAY_ID, origin_of, raw_origin_of


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
