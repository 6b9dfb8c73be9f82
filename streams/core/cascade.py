"""What becomes of a part of a batch: who may get it, how long a call may take, and what follows an answer."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from schemas.classification import Labels
from schemas.spend import Spend
from streams.core.order import ORDINARY, Need
from streams.core.prompt import Parsed
from streams.core.retry import Failure, FailureKind

Finish = Literal["stop", "length", "safety"]

MIN_CALL_S: Final = 5.0
"""A call gets at least so long, where the deadline leaves it, before the next target is tried."""

MAX_SPEND: Final = 2
"""A full batch costs at most so many clean runs: one tweet that a filter refuses must not multiply the bill."""


class GiveUp(StrEnum):
    """Why a tweet leaves a level without labels; goes into the fallback header."""

    NO_PROVIDER = "no_provider"
    ALL_OPEN = "all_open"
    ALL_FAILED = "all_failed"
    DEADLINE = "deadline"
    UNANSWERED = "unanswered"
    LENGTH = "length"
    SAFETY = "safety"
    CONTEXT_LENGTH = "context_length"


@dataclass(frozen=True, slots=True)
class Answer:
    """A tweet's labels, the model that gave them, when, and whether it was less confident than its level asks for."""

    labels: Labels
    model: str
    at: datetime
    unsure: bool = False


Keep = Callable[[Mapping[int, Answer]], Awaitable[None]]
"""Gets answers by position as soon as nothing will change them, while others of their batch are still asked for."""


async def keep_nothing(answers: Mapping[int, Answer]) -> None:
    """Lets answers go until their batch is done."""


