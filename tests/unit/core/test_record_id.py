"""A record is named by its place."""

from streams.core.record_id import RecordId
from tests.unit.core.test_removals import Record


def test_a_record_is_named_by_topic_partition_and_offset() -> None:
    assert RecordId.of(Record(b"k", offset=7)).key == RecordId("t", 1, 7).key == "t:1:7"
