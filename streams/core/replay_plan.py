"""What a command would do with each dead letter: send it back, park it, discard it, or leave it with a reason.

How counting treats dead letters: one whose disposition says `replayed` or `parked` is no longer a terminal place of its
origin. The replayed record ends wherever the pipe takes it now, a parked one in `tweets.parked`, until a disposition of
its own says `replayed`; so the conservation law holds when those are left out, and an origin that fails again counts
once, by its newest dead letter.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from schemas import headers as names
from schemas.codec import UndecodableError, decode
from schemas.headers import replaced, revision_of
from schemas.operations import Disposition, Verdict
from schemas.taxonomy import Stage
from schemas.topics import ALSO_TO, FALLBACK_BERT, FALLBACK_GPU, INPUT_OF, PARKED, RAW, TOPICS
from schemas.tweet import Tweet
from streams.core.letters import STAGES, DeadLetter
from streams.core.output import Output, SourceRecord, size_of

Verb = Literal["replay", "edit", "unpark", "park", "discard"]
"""What an operator does. `unpark` is the replay of what is parked, `edit` of one letter with another value."""


class Action(StrEnum):
    """What happens to a dead letter."""

    REPLAY = "replay"
    PARK = "park"
    DISCARD = "discard"
    LEAVE = "leave"


VERDICT_OF: Final[dict[Action, Verdict]] = {
    Action.REPLAY: "replayed", Action.PARK: "parked", Action.DISCARD: "discarded", Action.LEAVE: "skipped",
}  # fmt: skip
_ADDED_BYTES: Final = 256
"""What a replay adds to the headers, and more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The decision on one dead letter; `destination` is a topic of the registry, None when it is sent nowhere."""

    letter: DeadLetter
    action: Action
    destination: str | None
    why: str


def step_of(
    verb: Verb, letter: DeadLetter, record: SourceRecord, *, replay_max: int, to: str | None = None,
    as_canary: bool = False,
) -> Step:  # fmt: skip
    """Decides what a command does with a dead letter. A human who edits or unparks is past the count of replays.

    Args:
        verb: what the operator asked for.
        letter: what its headers tell.
        record: the record itself.
        replay_max: replayed so often, a replay parks it.
        to: another destination than the input of the stage that failed.
        as_canary: its outcome is to tell whether others follow.
    """
    match verb:
        case "replay":
            return planned(letter, record, replay_max=replay_max, to=to, as_canary=as_canary)
        case "edit" | "unpark":
            return planned(letter, record, to=to, as_canary=as_canary)
        case "park":
            return _parked(letter, record, letter.error)
        case "discard":
            return _step(letter, Action.DISCARD, None, letter.error)


def planned(
    letter: DeadLetter, record: SourceRecord, *, replay_max: int | None = None, to: str | None = None,
    as_canary: bool = False,
) -> Step:  # fmt: skip
    """Decides what a replay does with a dead letter.

    Args:
        letter: what its headers tell.
        record: the record itself; its value is looked at only where ingest refused it.
        replay_max: replayed so often, it goes to the parking lot; None: never.
        to: another destination than the input of the stage that failed, out of `ALSO_TO`.
        as_canary: its outcome is to tell whether others follow; that of a repair which gets no answer tells nothing.
    """
    if letter.stage not in STAGES:
        return _left(letter, "no header names the stage that failed")
    if _is_empty(record):
        return _left(letter, "neither a key nor a value is left to send")
    if replay_max is not None and letter.replays >= replay_max:
        return _parked(letter, record, f"replayed {letter.replays} times")
    stage = Stage(letter.stage)
    if stage is Stage.INGEST and not _is_tweet(record.value):
        return _left(letter, "a refused row: correct it and run dallosh ingest on it, or dallosh dlq edit")
    destination = to or INPUT_OF[stage]
    if destination != INPUT_OF[stage] and destination not in ALSO_TO.get(stage, ()):
        return _left(letter, f"what the {stage} gave up does not go to {destination}")
    if destination in (FALLBACK_GPU, FALLBACK_BERT) and revision_of(record.headers) > 1:
        return _left(letter, "a repair is for level 1 alone")
    if as_canary and revision_of(record.headers) > 1:
        return _left(letter, "a repair may end nowhere, so it is no canary: replay it without --canary")
    return _fitting(letter, record, Action.REPLAY, destination, letter.error)


def output_of(step: Step, record: SourceRecord, *, replay_id: str) -> Output | None:
    """Writes a step down: key and value byte for byte, the original headers, the first failure, and one replay more.

    A refused row gets its origin anew, from its place in `tweets.raw`: line numbers of two files may be equal.
    Nothing is written of what is discarded or left: None.
    """
    if step.destination is None:
        return None
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
    """Records what was decided of a dead letter, and why it was left where it was."""
    letter = step.letter
    return Disposition(
        topic=letter.topic, partition=letter.partition, offset=letter.offset, verdict=VERDICT_OF[step.action], at=now,
        command_id=command_id, destination=step.destination, reason=step.why if step.action is Action.LEAVE else None,
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


def _parked(letter: DeadLetter, record: SourceRecord, why: str) -> Step:
    if letter.topic == PARKED:
        return _left(letter, "it is parked")
    if _is_empty(record):
        return _left(letter, "neither a key nor a value is left to send")
    return _fitting(letter, record, Action.PARK, PARKED, why)


def _fitting(letter: DeadLetter, record: SourceRecord, action: Action, destination: str, why: str) -> Step:
    n_bytes = size_of(record.key, record.value, record.headers) + _ADDED_BYTES
    if n_bytes > TOPICS[destination].max_message_bytes:
        return _left(letter, f"too large for {destination}")
    return _step(letter, action, destination, why)


def _left(letter: DeadLetter, why: str) -> Step:
    return _step(letter, Action.LEAVE, None, why)


def _step(letter: DeadLetter, action: Action, destination: str | None, why: str) -> Step:
    return Step(letter=letter, action=action, destination=destination, why=why)


def _is_empty(record: SourceRecord) -> bool:
    return record.key is None and record.value is None


def _is_tweet(value: bytes | None) -> bool:
    try:
        decode(value, Tweet)
    except UndecodableError:
        return False
    return True
