"""A record that a stage cannot handle, byte for byte, with headers that say where, why and how often.

Key, value and the original headers stay identical. What tells of the first failure is never overwritten; what tells of
the last one is replaced, so that a letter that is replayed and fails again is no larger than it was.
"""

import traceback
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Final

from schemas import headers as names
from schemas.headers import Header, number_of, origin_of, raw_origin_of, replaced, value_of
from schemas.taxonomy import Level, Origin, Stage
from schemas.topics import INPUT_OF, RAW, RAW_DEAD_LETTER, TOPICS
from streams.core.output import Output, SourceRecord, size_of
from streams.errors import RejectedError

MAX_MESSAGE_BYTES: Final = 900


def dead_letter(
    record: SourceRecord,
    *,
    stage: Stage,
    error: BaseException,
    now: datetime,
    attempts: int = 1,
    levels: Sequence[Level] = (),
) -> Output:
    """Wraps a record for the dead-letter topic of a stage's input.

    Args:
        record: the record as it was read.
        stage: the stage that gives up.
        error: why; its message must not quote the payload (errors of ours never do).
        now: aware instant of the failure.
        attempts: tries in this stage; added to the tries that the record already carries.
        levels: levels of the cascade that were tried.
    """
    before = record.headers
    changes = {
        names.ORIGIN: _origin(record, stage).encode(),
        names.ERROR_TOPIC: record.topic.encode(),
        names.ERROR_PARTITION: str(record.partition).encode(),
        names.ERROR_OFFSET: str(record.offset).encode(),
        names.ERROR_TIMESTAMP_MS: str(record.timestamp).encode(),
        names.ERROR_ATTEMPTS: str(attempts + number_of(before, names.ERROR_ATTEMPTS)).encode(),
        **_failure(stage=stage, error=error, now=now),
    }
    changes |= _first(before, changes)
    if levels:
        changes[names.LEVELS_TRIED] = ",".join(levels).encode()
    topic = TOPICS[INPUT_OF[stage]].dead_letters
    if topic is None:  # unreachable: a test checks that every stage's input names its dead letters
        raise ValueError(f"the input of {stage} has no dead-letter topic")
    return Output(topic, record.key, record.value, replaced(before, changes))


def fitting(output: Output, record: SourceRecord, *, stage: Stage, now: datetime) -> Output:
    """Returns the output, or, where its topic would refuse it for its size, the dead letter of its record.

    The dead letters take four times as much as any topic that a stage reads, so that they always fit.
    """
    most = TOPICS[output.topic].max_message_bytes
    n_bytes = size_of(output.key, output.value, output.headers)
    if n_bytes <= most:
        return output
    error = RejectedError(f"its record for {output.topic} takes {n_bytes} bytes; {most} fit")
    return dead_letter(record, stage=stage, error=error, now=now)


def refused_row(raw: bytes, *, line: int, source: str, error: BaseException, now: datetime) -> Output:
    """Wraps a row that ingest could not read: its raw bytes as the value, no key, origin `line:n`."""
    changes = {
        names.ORIGIN: Origin(f"line:{line}").encode(),
        names.LINE: str(line).encode(),
        names.ERROR_TOPIC: source.encode("utf-8", "replace"),  # a file's name need not be UTF-8
        names.ERROR_ATTEMPTS: b"1",
        **_failure(stage=Stage.INGEST, error=error, now=now),
    }
    changes |= _first((), changes)
    return Output(RAW_DEAD_LETTER, None, raw, tuple(changes.items()))


def _origin(record: SourceRecord, stage: Stage) -> Origin:
    read = raw_origin_of if INPUT_OF[stage] == RAW else origin_of
    return read(record.headers, partition=record.partition, offset=record.offset)


def _failure(*, stage: Stage, error: BaseException, now: datetime) -> dict[str, bytes]:
    return {
        names.ERROR_STAGE: stage.value.encode(),
        names.ERROR_EXCEPTION: type(error).__name__.encode(),
        names.ERROR_MESSAGE: _cut(str(error)),
        names.STACK_HASH: _stack_hash(error),
        names.LAST_FAILED_AT: now.isoformat().encode(),
    }


def _first(before: Sequence[Header], failure: dict[str, bytes]) -> dict[str, bytes]:
    """Returns what is known of the first failure: what the record says, or else this failure, which is the first.

    A letter of a version that kept only the instant of the first failure has the rest from the last one before this.
    """
    if value_of(before, names.FIRST_FAILED_AT) is None:
        return {first: failure[last] for last, first in names.FIRST_OF.items() if last in failure}
    known = dict(before)
    found = {first: known.get(first, known.get(last)) for last, first in names.FIRST_OF.items()}
    return {name: value for name, value in found.items() if value is not None}


def _cut(message: str) -> bytes:
    """Cuts a message between two characters."""
    return message.encode("utf-8", "replace")[:MAX_MESSAGE_BYTES].decode("utf-8", "ignore").encode()


def _stack_hash(error: BaseException) -> bytes:
    """Hashes the frames (file name and function) and the class, so that equal failures group together."""
    frames = [
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.name}" for frame in traceback.extract_tb(error.__traceback__)
    ]
    return blake2b("|".join([type(error).__name__, *frames]).encode(), digest_size=8).hexdigest().encode()
