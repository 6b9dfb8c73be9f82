"""How a record is named: by its place, never by its text."""

from typing import NamedTuple, Self

from streams.core.output import SourceRecord


class RecordId(NamedTuple):
    """The place of a record; `topic` is the registry's name where nothing else is said."""

    topic: str
    partition: int
    offset: int

    @classmethod
    def of(cls, record: SourceRecord) -> Self:
        """Returns where a record was read; `topic` is the broker's name, the namespace before the registry's."""
        return cls(record.topic, record.partition, record.offset)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads what `key` writes.

        Raises:
            ValueError: it is no such text.
        """
        topic, partition, offset = text.strip().rsplit(":", 2)
        if not (topic and partition.isdecimal() and offset.isdecimal()):
            raise ValueError("not topic:partition:offset")
        return cls(topic, int(partition), int(offset))

    @property
    def key(self) -> str:
        """`topic:partition:offset`, as messages name a record; of a dead letter also the key of its disposition."""
        return f"{self.topic}:{self.partition}:{self.offset}"
