"""The pace and the records of the chaos cells."""

import pytest

from schemas.codec import UndecodableError, decode
from schemas.topics import RAW, TOPICS
from schemas.tweet import Tweet
from tests.chaos.cell import CELLS, FULL, SHORT, SHORT_CELLS, Cell, Fault, Load
from tests.chaos.expected import PLACES_OF, SORT_OF, Sort
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


def test_each_row_says_what_it_is() -> None:
    made = list(rows(cell(), SHORT, seed=3))
    assert {row.sort for row in made} == set(Sort) - {Sort.GARBAGE, Sort.LARGE}
    assert all(decode(row.value, Tweet).id == row.tweet_id for row in made)
    customers = [row.tweet_id for row in made if row.sort is Sort.CUSTOMER]
    assert len(set(customers)) < len(customers), "duplicates have the id of another row"
    assert set(SORT_OF.values()) | {Sort.GARBAGE, Sort.LARGE} == set(Sort) == PLACES_OF.keys()


def test_most_tweets_of_a_hot_key_have_one_key() -> None:
    made = list(rows(cell(Load.HOT_KEY), SHORT, seed=3))
    assert 0.6 < sum(row.key == HOT_AUTHOR.encode() for row in made) / len(made) < 0.9


def test_one_record_of_a_hundred_is_garbage_that_no_stage_reads() -> None:
    made = list(rows(cell(fault=Fault.GARBAGE), SHORT, seed=3))
    broken = [row for row in made if row.sort is Sort.GARBAGE]
    assert len(broken) == pytest.approx(len(made) / 100, abs=1)
    for row in broken:
        with pytest.raises(UndecodableError):
            decode(row.value, Tweet)


def test_large_records_come_a_little_below_the_limit_of_their_topic_and_above_it() -> None:
    made = list(rows(cell(fault=Fault.LARGE_RECORDS), FULL, seed=3))
    limit = TOPICS[RAW].max_message_bytes
    large = [row for row in made if len(row.value or b"") > 1_000_000]
    assert {row.is_too_large for row in large} == {False, True}
    assert all((len(row.value or b"") > limit) == row.is_too_large for row in large)
    tweets = [row.tweet_id for row in large if row.sort is Sort.LARGE]
    assert len(set(tweets)) == len(tweets) >= 4


def test_every_fault_and_every_load_is_played_and_the_short_run_is_a_part_of_the_long_one() -> None:
    assert {one.fault for one in CELLS} == set(Fault)
    assert {one.load for one in SHORT_CELLS} == set(Load)
    assert set(SHORT_CELLS) < set(CELLS)
    assert len({(one.load, one.fault) for one in CELLS}) == len(CELLS) == 13
