"""A record is named by its place."""

import pytest

from streams.core.record_id import RecordId
from tests.unit.core.test_removals import Record


def test_a_record_is_named_by_topic_partition_and_offset() -> None:
    assert RecordId.of(Record(b"k", offset=7)).key == RecordId("t", 1, 7).key == "t:1:7"


def test_a_name_is_read_as_it_was_written() -> None:
    assert RecordId.parse(" run7.tweets.dead-letter:3:70\n") == RecordId("run7.tweets.dead-letter", 3, 70)


@pytest.mark.parametrize("text", ["", "t", "t:1", ":1:2", "t:1:x", "t:-1:2", "t:1:2:"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"topic|unpack"):
        RecordId.parse(text)
