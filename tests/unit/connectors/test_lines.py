"""Chunks to lines, wherever the chunks are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.connectors import lines
from streams.connectors.lines import Line, LineSplitter


def split(data: bytes, sizes: list[int]) -> list[Line]:
    splitter, found, at = LineSplitter(), [], 0
    for size in [*sizes, len(data)]:
        found += splitter.feed(data[at : at + size])
        at += size
    return [*found, *splitter.finish()]


@given(
    st.lists(st.binary(max_size=9).map(lambda line: line.replace(b"\n", b""))),
    st.lists(st.integers(0, 7)),
    st.booleans(),
)
def test_lines_are_the_same_wherever_the_chunks_are_cut(parts: list[bytes], sizes: list[int], ends: bool) -> None:
    data = b"\n".join(parts) + (b"\n" if ends else b"")
    found = split(data, sizes)
    assert b"\n".join(line.raw for line in found) == data.removesuffix(b"\n")
    assert [line.number for line in found] == list(range(1, len(found) + 1))
    assert [data[: line.end].count(b"\n") for line in found[:-1]] == [line.number for line in found[:-1]]


def test_a_line_that_is_too_long_is_cut_and_says_by_how_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_KEPT_BYTES", 4)
    data = b"ab\n0123456789\ncd\n"
    for sizes in ([], [1] * 17, [5, 3, 4]):
        assert split(data, sizes) == [Line(b"ab", 1, 3), Line(b"0123", 2, 14, 6), Line(b"cd", 3, 17)]


def test_the_last_line_may_be_cut_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_KEPT_BYTES", 4)
    assert split(b"0123456789", [3, 3]) == [Line(b"0123", 1, 10, 6)]


def test_it_goes_on_at_a_position() -> None:
    assert LineSplitter(100, 7).feed(b"ab\n") == [Line(b"ab", 8, 103)]
