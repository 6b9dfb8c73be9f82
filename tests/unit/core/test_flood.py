"""The guard of the dead letters: share and run, over blocks of any size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.topics import DeadLetterLimits
from streams.core.flood import MEMORY_RECORDS, Flood, FloodGuard

LIMITS = DeadLetterLimits(share=0.5, run_length=200, min_records=50)


def test_worked_examples_of_the_docstring() -> None:
    guard = FloodGuard(LIMITS)
    assert guard.add([True] * 49, n_records=49) is None
    assert guard.add([True], n_records=1) == Flood(50, 50, in_a_row=False)
    guard = FloodGuard(LIMITS)
    assert guard.add([False] * 500, n_records=500) is None
    assert guard.add([True] * 199, n_records=199) is None
    assert guard.add([True], n_records=1) == Flood(200, 200, in_a_row=True)


def test_a_run_within_a_block_counts_and_scattered_deaths_do_not_make_one() -> None:
    scattered = [True, False] * 499 + [False] * 2
    assert FloodGuard(LIMITS).add(scattered, n_records=1000) is None
    gathered = [True] * 200 + [False] * 800
    assert FloodGuard(LIMITS).add(gathered, n_records=1000) == Flood(200, 200, in_a_row=True)


def test_a_share_is_that_of_the_window_whatever_the_blocks() -> None:
    for size in (1, 10, 500):
        guard = FloodGuard(LIMITS)
        for _ in range(500 // size):
            guard.add([False] * size, n_records=size)
        assert all(guard.add([True, False], n_records=2) is None for _ in range(249))
        assert guard.add([True, False], n_records=2) == Flood(250, 500, in_a_row=False)


def test_a_run_goes_on_from_block_to_block_and_ends_with_a_good_record() -> None:
    guard = FloodGuard(DeadLetterLimits(share=1.0, run_length=30, min_records=20))
    assert guard.add([False] * 100 + [True] * 20, n_records=120) is None
    assert guard.add([True] * 9 + [False] + [True] * 20, n_records=30) is None
    assert guard.add([True] * 9, n_records=9) is None
    assert guard.add([True], n_records=1) == Flood(30, 30, in_a_row=True)


def test_a_record_without_output_is_well() -> None:
    guard = FloodGuard(DeadLetterLimits(share=1.0, run_length=30, min_records=20))
    assert guard.add([True] * 19, n_records=19) is None
    assert guard.add([True] * 11, n_records=12) is None


def test_good_blocks_alone_never_stop() -> None:
    guard = FloodGuard(LIMITS)
    guard.add([True] * 49, n_records=49)
    assert guard.add([False], n_records=1) is None


def test_old_blocks_are_forgotten() -> None:
    guard = FloodGuard(LIMITS)
    guard.add([True, False, False] * 160, n_records=480)
    guard.add([False] * 500, n_records=500)
    assert guard.add([True, False] * 240, n_records=480) is None


def test_a_minimum_beyond_its_memory_lets_everything_through() -> None:
    guard = FloodGuard(DeadLetterLimits(share=0.5, run_length=1, min_records=2 * MEMORY_RECORDS))
    assert all(guard.add([True] * 500, n_records=500) is None for _ in range(100))


@given(st.lists(st.booleans(), max_size=400), st.integers(1, 60))
def test_blocks_of_any_size_let_no_more_through_than_one_record_at_a_time(died: list[bool], size: int) -> None:
    """The first flood of single records is seen within the block in which it stands, at the latest."""
    limits = DeadLetterLimits(share=0.5, run_length=25, min_records=20)
    single, blocks = FloodGuard(limits), FloodGuard(limits)
    run = next((n for n, one in enumerate(died) if (flood := single.add([one], n_records=1)) and flood.in_a_row), None)
    cut = [died[start : start + size] for start in range(0, len(died), size)]
    stopped = next((n for n, block in enumerate(cut) if blocks.add(block, n_records=len(block))), None)
    if run is not None:
        assert stopped is not None
        assert stopped <= run // size


@pytest.mark.parametrize("size", [1, 7, 49, 50, 500])
@pytest.mark.parametrize(("n_good", "most"), [(0, LIMITS.min_records), (1000, LIMITS.run_length)])
def test_a_flood_is_seen_in_blocks_of_any_size(size: int, n_good: int, most: int) -> None:
    """At its start a stage looks at the share of what it has seen, which is when a bad deploy shows."""
    guard, n_written = FloodGuard(LIMITS), 0
    for _ in range(n_good):
        guard.add([False] * size, n_records=size)
    while guard.add([True] * size, n_records=size) is None:
        n_written += size
    assert n_written < most
