"""Which target a part of a batch goes to, how long it may take, and what becomes of a partial answer.

First version: the targets stand in a fixed order, and the first that is allowed and not yet tried gets the part.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from schemas.classification import Labels
from schemas.spend import Spend
from schemas.taxonomy import DataPolicy
from streams.core.prompt import Parsed

Finish = Literal["stop", "length", "safety"]

MIN_CALL_S: Final = 5.0
"""A call gets at least so long, where the deadline leaves it, before the next target is tried."""


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
    """A tweet's labels and the model that gave them."""

    labels: Labels
    model: str


@dataclass(frozen=True, slots=True)
class LevelResult:
    """What a level made of a batch, by position: each item is answered or given up, never both nor neither.

    `spend` has one event per call to a paid or shared model.
    """

    answers: dict[int, Answer]
    given_up: dict[int, str]
    spend: tuple[Spend, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """One model at one provider, and what it may see."""

    provider: str
    model: str
    policy: DataPolicy

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


@dataclass(frozen=True, slots=True)
class Part:
    """Indices of a batch's items (from 0) that go out in one call.

    `asked` counts the answers that left them out, `only` pins a re-ask to the target that left them out, and `tried`
    are the targets that are out of question for this part.
    """

    items: tuple[int, ...]
    asked: int = 0
    only: int | None = None
    tried: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Answered:
    """What one answer gives: labels by item index, parts to ask again, and items that are given up with the reason."""

    labels: dict[int, Labels]
    again: tuple[Part, ...] = ()
    given_up: tuple[tuple[int, GiveUp], ...] = ()


def choose(part: Part, n_targets: int, allowed: Callable[[int], bool]) -> int | None:
    """Returns the target for a part: the pinned one, else the first that is untried and allowed; None when none is.

    `allowed` may take a breaker's probe, so it is asked of one target at a time and of none after the first yes.
    """
    order: Sequence[int] = range(n_targets) if part.only is None else (part.only,)
    return next((i for i in order if i not in part.tried and allowed(i)), None)


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
    return tuple(
        Part(items, asked=part.asked, only=part.only, tried=part.tried)
        for items in (part.items[:middle], part.items[middle:])
    )


def settle(part: Part, target: int, finish: Finish, parsed: Parsed) -> Answered:
    """Decides what becomes of a part after an answer.

    `stop`: what was left out or answered wrongly is asked once more of the same target, in a smaller call; then given
    up. `length`: whole items are kept, the rest goes out in halves. `safety`: halves, until the blocked item is alone.
    """
    labels = {part.items[index - 1]: said for index, said in parsed.labels.items()}
    rest = tuple(item for item in part.items if item not in labels)
    if not rest:
        return Answered(labels)
    left = Part(rest, asked=part.asked, only=part.only, tried=part.tried)
    if finish == "stop":
        return _ask_once_more(labels, left, target, shrank=bool(labels))
    reason = GiveUp.LENGTH if finish == "length" else GiveUp.SAFETY
    again = halves(left)
    if not again and finish == "length" and labels:
        again = (left,)  # the cut fell on the last item: alone it has the room
    return Answered(labels, again) if again else Answered(labels, (), tuple((item, reason) for item in rest))


def _ask_once_more(labels: dict[int, Labels], left: Part, target: int, *, shrank: bool) -> Answered:
    if left.asked:
        return Answered(labels, (), tuple((item, GiveUp.UNANSWERED) for item in left.items))
    once_more = Part(left.items, asked=1, only=target, tried=left.tried)
    return Answered(labels, (once_more,) if shrank else halves(once_more) or (once_more,))
