"""Record headers: their names, and reading and replacing them without touching the others.

The error headers use the names of Kafka's KIP-1034 (`__streams.errors.*`) where it has one.
"""

import re
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Final

from schemas.taxonomy import Origin, Service

Header = tuple[str, bytes]

ORIGIN: Final = "dallosh-origin"
LEVELS_TRIED: Final = "dallosh-levels-tried"
FALLBACK_REASON: Final = "dallosh-fallback-reason"
TRACEPARENT: Final = "traceparent"
REVISION: Final = "dallosh-revision"
REPAIR: Final = "dallosh-repair"
REPAIRED_FROM: Final = "dallosh-repaired-from"
REPAIR_HEADERS: Final = frozenset({REVISION, REPAIR, REPAIRED_FROM})
"""What an operator's repair sets; no producer's record may bring them along."""

ERROR_EXCEPTION: Final = "__streams.errors.exception"
ERROR_MESSAGE: Final = "__streams.errors.message"
ERROR_STACKTRACE: Final = "__streams.errors.stacktrace"
ERROR_TOPIC: Final = "__streams.errors.topic"
ERROR_PARTITION: Final = "__streams.errors.partition"
ERROR_OFFSET: Final = "__streams.errors.offset"
ERROR_STAGE: Final = "dallosh-stage"
ERROR_ATTEMPTS: Final = "dallosh-attempts"
ERROR_TIMESTAMP_MS: Final = "dallosh-timestamp-ms"
LAST_FAILED_AT: Final = "dallosh-last-failed-at"
LINE: Final = "dallosh-line"
REPLAYS: Final = "dallosh-replays"
REPLAY_ID: Final = "dallosh-replay-id"
STACK_HASH: Final = "dallosh-stack-hash"

FIRST_FAILED_AT: Final = "dallosh-first-failed-at"
FIRST_OF: Final = {
    ERROR_TOPIC: "dallosh-first-topic",
    ERROR_PARTITION: "dallosh-first-partition",
    ERROR_OFFSET: "dallosh-first-offset",
    ERROR_TIMESTAMP_MS: "dallosh-first-timestamp-ms",
    ERROR_STAGE: "dallosh-first-stage",
    ERROR_EXCEPTION: "dallosh-first-exception",
    ERROR_MESSAGE: "dallosh-first-message",
    STACK_HASH: "dallosh-first-stack-hash",
    LAST_FAILED_AT: FIRST_FAILED_AT,
}
"""What tells of the last failure -> what tells the same of the first one; a failure after a replay never touches it."""

MAX_REVISION: Final = 1_000
"""A tweet is classified so often at most; what a header says beyond is not believed."""

_MAX_DIGITS: Final = 9
_SERVICES: Final = frozenset(Service)
_ORIGIN_FORM: Final = re.compile(rb"(?:line|[0-9]{1,9}):[0-9]{1,19}|odd:[0-9a-f]{16}")


def value_of(headers: Iterable[Header], name: str) -> bytes | None:
    """Returns the last value of a header, as Kafka's own `lastHeader` does, or None."""
    found: bytes | None = None
    for key, value in headers:
        if key == name:
            found = value
    return found


def text_of(headers: Iterable[Header], name: str) -> str | None:
    """Returns a header as text (undecodable bytes replaced), or None."""
    value = value_of(headers, name)
    return None if value is None else value.decode("utf-8", "replace")


def number_of(headers: Iterable[Header], name: str) -> int:
    """Returns a header as a count; 0 when it is missing or is none: headers may come from anywhere."""
    text = text_of(headers, name) or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else 0


def revision_of(headers: Sequence[Header]) -> int:
    """Returns which classification of its tweet a record asks for: 1, or what a repair says within [2, `MAX_REVISION`].

    A revision without a repair, and a repair without a revision, are neither's doing, and count as the first.
    """
    revision = number_of(headers, REVISION)
    return revision if value_of(headers, REPAIR) and 1 < revision <= MAX_REVISION else 1


def repaired_from(headers: Iterable[Header]) -> Service | None:
    """Returns the service that has the revision before, as the repair found it; None where no header names one."""
    text = text_of(headers, REPAIRED_FROM)
    return Service(text) if text in _SERVICES else None


def replaced(headers: Sequence[Header], changes: dict[str, bytes]) -> tuple[Header, ...]:
    """Returns the headers with each changed name set exactly once; all others keep their bytes and order."""
    kept = tuple(pair for pair in headers if pair[0] not in changes)
    return (*kept, *changes.items())


def origin_of(headers: Iterable[Header], *, partition: int, offset: int) -> Origin:
    """Returns the origin that a record carries, or the one that its own place gives it (right in `tweets.raw` only).

    A header that is no origin gives one of its own, short and equal for equal bytes: "odd:0f1e2d3c4b5a6978".
    """
    value = value_of(headers, ORIGIN)
    if value is None:
        return Origin(f"{partition}:{offset}")
    if _ORIGIN_FORM.fullmatch(value):
        return Origin(value.decode("ascii"))
    return Origin(f"odd:{blake2b(value, digest_size=8).hexdigest()}")


def raw_origin_of(headers: Iterable[Header], *, partition: int, offset: int) -> Origin:
    """Returns the origin of a record of `tweets.raw`: its place, unless a replay brought it back.

    A producer that sets the header itself would make its record a repeat of another one.
    """
    if value_of(headers, REPLAY_ID) is None:
        return Origin(f"{partition}:{offset}")
    return origin_of(headers, partition=partition, offset=offset)
