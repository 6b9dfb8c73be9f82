"""The first letters of a replay, and what became of them: they tell whether the rest should follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from schemas.headers import ERROR_EXCEPTION, ERROR_STAGE, origin_of, text_of
from schemas.topics import DEAD_LETTER_TOPICS
from streams.core.letters import UNKNOWN
from streams.core.output import SourceRecord
from streams.core.tally import TERMINAL_TOPICS

NO_OUTCOME: Final = "no outcome in time"


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryOrder:
    """How many letters go first, how long their outcome is waited for, which share of them (0 to 1) may fail."""

    n_letters: int
    timeout_s: float
    max_failed_share: float = 0.0


class Outcome(NamedTuple):
    """What became of one letter: the terminal topic where its origin came, None where it came nowhere in time."""

    place: str
    origin: str
    ended: str | None
    reason: str

    @property
    def is_good(self) -> bool:
        """Whether it ended where a tweet should."""
        return self.ended is not None and self.ended not in DEAD_LETTER_TOPICS


class Canary:
    """Waits for the origins of what was sent to come in a terminal topic, or among the dead letters again.

    Args:
        sent: place of each letter, and the origin that its record has now.
    """

    def __init__(self, sent: Sequence[tuple[str, str]]) -> None:
        self._sent = tuple(sent)
        self._waits = {origin for _, origin in sent}
        self._ends: dict[str, tuple[str, str]] = {}

    @property
    def is_complete(self) -> bool:
        """Whether every origin has come."""
        return not self._waits

    def note(self, record: SourceRecord, topic: str) -> None:
        """Takes a record that came to a terminal topic after the letters were sent; of an origin the first counts.

        Args:
            record: as it was read.
            topic: the registry's name.
        """
        origin = origin_of(record.headers, partition=record.partition, offset=record.offset)
        if topic not in TERMINAL_TOPICS or origin not in self._waits:
            return
        self._waits.discard(origin)
        self._ends[origin] = (topic, _reason(record) if topic in DEAD_LETTER_TOPICS else "")

    def outcomes(self) -> list[Outcome]:
        """Returns what became of each letter, as far as it is known now."""
        return [Outcome(place, origin, *self._ends.get(origin, (None, NO_OUTCOME))) for place, origin in self._sent]

    def passes(self, max_failed_share: float) -> bool:
        """Tells whether no more than this share of the letters ended badly, or nowhere."""
        n_failed = sum(not outcome.is_good for outcome in self.outcomes())
        return n_failed <= max_failed_share * len(self._sent)


def _reason(record: SourceRecord) -> str:
    stage = text_of(record.headers, ERROR_STAGE) or UNKNOWN
    return f"{stage}: {text_of(record.headers, ERROR_EXCEPTION) or UNKNOWN}"
