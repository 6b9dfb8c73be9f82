"""The conservation law, counted: where each origin ended, from the records of the terminal topics.

`ingested = noise + official + routed + dead_letters + lost`; an origin that is met again is a repeat, counted apart.
An origin takes one bit, so that a file of ten million rows needs about two megabytes.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final, TypeVar

import msgspec

from schemas.codec import UndecodableError, decode
from schemas.headers import ERROR_MESSAGE, ERROR_STAGE, origin_of, revision_of, text_of
from schemas.taxonomy import Level, NoiseReason, Origin, Priority, Service
from schemas.topics import DEAD_LETTER_TOPICS, NOISE, OFFICIAL, SERVICE_TOPICS, service_topic
from schemas.tweet import NoiseRecord
from streams.core.output import SourceRecord

TERMINAL_TOPICS: Final = (*SERVICE_TOPICS, NOISE, OFFICIAL, *DEAD_LETTER_TOPICS)

S = TypeVar("S", bound=msgspec.Struct)

_MAX_DIGITS: Final = 9
_SERVICE_OF: Final = {service_topic(service): service for service in Service}


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """Where one origin ended; a line of the report of a run. `place` is None where it was lost.

    `reason` says why it is noise or a dead letter; it never quotes the record.
    """

    origin: str
    id: str | None = None
    place: str | None = None
    partition: int | None = None
    offset: int | None = None
    service: str | None = None
    level: str | None = None
    reason: str | None = None


class RunSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The last line of a run."""

    ingested: int
    noise: dict[str, int]
    official: int
    routed: dict[str, int]
    levels: dict[str, int]
    dead_letters: int
    lost: int
    repeated: int
    seconds: float
    first_routed_seconds: float | None


class _Routed(msgspec.Struct, frozen=True):
    """What the count needs of a routed tweet; the decoder skips the rest."""

    id: str
    priority: Priority
    level: Level
    revision: int = 1
    moved_to: str | None = None


class _Identified(msgspec.Struct, frozen=True):
    id: str


class OriginSet:
    """A set of origins: a bitmap per partition of `tweets.raw`, and one for refused lines."""

    __slots__ = ("_bits", "_n", "_others")

    def __init__(self) -> None:
        self._bits: dict[str, bytearray] = {}
        self._others: set[str] = set()
        self._n = 0

    def __len__(self) -> int:
        return self._n

    def __contains__(self, origin: str) -> bool:
        group, _, number = origin.partition(":")
        if not _plain(number):
            return origin in self._others
        index, bits = int(number), self._bits.get(group)
        return bits is not None and index >> 3 < len(bits) and bool(bits[index >> 3] & 1 << (index & 7))

    def add(self, origin: str) -> bool:
        """Adds an origin; False when it was there already."""
        if origin in self:
            return False
        self._n += 1
        group, _, number = origin.partition(":")
        if not _plain(number):
            self._others.add(origin)
            return True
        index, bits = int(number), self._bits.setdefault(group, bytearray())
        if index >> 3 >= len(bits):
            bits.extend(bytes(max(1024, (index >> 3) + 1 - len(bits))))
        bits[index >> 3] |= 1 << (index & 7)
        return True


