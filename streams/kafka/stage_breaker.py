"""Batch-wide breaker: when most of what a stage works on would die, the cause is a bad deploy, not bad records."""

from collections.abc import Sequence
from dataclasses import replace

from schemas.headers import REPLAY_ID, REPLAYS, value_of
from schemas.taxonomy import Stage
from schemas.topics import DEAD_LETTER_TOPICS, INPUT_OF, OPERATION_TOPICS, TOPICS, DeadLetterLimits
from streams.core.flood import FloodGuard
from streams.core.output import Output
from streams.errors import FatalError
from streams.settings import Settings


def limits_of(stage: Stage, settings: Settings) -> DeadLetterLimits:
    """Returns the limits of the topic that a stage reads, as the settings change them."""
    limits = TOPICS[INPUT_OF[stage]].dead_letter_limits
    if limits is None:  # unreachable: a test checks that every stage's input has them
        raise ValueError(f"the input of {stage} has no limits of dead letters")
    return replace(
        limits,
        share=settings.breaker_share or limits.share,
        run_length=settings.breaker_run_length or limits.run_length,
        min_records=settings.breaker_min_records or limits.min_records,
    )


class StageBreaker:
    """Stops a stage before it floods the dead letters; remembers across blocks.

    Letters that were replayed and fail again do not count as dead: their number is what an operator chose, and no
    rollback would make them go away.
    """

    def __init__(self, stage: Stage, settings: Settings) -> None:
        self._stage = stage
        self._guard = FloodGuard(limits_of(stage, settings))

    def forget(self) -> None:
        """Begins anew: after a rebalance or a failed transaction, records that were judged come again."""
        self._guard.forget()

    def check(self, outputs: Sequence[Output | None], *, n_records: int) -> int:
        """Judges outputs before anything of them is written; None stands for a record whose outputs come later.

        Returns:
            How many dead letters there are among them, replayed ones included.

        Raises:
            FatalError: too many, as `limits_of` the stage says. The stage stops, nothing is committed, lag grows.
        """
        died = [_died(output) for output in outputs if output is None or output.topic not in OPERATION_TOPICS]
        if flood := self._guard.add(died, n_records=n_records):
            raise FatalError(
                f"stage {self._stage.value} would send {flood} to the dead letters",
                remedy="They wait in the input topic. Roll the last deploy or the producer's change back; if the "
                "records themselves are bad, let them through to the dead letters: DALLOSH_BREAKER_MIN_RECORDS=100000",
            )
        return sum(output is not None and output.topic in DEAD_LETTER_TOPICS for output in outputs)


def _died(output: Output | None) -> bool:
    if output is None or output.topic not in DEAD_LETTER_TOPICS:
        return False
    return value_of(output.headers, REPLAYS) is None or value_of(output.headers, REPLAY_ID) is None
