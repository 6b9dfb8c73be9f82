"""What each record header means, and which topics carry it.

A header rides on as the record passes from topic to topic, so a replayed record still carries why it once failed.
"""

from dataclasses import dataclass
from typing import Any, Final

from schemas import headers as names
from schemas.topics import DEAD_LETTER, PARKED, RAW, RAW_DEAD_LETTER, TopicSpec

_NUMBER: Final = r"^\d+$"


@dataclass(frozen=True, slots=True)
class HeaderSpec:
    """One header; its bytes are UTF-8 text. `pattern` is a regular expression of that text."""

    name: str
    description: str
    pattern: str | None = None

    def schema(self) -> dict[str, Any]:
        """Returns the JSON Schema of the text."""
        pattern = {} if self.pattern is None else {"pattern": self.pattern}
        return {"type": "string", "description": self.description, **pattern}


HEADERS: Final = (
    HeaderSpec(
        names.ORIGIN,
        "Identity of the record: partition:offset in tweets.raw, or line:n where ingest refused the row.",
        r"^(\d+:\d+|line:\d+)$",
    ),
    HeaderSpec(names.TRACEPARENT, "W3C trace context.", r"^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"),
    HeaderSpec(names.LEVELS_TRIED, "Levels of the cascade that gave the tweet up, comma-separated, in order."),
    HeaderSpec(names.FALLBACK_REASON, "Why each of those levels gave it up, comma-separated, in order."),
    HeaderSpec(names.REVISION, "Which classification of its tweet a repair asks for; 2 or more.", _NUMBER),
    HeaderSpec(names.REPAIR, "The operator's command that sent the tweet to level 1 again (ops.commands)."),
    HeaderSpec(names.REPAIRED_FROM, "The service that has the revision before."),
    HeaderSpec(names.ERROR_STAGE, "The stage that gave the record up; a replay sends it to this stage's input."),
    HeaderSpec(names.ERROR_EXCEPTION, "Class of the error."),
    HeaderSpec(names.ERROR_MESSAGE, "What the error said; never quotes the record."),
    HeaderSpec(names.ERROR_STACKTRACE, "Reserved by Kafka's KIP-1034; Dallosh writes a hash of the stack instead."),
    HeaderSpec(names.STACK_HASH, "Digest of the stack's file and function names: equal failures share it."),
    HeaderSpec(names.ERROR_TOPIC, "Topic, or file, that the record was read from."),
    HeaderSpec(names.ERROR_PARTITION, "Partition that it was read from.", _NUMBER),
    HeaderSpec(names.ERROR_OFFSET, "Offset that it was read at.", _NUMBER),
    HeaderSpec(names.ERROR_TIMESTAMP_MS, "Timestamp that it had there, in milliseconds since 1970.", _NUMBER),
    HeaderSpec(names.ERROR_ATTEMPTS, "How often it was tried, over all its lives.", _NUMBER),
    HeaderSpec(names.LAST_FAILED_AT, "When it last failed (ISO 8601)."),
    *(HeaderSpec(first, f"The first failure's {last}; never overwritten.") for last, first in names.FIRST_OF.items()),
    HeaderSpec(names.LINE, "Line of the source file, where ingest refused the row.", _NUMBER),
    HeaderSpec(names.REPLAYS, "How often it was replayed.", _NUMBER),
    HeaderSpec(names.REPLAY_ID, "The operator's command that last replayed or parked it (ops.commands)."),
)

_DEAD: Final = (
    names.ORIGIN, names.ERROR_STAGE, names.ERROR_EXCEPTION, names.ERROR_MESSAGE, names.STACK_HASH, names.ERROR_TOPIC,
    names.ERROR_ATTEMPTS, names.FIRST_FAILED_AT, names.LAST_FAILED_AT,
)  # fmt: skip


def has_headers(spec: TopicSpec) -> bool:
    """Whether the topic's records carry headers of ours; those of operations carry none."""
    return not spec.name.startswith("ops.")


def required_headers(spec: TopicSpec) -> tuple[str, ...]:
    """Returns the headers that every record of a topic carries."""
    if spec.name == PARKED:
        return (*_DEAD, names.REPLAY_ID)
    if spec.name in (RAW_DEAD_LETTER, DEAD_LETTER):
        return _DEAD
    return (names.ORIGIN,) if has_headers(spec) and spec.name != RAW else ()


def headers_schema() -> dict[str, Any]:
    """Returns the JSON Schema of the headers of a tweet's record, none of them required.

    Other headers may be there: a record keeps those that it came with.
    """
    return {
        "title": "RecordHeaders",
        "description": "Headers of a tweet's record, as text; they ride on from topic to topic.",
        "type": "object",
        "properties": {header.name: header.schema() for header in HEADERS},
    }