@dataclass(slots=True)
class Tally:
    """Counts records of the terminal topics by distinct origin.

    Another revision of an origin, or the end of a repair, is neither a repeat nor another end: it is counted apart, and
    only the origins that have one are remembered with it.
    """

    noise: Counter[str] = field(default_factory=Counter)
    routed: Counter[tuple[Service, int]] = field(default_factory=Counter)
    levels: Counter[str] = field(default_factory=Counter)
    dead_letters: Counter[str] = field(default_factory=Counter)
    n_official: int = 0
    n_repeated: int = 0
    n_revised: int = 0
    origins: OriginSet = field(default_factory=OriginSet)
    revisions: dict[str, set[int]] = field(default_factory=dict)

    @property
    def n_ended(self) -> int:
        """Distinct origins met so far."""
        return len(self.origins)

    @property
    def n_routed(self) -> int:
        """Distinct origins in the service topics."""
        return self.routed.total()

    def add(self, record: SourceRecord, topic: str) -> Ending | None:
        """Counts a record of a terminal topic; returns the end of its origin, None for a repeat or another revision.

        Args:
            record: as read with `read_committed`.
            topic: the registry's name of its topic.

        Raises:
            UndecodableError: a service topic holds what no router writes.
        """
        origin = origin_of(record.headers, partition=record.partition, offset=record.offset)
        routed = decode(record.value, _Routed) if topic in _SERVICE_OF else None
        if routed is not None and routed.moved_to is not None:
            return None  # the copy that a tweet leaves behind when it moves on
        if not self._is_first(origin, revision_of(record.headers) if routed is None else routed.revision):
            return None
        if routed is not None:
            return self._routed(record, topic, origin, routed)
        return self._aside(record, topic, origin)

    def _is_first(self, origin: Origin, revision: int) -> bool:
        """Whether it is the first that is met of its origin; topics are read in any order, and so are revisions."""
        is_first = self.origins.add(origin)
        met = self.revisions.get(origin, set() if is_first else {1})
        if revision in met:
            self.n_repeated += 1
        elif not is_first:
            self.n_revised += 1
        if revision > 1:
            self.revisions[origin] = met
        met.add(revision)
        return is_first

    def _routed(self, record: SourceRecord, topic: str, origin: Origin, routed: _Routed) -> Ending:
        service = _SERVICE_OF[topic]
        self.routed[service, routed.priority] += 1
        self.levels[routed.level.value] += 1
        return Ending(
            origin=origin, id=routed.id, place=topic, partition=record.partition, offset=record.offset,
            service=service.value, level=routed.level.value,
        )  # fmt: skip

    def _aside(self, record: SourceRecord, topic: str, origin: Origin) -> Ending:
        known = _decoded(record, _Identified)
        return Ending(
            origin=origin, id=None if known is None else known.id, place=topic, partition=record.partition,
            offset=record.offset, reason=self._why(record, topic),
        )  # fmt: skip

    def _why(self, record: SourceRecord, topic: str) -> str | None:
        if topic == OFFICIAL:
            self.n_official += 1
            return None
        if topic == NOISE:
            noise = _decoded(record, NoiseRecord)
            reason = "unreadable" if noise is None else noise.reason
            self.noise[reason] += 1
            return reason
        stage = text_of(record.headers, ERROR_STAGE) or "unknown"
        self.dead_letters[stage] += 1
        return f"{stage}: {text_of(record.headers, ERROR_MESSAGE) or 'no reason given'}"

    def summary(self, *, n_ingested: int, seconds: float, first_routed_seconds: float | None) -> RunSummary:
        """Closes the books: what is in no terminal place is lost."""
        return RunSummary(
            ingested=n_ingested,
            noise={reason.value: self.noise[reason.value] for reason in NoiseReason},
            official=self.n_official,
            routed={service.value: self.n_of(service) for service in Service},
            levels={level.value: self.levels[level.value] for level in Level},
            dead_letters=self.dead_letters.total(),
            lost=n_ingested - self.n_ended,
            repeated=self.n_repeated,
            seconds=round(seconds, 3),
            first_routed_seconds=None if first_routed_seconds is None else round(first_routed_seconds, 3),
        )

    def n_of(self, service: Service) -> int:
        """Returns how many origins a service received."""
        return sum(self.routed[service, priority] for priority in (0, 1, 2))


def _plain(number: str) -> bool:
    """Whether it is an offset that a bitmap may grow to; a header that lies takes no memory."""
    return number.isdecimal() and len(number) <= _MAX_DIGITS


def _decoded(record: SourceRecord, kind: type[S]) -> S | None:
    try:
        return decode(record.value, kind)
    except UndecodableError:
        return None
