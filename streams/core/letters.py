"""A dead letter as its headers tell it, and which of them a command is about. Its payload is read, never told."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import msgspec

from schemas import headers as names
from schemas.headers import number_of, origin_of, repaired_from, text_of
from schemas.operations import Verdict
from schemas.taxonomy import SERVICE_OF, Level, Service, Stage, Topic
from schemas.topics import INPUT_OF, TOPICS
from streams.core.output import SourceRecord
from streams.core.record_id import RecordId
from streams.core.where import VALUE, Where

STAGES: Final = frozenset(stage.value for stage in Stage)
UNKNOWN: Final = "unknown"
_TOPICS: Final = frozenset(topic.value for topic in Topic)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """What the headers tell of a dead letter; never its payload. `topic` is the registry's name.

    `levels` of the cascade were tried; equal failures share a `stack_hash`; `timestamp_ms` is when it was written.
    """

    topic: str
    partition: int
    offset: int
    origin: str
    stage: str
    error: str
    message: str
    attempts: int
    replays: int
    first_failed_at: str | None
    last_failed_at: str | None
    levels: tuple[str, ...] = ()
    stack_hash: str | None = None
    timestamp_ms: int = 0

    @property
    def key(self) -> str:
        """Its identity, and the key of its disposition."""
        return RecordId(self.topic, self.partition, self.offset).key


WHERE_NAMES: Final = frozenset(DeadLetter.__dataclass_fields__) | {"service", "tweet_id", VALUE}
"""What an expression may name: what the headers tell, and what the value does where it is JSON."""


def is_waiting(verdict: Verdict | None) -> bool:
    """Tells whether a letter still waits for a decision: one that a replay had to leave does."""
    return verdict is None or verdict == "skipped"


def described(record: SourceRecord, topic: str) -> DeadLetter:
    """Reads the headers of a dead letter.

    Args:
        record: the record in the dead-letter topic, or in the parking lot.
        topic: the registry's name of that topic.
    """
    found = record.headers
    levels = (text_of(found, names.LEVELS_TRIED) or "").split(",")
    return DeadLetter(
        topic=topic,
        partition=record.partition,
        offset=record.offset,
        origin=origin_of(found, partition=record.partition, offset=record.offset),
        stage=text_of(found, names.ERROR_STAGE) or UNKNOWN,
        error=text_of(found, names.ERROR_EXCEPTION) or UNKNOWN,
        message=text_of(found, names.ERROR_MESSAGE) or "",
        attempts=number_of(found, names.ERROR_ATTEMPTS),
        replays=number_of(found, names.REPLAYS),
        first_failed_at=text_of(found, names.FIRST_FAILED_AT),
        last_failed_at=text_of(found, names.LAST_FAILED_AT),
        levels=tuple(level for level in levels if level),
        stack_hash=text_of(found, names.STACK_HASH),
        timestamp_ms=record.timestamp,
    )


class Content:
    """What the value of a dead letter tells, decoded when it is first asked for."""

    def __init__(self, letter: DeadLetter, record: SourceRecord) -> None:
        self._letter = letter
        self._record = record

    @cached_property
    def value(self) -> object:
        """The value as JSON; None where it is missing or no JSON."""
        if self._record.value is None:
            return None
        try:
            return msgspec.json.decode(self._record.value)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None

    @property
    def service(self) -> str | None:
        """The service that the labels name, or that has the revision before a repair."""
        topic = self._field("main_topic")
        if isinstance(topic, str) and topic in _TOPICS:
            return SERVICE_OF[Topic(topic)].value
        before = repaired_from(self._record.headers)
        return None if before is None else before.value

    @property
    def tweet_id(self) -> str | None:
        """The id that the value tells, or the key where its stage reads by tweet id."""
        said = self._field("id")
        if isinstance(said, (str, int)):
            return str(said)
        stage, key = self._letter.stage, self._record.key
        if key is None or stage not in STAGES or TOPICS[INPUT_OF[Stage(stage)]].key != "tweet id":
            return None
        return key.decode("utf-8", "replace")

    def look_up(self, name: str) -> object:
        """Returns what one of `WHERE_NAMES` stands for."""
        if name in ("service", "tweet_id", VALUE):
            return getattr(self, name)
        return getattr(self._letter, name)

    def _field(self, name: str) -> object:
        return self.value.get(name) if isinstance(self.value, dict) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which dead letters a command is about; None takes all. Bounds are inclusive, times in epoch milliseconds."""

    stage: Stage | None = None
    error: str | None = None
    service: Service | None = None
    level: Level | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    tweet_id: str | None = None
    origin: str | None = None
    min_attempts: int | None = None
    max_attempts: int | None = None
    min_replays: int | None = None
    max_replays: int | None = None
    where: Where | None = None

    @property
    def takes_all(self) -> bool:
        """Whether nothing is filtered."""
        return self == Wanted()

    def matches(self, letter: DeadLetter, record: SourceRecord) -> bool:
        """Asks the headers first, and the value only where that is needed; the error class in any case of letters."""
        if not self._matches_headers(letter):
            return False
        if self.service is None and self.tweet_id is None and self.where is None:
            return True
        content = Content(letter, record)
        return (
            (self.service is None or content.service == self.service.value)
            and (self.tweet_id is None or content.tweet_id == self.tweet_id)
            and (self.where is None or self.where.holds(content.look_up))
        )

    def arguments(self) -> Mapping[str, object]:
        """Returns every filter that is set, for the record of the command, which is kept for a year."""
        where = None if self.where is None else self.where.redacted()
        said = {name: getattr(self, name) for name in self.__dataclass_fields__} | {"where": where}
        return {name: value for name, value in said.items() if value is not None}

    def _matches_headers(self, letter: DeadLetter) -> bool:
        return (
            (self.stage is None or letter.stage == self.stage.value)
            and (self.error is None or letter.error.lower() == self.error.lower())
            and (self.level is None or self.level.value in letter.levels)
            and (self.origin is None or letter.origin == self.origin)
            and _within(letter.timestamp_ms, self.since_ms, self.until_ms)
            and _within(letter.attempts, self.min_attempts, self.max_attempts)
            and _within(letter.replays, self.min_replays, self.max_replays)
        )


def _within(number: int, least: int | None, most: int | None) -> bool:
    return (least is None or number >= least) and (most is None or number <= most)
