"""The batch-wide breaker: what it counts of a stage's outputs, and whose limits hold."""

import pytest

from schemas.headers import REPLAY_ID, REPLAYS
from schemas.taxonomy import Stage
from schemas.topics import DEAD_LETTER, DEAD_LETTER_TOPICS, INPUT_OF, SCRUBBED, SPEND, TOPICS
from streams.core.output import Output
from streams.errors import FatalError
from streams.kafka.stage_breaker import StageBreaker, limits_of
from streams.settings import Settings

DEAD, GOOD, CALL = (Output(topic, b"k", b"v") for topic in (DEAD_LETTER, SCRUBBED, SPEND))
AGAIN = Output(DEAD_LETTER, b"k", b"v", ((REPLAYS, b"1"), (REPLAY_ID, b"c1")))
FORGED = Output(DEAD_LETTER, b"k", b"v", ((REPLAYS, b"1"),))


def breaker(**changes: object) -> StageBreaker:
    return StageBreaker(Stage.SCRUBBER, settings(**changes))


def settings(**changes: object) -> Settings:
    return Settings(_env_file=None, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("topic", DEAD_LETTER_TOPICS)
@pytest.mark.parametrize(
    ("n_dead", "n_good", "stops"),
    [(0, 100, False), (49, 51, False), (50, 50, True), (100, 0, True), (49, 0, False), (24, 25, False), (25, 25, True)],
)
def test_half_of_at_least_fifty_stops(topic: str, n_dead: int, n_good: int, stops: bool) -> None:
    made = [Output(topic, b"k", b"v")] * n_dead + [GOOD] * n_good
    if not stops:
        assert breaker().check(made, n_records=n_dead + n_good) == n_dead
        return
    with pytest.raises(FatalError, match=f"stage scrubber would send {n_dead} of {n_dead + n_good} records"):
        breaker().check(made, n_records=n_dead + n_good)


def test_small_blocks_hide_no_flood() -> None:
    made = breaker()
    for _ in range(4):
        made.check([DEAD] * 5 + [GOOD] * 5, n_records=10)
    with pytest.raises(FatalError, match="25 of 50 records"):
        made.check([DEAD] * 5 + [GOOD] * 5, n_records=10)


def test_letters_that_were_replayed_and_die_again_stop_nothing() -> None:
    assert breaker().check([*[AGAIN] * 100, *[DEAD] * 40], n_records=140) == 140
    with pytest.raises(FatalError, match="send 70 of 140 records"):
        breaker().check([*[AGAIN] * 70, *[DEAD] * 70], n_records=140)


def test_a_count_of_replays_that_no_replay_set_hides_no_flood() -> None:
    with pytest.raises(FatalError, match="send 60 of 60 records"):
        breaker().check([FORGED] * 60, n_records=60)


def test_records_are_counted_not_outputs() -> None:
    with pytest.raises(FatalError):
        breaker().check([*[DEAD] * 60, *[CALL] * 200], n_records=60)


def test_what_tells_of_a_call_breaks_no_run() -> None:
    made = breaker(breaker_share=1.0, breaker_run_length=60)
    made.check([GOOD] * 50, n_records=50)
    with pytest.raises(FatalError, match="send 60 records in a row"):
        made.check([CALL, DEAD] * 60 + [GOOD], n_records=61)


def test_what_comes_later_counts_as_well() -> None:
    assert breaker().check([DEAD, None, None] * 30, n_records=90) == 30


def test_after_a_rebalance_nothing_is_counted_twice() -> None:
    made = breaker()
    made.check([DEAD] * 40, n_records=40)
    made.forget()
    made.check([DEAD] * 40, n_records=40)


@pytest.mark.parametrize("stage", INPUT_OF)
def test_every_stages_input_has_limits_and_settings_go_before_them(stage: Stage) -> None:
    limits = limits_of(stage, settings())
    assert limits == TOPICS[INPUT_OF[stage]].dead_letter_limits
    changed = limits_of(stage, settings(breaker_share=0.9, breaker_min_records=7))
    assert (changed.share, changed.min_records, changed.run_length) == (0.9, 7, limits.run_length)


def test_the_remedy_lets_everything_through() -> None:
    made = breaker(breaker_min_records=100_000)
    assert sum(made.check([DEAD] * 500, n_records=500) for _ in range(400)) == 200_000
