"""The batch-wide breaker: counted over a block, before anything of it is written."""

import pytest

from schemas.headers import REPLAYS
from schemas.taxonomy import Stage
from schemas.topics import DEAD_LETTER, RAW_DEAD_LETTER, SCRUBBED, SPEND
from streams.core.output import Output
from streams.errors import FatalError
from streams.kafka.stage_breaker import check_breaker
from streams.settings import Settings


def outputs(n_dead: int, n_good: int, topic: str = DEAD_LETTER) -> list[Output]:
    return [Output(topic, b"k", b"v")] * n_dead + [Output(SCRUBBED, b"k", b"v")] * n_good


def check(made: list[Output], n_records: int, **changes: object) -> int:
    settings = Settings(_env_file=None, breaker_share=0.5, breaker_min_records=50, **changes)  # type: ignore[arg-type]
    return check_breaker(made, n_records=n_records, stage=Stage.SCRUBBER, settings=settings)


@pytest.mark.parametrize("topic", [DEAD_LETTER, RAW_DEAD_LETTER])
@pytest.mark.parametrize(
    ("n_dead", "n_good", "stops"),
    [(0, 100, False), (49, 51, False), (50, 50, True), (100, 0, True), (49, 0, False), (24, 25, False), (25, 25, True)],
)
def test_half_of_a_block_of_at_least_fifty_stops(topic: str, n_dead: int, n_good: int, stops: bool) -> None:
    made = outputs(n_dead, n_good, topic)
    if not stops:
        assert check(made, n_dead + n_good) == n_dead
        return
    with pytest.raises(FatalError, match=f"stage scrubber would send {n_dead} of {n_dead + n_good} records"):
        check(made, n_dead + n_good)


def test_letters_that_were_replayed_and_die_again_stop_nothing() -> None:
    again = [Output(DEAD_LETTER, b"k", b"v", ((REPLAYS, b"1"),))] * 100
    assert check([*again, *outputs(40, 0)], 140) == 140
    with pytest.raises(FatalError, match="send 70 of 140 records"):
        check([*again[:70], *outputs(70, 0)], 140)


def test_records_are_counted_not_outputs() -> None:
    spend = [Output(SPEND, b"k", b"v")] * 200
    with pytest.raises(FatalError):
        check([*outputs(60, 0), *spend], 60)