@dataclass(frozen=True, slots=True)
class LevelResult:
    """What a level made of a batch, by position: each item is answered or given up, never both nor neither.

    `spend` has one event per call to a paid or shared model.
    """

    answers: dict[int, Answer]
    given_up: dict[int, str]
    spend: tuple[Spend, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """Indices of a batch's items (from 0) that go out in one call.

    `need` says which rungs may answer, `asked` counts the answers that left them out, `first` names the target that is
    asked before all others, `failed` the target of each call that failed, and `tried` those that are out of question.
    `blocked`: a safety filter has refused a larger part that it was in.
    """

    items: tuple[int, ...]
    need: Need = ORDINARY
    asked: int = 0
    first: str | None = None
    tried: frozenset[str] = frozenset()
    failed: tuple[str, ...] = ()
    blocked: bool = False

    def elsewhere(self, target: str) -> "Part":
        """Returns the part for any other target."""
        return replace(self, tried=self.tried | {target}, first=None)

    def attempt(self, target: str) -> int:
        """Returns the number that the next call to a target has, from 1."""
        return self.failed.count(target) + 1


@dataclass(frozen=True, slots=True)
class Answered:
    """What one answer gives: labels by item index, parts to ask again, and items that are given up with the reason."""

    labels: dict[int, Labels]
    again: tuple[Part, ...] = ()
    given_up: tuple[tuple[int, GiveUp], ...] = ()


@dataclass(slots=True)
class Paid:
    """Input tokens that a batch has taken, against those that the search for a tweet in it may take.

    A search may bring a batch to `MAX_SPEND` clean runs in all; that of a small one, whose guidelines outweigh its
    tweets, may cost as much as a full one's.
    """

    n_tokens: int = 0
    max_tokens: int = 0

    def begin(self, first_tokens: int, *, full_tokens: int) -> None:
        """Takes the first call for a clean run; `full_tokens` is the input of a full batch."""
        self.max_tokens = self.max_tokens or MAX_SPEND * max(first_tokens, full_tokens)

    def pay(self, n_tokens: int) -> None:
        """Counts a call that the provider charges for."""
        self.n_tokens += n_tokens

    def affords(self, n_tokens: int) -> bool:
        """Whether the search for a tweet that a safety filter refuses may go on with such a call."""
        return self.n_tokens + n_tokens <= self.max_tokens


@dataclass(slots=True)
class LastWords:
    """What each target that did not answer a batch said last; goes into headers, so it never holds a tweet's text."""

    by_target: dict[str, str] = field(default_factory=dict)
    failure: Failure | None = None

    def refused(self, target: str, reason: str) -> None:
        """Notes that a target had no place for a call."""
        self.by_target[target] = reason

    def failed(self, target: str, failure: Failure) -> None:
        """Notes that a call failed."""
        self.by_target[target] = str(failure)
        self.failure = failure

    def why_none(self, part: Part) -> GiveUp:
        """Returns why a part is given up that nobody takes."""
        if part.asked:
            return GiveUp.UNANSWERED
        if not part.tried:
            return GiveUp.ALL_OPEN
        is_too_long = self.failure is not None and self.failure.kind is FailureKind.CONTEXT_LENGTH
        return GiveUp.CONTEXT_LENGTH if is_too_long else GiveUp.ALL_FAILED

    def words(self, reason: GiveUp) -> str:
        """Returns a reason, with what each target said last where the targets are the reason.

        Example: `all_failed: unavailable 503 (a rate_limited 429; b unavailable 503)`.
        """
        if reason not in (GiveUp.ALL_FAILED, GiveUp.ALL_OPEN, GiveUp.DEADLINE):
            return reason.value
        failure = f": {self.failure}" if self.failure and reason is not GiveUp.ALL_OPEN else ""
        told = "; ".join(f"{target} {word}" for target, word in self.by_target.items())
        return f"{reason.value}{failure}" + (f" ({told})" if told else "")


def call_timeout_s(remaining_s: float, n_left: int) -> float:
    """Shares the time that remains among the targets that are left, but gives at least `MIN_CALL_S` of it.

    Worked number: 30 s and 3 targets left give 10 s to the first.
    """
    return min(remaining_s, max(MIN_CALL_S, remaining_s / max(n_left, 1)))


def halves(part: Part) -> tuple[Part, ...]:
    """Splits a part in two; a single item gives an empty tuple."""
    if len(part.items) < 2:
        return ()
    middle = len(part.items) // 2
    return replace(part, items=part.items[:middle]), replace(part, items=part.items[middle:])


def settle(part: Part, target: str, finish: Finish, parsed: Parsed) -> Answered:
    """Decides what becomes of a part after an answer.

    `stop`: what was left out or answered wrongly is asked once more of the same target, in one call (two would pay for
    the prompt twice, and the batch for more than twice a clean run); then given up. `length`: whole items are kept, the
    rest goes out in halves. `safety`: an answer that was cut ends before the item that the filter took offence at, so
    that one is given up and the rest goes out again; without an answer halves go out, until the item is alone.
    """
    labels = {part.items[index - 1]: said for index, said in parsed.labels.items()}
    rest = tuple(item for item in part.items if item not in labels)
    if not rest:
        return Answered(labels)
    left = replace(part, items=rest)
    if finish == "stop":
        return _ask_once_more(labels, left, target)
    if finish == "safety":
        return _without_the_blocked(labels, replace(left, blocked=True))
    again = halves(left)
    if not again and labels:
        again = (left,)  # the cut fell on the last item: alone it has the room
    return Answered(labels, again) if again else Answered(labels, (), tuple((item, GiveUp.LENGTH) for item in rest))


def _without_the_blocked(labels: dict[int, Labels], left: Part) -> Answered:
    again = halves(left)
    if not labels and again:
        return Answered(labels, again)
    rest = (replace(left, items=left.items[1:]),) if again else ()
    return Answered(labels, rest, ((left.items[0], GiveUp.SAFETY),))


def _ask_once_more(labels: dict[int, Labels], left: Part, target: str) -> Answered:
    if left.asked:
        return Answered(labels, (), tuple((item, GiveUp.UNANSWERED) for item in left.items))
    return Answered(labels, (replace(left, asked=1, first=target),))
