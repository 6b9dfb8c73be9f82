"""What is removed for a subject: the last record of each of its keys, and replays of its dead letters."""

from datetime import UTC, datetime

import pytest

from schemas.codec import decode
from schemas.headers import Header
from schemas.operations import Disposition, Verdict
from schemas.topics import CLASSIFIED, DEAD_LETTER, DISPOSITIONS, PARKED
from streams.core.forgetting import Relation
from streams.core.output import Output
from streams.core.removals import Removals

NOW = datetime(2026, 1, 2, tzinfo=UTC)


class Record:
    topic, partition, timestamp = "t", 1, 0

    def __init__(self, key: bytes | None, value: bytes | None = b"{}", offset: int = 0) -> None:
        self.key, self.value, self.offset = key, value, offset
        self.headers: tuple[Header, ...] = ()


OWN = (Record(b"k"), Relation.OWN)
OTHER = (Record(b"k"), None)
QUOTE = (Record(b"k"), Relation.QUOTES)
TOMBSTONE = (Record(b"k", None), Relation.OWN)


@pytest.mark.parametrize(
    ("steps", "n_tombstones"),
    [
        ([OWN], 1),
        ([OWN, OWN], 1),
        ([OTHER, OWN], 1),
        ([OWN, OTHER], 0),
        ([OWN, QUOTE], 0),
        ([OWN, TOMBSTONE], 0),
        ([OWN, TOMBSTONE, OWN], 1),
        ([OTHER, QUOTE, TOMBSTONE], 0),
        ([(Record(None), Relation.OWN)], 0),
    ],
)
def test_a_tombstone_where_the_last_record_of_a_key_is_the_subject_s(
    steps: list[tuple[Record, Relation | None]], n_tombstones: int
) -> None:
    compacted, plain = Removals(), Removals()
    for record, relation in steps:
        compacted.note(record, CLASSIFIED, relation, is_compacted=True)
        plain.note(record, CLASSIFIED, relation, is_compacted=False)
    assert compacted.tombstones() == [Output(CLASSIFIED, b"k", None)] * n_tombstones
    assert plain.tombstones() == []


def test_a_dead_letter_with_the_subject_s_words_is_discarded_unless_it_was_decided() -> None:
    removals = Removals()
    for offset, (topic, relation) in enumerate([
        (DEAD_LETTER, Relation.OWN), (DEAD_LETTER, Relation.OWN), (DEAD_LETTER, Relation.QUOTES),
        (DEAD_LETTER, Relation.MAY_HOLD), (PARKED, Relation.OWN), (CLASSIFIED, Relation.OWN), (DEAD_LETTER, None),
    ]):  # fmt: skip
        removals.note(Record(b"k", offset=offset), topic, relation, is_compacted=False)
    removals.note(Record(b"k", None, 9), DEAD_LETTER, Relation.OWN, is_compacted=False)  # holds no words
    assert removals.n_letters == 4
    verdicts: dict[str, Verdict] = {f"{DEAD_LETTER}:1:0": "replayed", f"{DEAD_LETTER}:1:1": "skipped"}
    made, quote, parked = removals.discarded(verdicts, command_id="c1", now=NOW)
    assert parked.key == f"{PARKED}:1:4".encode()  # or a human could send it back
    assert (made.topic, made.key) == (DISPOSITIONS, f"{DEAD_LETTER}:1:1".encode())
    assert decode(made.value, Disposition) == Disposition(
        topic=DEAD_LETTER, partition=1, offset=1, verdict="discarded", at=NOW, command_id="c1", reason="erasure: own"
    )
    assert quote.key == f"{DEAD_LETTER}:1:2".encode()
    assert decode(quote.value, Disposition).reason == "erasure: quotes"
