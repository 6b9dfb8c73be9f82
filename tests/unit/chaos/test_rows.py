"""The pace and the records of the chaos cells."""

import pytest

from schemas.codec import UndecodableError, decode
from schemas.topics import RAW, TOPICS
from schemas.tweet import Tweet
from tests.chaos.cell import CELLS, FULL, SHORT, SHORT_CELLS, Cell, Fault, Load
from tests.chaos.rows import HOT_AUTHOR, n_due, rows


def cell(load: Load = Load.STEADY, fault: Fault = Fault.BROKER_KILLED) -> Cell:
    return Cell("one", load, fault)


@pytest.mark.parametrize(
    ("load", "at_s", "expected"),
    [
        (Load.STEADY, 0.0, 0),
        (Load.STEADY, 2.0, 100),
        (Load.BURST, 13.5, 675),
        (Load.BURST, 14.0, 675 + 250),
        (Load.BURST, 15.0, 1_425),
        (Load.BURST, 30.0, 2_850),
    ],
)
def test_how_many_records_are_due(load: Load, at_s: float, expected: int) -> None:
    assert n_due(load, at_s) == expected


def test_the_same_seed_sends_the_same_bytes() -> None:
    assert list(rows(cell(), SHORT, seed=3)) == list(rows(cell(), SHORT, seed=3))
    assert list(rows(cell(), SHORT, seed=3)) != list(rows(cell(), SHORT, seed=4))


def test_most_tweets_of_a_hot_key_have_one_key() -> None:
    made = list(rows(cell(Load.HOT_KEY), SHORT, seed=3))
    assert 0.6 < sum(row.key == HOT_AUTHOR.encode() for row in made) / len(made) < 0.9


def test_one_record_of_a_hundred_is_garbage_that_no_stage_reads() -> None:
    made = list(rows(cell(fault=Fault.GARBAGE), SHORT, seed=3))
    broken = [row for row in made if not row.is_sound]
    assert len(broken) == pytest.approx(len(made) / 100, abs=1)
    for row in broken:
        with pytest.raises(UndecodableError):
            decode(row.value, Tweet)


def test_large_records_come_a_little_below_the_limit_of_their_topic_and_above_it() -> None:
    sizes = [len(row.value or b"") for row in rows(cell(fault=Fault.LARGE_RECORDS), FULL, seed=3)]
    limit = TOPICS[RAW].max_message_bytes
    assert any(1_000_000 < size < limit for size in sizes)
    assert any(size > limit for size in sizes)


def test_every_fault_and_every_load_is_played_and_the_short_run_is_a_part_of_the_long_one() -> None:
    assert {one.fault for one in CELLS} == set(Fault)
    assert {one.load for one in SHORT_CELLS} == set(Load)
    assert set(SHORT_CELLS) < set(CELLS)
    assert len({(one.load, one.fault) for one in CELLS}) == len(CELLS) == 13
