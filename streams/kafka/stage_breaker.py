"""Batch-wide breaker: when most of a block would die, the cause is a bad deploy, not bad records."""

from collections.abc import Sequence

from schemas.headers import REPLAYS, value_of
from schemas.taxonomy import Stage
from schemas.topics import DEAD_LETTER_TOPICS
from streams.core.output import Output
from streams.errors import FatalError
from streams.settings import Settings


def check_breaker(outputs: Sequence[Output], *, n_records: int, stage: Stage, settings: Settings) -> int:
    """Counts the dead letters among a block's outputs; called before anything of it is written.

    Letters that were replayed and fail again do not stop the stage: their number is what an operator chose, and no
    rollback would make them go away.

    Returns:
        All dead letters of the block.

    Raises:
        FatalError: the block has at least `breaker_min_records` records and at least `breaker_share` of them would go
            to the dead letters. The stage stops, nothing is committed, lag grows.
    """
    dead = [output for output in outputs if output.topic in DEAD_LETTER_TOPICS]
    n_fresh = sum(value_of(output.headers, REPLAYS) is None for output in dead)
    if n_fresh and n_records >= settings.breaker_min_records and n_fresh >= settings.breaker_share * n_records:
        raise FatalError(
            f"stage {stage.value} would send {n_fresh} of {n_records} records to the dead letters",
            remedy="They wait in the input topic. Roll the last deploy or the producer's change back; if the records "
            "themselves are bad, let them through to the dead letters: DALLOSH_BREAKER_MIN_RECORDS=100000",
        )
    return len(dead)
