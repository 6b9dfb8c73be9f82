"""What a stage writes: one record for one topic of the registry."""

from typing import NamedTuple, Protocol

from schemas.headers import Header


class Output(NamedTuple):
    """A record to deliver. `topic` is the registry's name; the driver adds the namespace."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...] = ()


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
