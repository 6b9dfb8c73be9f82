"""What can be removed from topics for a person or a tweet that is forgotten.

Kafka deletes no single record. Where a topic keeps the last record of each key, a tombstone takes its place. A dead
letter, parked or not, stays until it expires, but what is decided of it keeps it from coming back into the pipe: the
subject's own, and another's that carries the subject's tweet, for a replay would keep that text for as long again.
"""

from collections.abc import Mapping
from datetime import datetime

from schemas.codec import encode
from schemas.operations import Disposition, Verdict
from schemas.topics import DISPOSITIONS, LETTER_TOPICS
from streams.core.forgetting import Relation
from streams.core.letters import is_waiting
from streams.core.output import Output, SourceRecord
from streams.core.record_id import RecordId


class Removals:
    """Collects what to remove, record by record in each partition's order; it holds the subject's keys alone."""

    def __init__(self) -> None:
        self._lasts: dict[tuple[str, bytes], None] = {}
        self._letters: dict[RecordId, Relation | None] = {}

    @property
    def n_letters(self) -> int:
        """Dead letters with the subject's words in them, whatever was decided of them before."""
        return len(self._letters)

    def note(self, record: SourceRecord, topic: str, relation: Relation | None, *, is_compacted: bool) -> None:
        """Takes the next record of a partition.

        Args:
            record: as it was read; those that have nothing to do with the subject count, too.
            topic: the registry's name.
            relation: what it has to do with the subject.
            is_compacted: whether the topic keeps the last record of each key.
        """
        is_own = relation is Relation.OWN and record.value is not None
        if is_compacted and record.key is not None:
            if is_own:
                self._lasts[topic, record.key] = None
            else:  # a tombstone, or another's record: the last of this key is no longer the subject's
                self._lasts.pop((topic, record.key), None)
        is_said = relation is Relation.OWN or relation is Relation.QUOTES
        if topic in LETTER_TOPICS and is_said and record.value is not None:
            self._letters[RecordId(topic, record.partition, record.offset)] = relation

    def tombstones(self) -> list[Output]:
        """Returns a tombstone for each key whose last record is the subject's."""
        return [Output(topic, key, None) for topic, key in self._lasts]

    def discarded(self, verdicts: Mapping[str, Verdict], *, command_id: str, now: datetime) -> list[Output]:
        """Returns a disposition for each dead letter with the subject's words in it, so that no replay sends it.

        Args:
            verdicts: what was decided before, by `RecordId.key`; those that wait no more are left out.
            command_id: who decides.
            now: aware instant of the decision.
        """
        made: list[Output] = []
        for letter, relation in self._letters.items():
            if is_waiting(verdicts.get(letter.key)):
                disposition = Disposition(
                    topic=letter.topic, partition=letter.partition, offset=letter.offset, verdict="discarded", at=now,
                    command_id=command_id, reason=f"erasure: {relation}",
                )  # fmt: skip
                made.append(Output(DISPOSITIONS, letter.key.encode(), encode(disposition)))
        return made
