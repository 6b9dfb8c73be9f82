"""What a stage writes: one record for one topic of the registry."""

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from schemas.headers import Header


class Output(NamedTuple):
    """A record to deliver. `topic` is the registry's name; the driver adds the namespace."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...] = ()


FRAME_BYTES: Final = 512
"""What the frame of a batch takes at most around one record, and two numbers per header more."""


def size_of(key: bytes | None, value: bytes | None, headers: Sequence[Header]) -> int:
    """Bounds a record's bytes on the wire from above."""
    n_bytes = len(key or b"") + len(value or b"") + FRAME_BYTES
    for name, content in headers:
        n_bytes += len(name.encode()) + len(content or b"") + 10
    return n_bytes


class SourceRecord(Protocol):
    """A record as read from Kafka; aiokafka's `ConsumerRecord` is one. `timestamp` is in milliseconds."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> tuple[Header, ...]: ...
