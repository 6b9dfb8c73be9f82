"""What a replay would do with each dead letter: send it back, park it, or leave it with a reason.

How counting treats dead letters: one whose disposition says `replayed` or `parked` is no longer a terminal place of its
origin. The replayed record ends wherever the pipe takes it now, a parked one in `tweets.parked`; so the conservation
law holds when those dead letters are left out, and an origin that fails again counts once, by its newest dead letter.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from schemas import headers as names
from schemas.codec import UndecodableError, decode
from schemas.headers import number_of, origin_of, replaced, text_of
from schemas.operations import Disposition, Verdict
from schemas.taxonomy import Stage
from schemas.topics import INPUT_OF, PARKED, RAW, TOPICS
from schemas.tweet import Tweet
from streams.core.output import Output, SourceRecord, size_of
from streams.core.record_id import RecordId


class Action(StrEnum):
    """What happens to a dead letter."""

    REPLAY = "replay"
    PARK = "park"
    LEAVE = "leave"


_STAGES: Final = frozenset(stage.value for stage in Stage)
VERDICT_OF: Final[dict[Action, Verdict]] = {Action.REPLAY: "replayed", Action.PARK: "parked"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """What the headers tell of a dead letter; never its payload. `topic` is the registry's name."""

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

    @property
    def key(self) -> str:
        """Its identity, and the key of its disposition."""
        return RecordId(self.topic, self.partition, self.offset).key


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which dead letters a command is about; None takes all."""

    stage: Stage | None = None
    error: str | None = None

    def matches(self, letter: DeadLetter) -> bool:
        """Compares the stage by name and the error class without regard to case."""
        return (self.stage is None or letter.stage == self.stage.value) and (
            self.error is None or letter.error.lower() == self.error.lower()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The decision on one dead letter; `destination` is a topic of the registry, None when it is left."""

    letter: DeadLetter
    action: Action
    destination: str | None
    why: str


def described(record: SourceRecord, topic: str) -> DeadLetter:
    """Reads the headers of a dead letter.

    Args:
        record: the record in the dead-letter topic.
        topic: the registry's name of that topic.
    """
    found = record.headers
    return DeadLetter(
        topic=topic,
        partition=record.partition,
        offset=record.offset,
        origin=origin_of(found, partition=record.partition, offset=record.offset),
        stage=text_of(found, names.ERROR_STAGE) or "unknown",
        error=text_of(found, names.ERROR_EXCEPTION) or "unknown",
        message=text_of(found, names.ERROR_MESSAGE) or "",
        attempts=number_of(found, names.ERROR_ATTEMPTS),
        replays=number_of(found, names.REPLAYS),
        first_failed_at=text_of(found, names.FIRST_FAILED_AT),
        last_failed_at=text_of(found, names.LAST_FAILED_AT),
    )


def planned(letter: DeadLetter, record: SourceRecord, *, replay_max: int) -> Step:
    """Decides what a replay does with a dead letter.

    Args:
        letter: what its headers tell.
        record: the record itself; its value is looked at only where ingest refused it.
        replay_max: replayed so often, it goes to the parking lot.
    """
    if letter.stage not in _STAGES:
        return _step(letter, Action.LEAVE, None, "no header names the stage that failed")
    if record.key is None and record.value is None:
        return _step(letter, Action.LEAVE, None, "neither a key nor a value is left to send")
    if letter.replays >= replay_max:
        return _step(letter, Action.PARK, PARKED, f"replayed {letter.replays} times")
    stage = Stage(letter.stage)
    if stage is Stage.INGEST and not _is_tweet(record.value):
        return _step(letter, Action.LEAVE, None, "a refused row: correct it and run dallosh ingest on it")
    if size_of(record.key, record.value, record.headers) > TOPICS[INPUT_OF[stage]].max_message_bytes:
        return _step(letter, Action.LEAVE, None, f"too large for {INPUT_OF[stage]}")
    return _step(letter, Action.REPLAY, INPUT_OF[stage], letter.error)


def output_of(step: Step, record: SourceRecord, *, replay_id: str) -> Output:
    """Writes a step down: key and value byte for byte, the original headers, the first failure, and one replay more.

    A refused row gets its origin anew, from its place in `tweets.raw`: line numbers of two files may be equal.

    Raises:
        ValueError: the step leaves its record where it is.
    """
    if step.destination is None:
        raise ValueError(f"{step.letter.key} is left where it is")
    changes = {names.ORIGIN: step.letter.origin.encode(), names.REPLAY_ID: replay_id.encode()}
    if step.action is Action.REPLAY:
        changes[names.REPLAYS] = str(step.letter.replays + 1).encode()
    key = record.key
    headers = replaced(record.headers, changes)
    if step.destination == RAW and step.letter.stage == Stage.INGEST:
        if key is None:  # `planned` found a tweet in the row; what a stage refused keeps the key that it had, or none
            key = decode(record.value, Tweet).author.encode()
        headers = tuple(header for header in headers if header[0] != names.ORIGIN)
    return Output(step.destination, key, record.value, headers)


def disposition_of(step: Step, *, command_id: str, now: datetime) -> Disposition:
    """Records what was decided of a dead letter that is sent somewhere."""
    letter = step.letter
    return Disposition(
        topic=letter.topic, partition=letter.partition, offset=letter.offset, verdict=VERDICT_OF[step.action], at=now,
        command_id=command_id, destination=step.destination,
    )  # fmt: skip


class Histogram:
    """Counts steps by stage, reason and destination, most frequent first."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, str, str]] = Counter()

    def add(self, step: Step) -> None:
        """Counts one step."""
        why = step.letter.error if step.action is Action.REPLAY else step.why
        self._counts[(step.action.value, step.letter.stage, why, step.destination or "")] += 1

    def rows(self) -> list[dict[str, str | int]]:
        """Returns rows of action, stage, reason, destination, n."""
        fields = ("action", "stage", "reason", "destination")
        return [{**dict(zip(fields, key, strict=True)), "n": n} for key, n in self._counts.most_common()]

    def count(self, action: Action) -> int:
        """Returns how many steps have this action."""
        return sum(n for key, n in self._counts.items() if key[0] == action.value)

    @property
    def total(self) -> int:
        """Steps in all."""
        return self._counts.total()


def _step(letter: DeadLetter, action: Action, destination: str | None, why: str) -> Step:
    return Step(letter=letter, action=action, destination=destination, why=why)


def _is_tweet(value: bytes | None) -> bool:
    try:
        decode(value, Tweet)
    except UndecodableError:
        return False
    return True
