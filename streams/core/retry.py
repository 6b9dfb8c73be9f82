"""What a failed call is answered with: one retry loop, ours, and this is its whole judgement."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

from streams.core.limits import Report

MAX_ATTEMPTS: Final = 2
"""Calls of one part of a batch to one target, before the next target gets it."""

PATIENCE_S: Final = 2.0
"""A server that asks for a longer wait is left alone for so long; another target gets the batch at once."""

BACKOFF_S: Final = 0.4
COOL_S: Final = 10.0
"""Cooldown of a rate limit that names no time."""

QUOTA_COOL_S: Final = 300.0
MAX_COOL_S: Final = 600.0
"""No server silences a target for longer than this: it is asked again, once."""


class FailureKind(StrEnum):
    """What went wrong, as far as the wire tells; the names go to headers, spend events and metrics."""

    RATE_LIMITED = "rate_limited"
    QUOTA = "quota"
    UNAUTHORISED = "unauthorised"
    PAYMENT = "payment"
    NOT_FOUND = "not_found"
    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    BAD_RESPONSE = "bad_response"
    BAD_REQUEST = "bad_request"
    CONTEXT_LENGTH = "context_length"
    SAFETY = "safety"


class NextStep(StrEnum):
    """What the caller does next about a failure."""

    RETRY_HERE = "retry_here"
    NEXT_TARGET = "next_target"
    COOL_DOWN = "cool_down"
    DISABLE = "disable"
    SPLIT = "split"
    SINGLE_ITEM = "single_item"


STEP_OF: Final[dict[FailureKind, NextStep]] = {
    FailureKind.RATE_LIMITED: NextStep.RETRY_HERE,
    FailureKind.QUOTA: NextStep.COOL_DOWN,
    FailureKind.UNAUTHORISED: NextStep.DISABLE,
    FailureKind.PAYMENT: NextStep.DISABLE,
    FailureKind.NOT_FOUND: NextStep.DISABLE,
    FailureKind.UNAVAILABLE: NextStep.RETRY_HERE,
    FailureKind.TIMEOUT: NextStep.NEXT_TARGET,
    FailureKind.CONNECTION: NextStep.RETRY_HERE,
    FailureKind.BAD_RESPONSE: NextStep.RETRY_HERE,
    FailureKind.BAD_REQUEST: NextStep.NEXT_TARGET,
    FailureKind.CONTEXT_LENGTH: NextStep.SPLIT,
    FailureKind.SAFETY: NextStep.SINGLE_ITEM,
}


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed call: its kind, the HTTP status where there was one, and the wait that the server asked for.

    `cause` is the class of the exception where nothing else tells what happened; never its message.
    """

    kind: FailureKind
    status: int | None = None
    retry_after_s: float | None = None
    cause: str = ""

    def __str__(self) -> str:
        return " ".join(str(part) for part in (self.kind.value, self.status, self.cause) if part)


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do now: the step, the wait before a retry, and how long the target is left alone."""

    step: NextStep
    wait_s: float = 0.0
    cool_s: float = 0.0


def after_failure(failure: Failure, *, attempt: int, remaining_s: float, jitter: float) -> Decision:
    """Decides what follows a failed call.

    A wait is never longer than `PATIENCE_S` nor than the time that remains. A rate limit that asks for more, or that
    comes again, cools the target down.

    Args:
        failure: the call's failure.
        attempt: calls of this part to this target so far, this one included.
        remaining_s: until the batch's deadline.
        jitter: uniform in [0, 1), spreads the retries of many workers.
    """
    step = STEP_OF[failure.kind]
    match step:
        case NextStep.RETRY_HERE:
            asked_s = failure.retry_after_s or 0.0
            wait_s = max(asked_s, BACKOFF_S * 2 ** (attempt - 1) * (0.5 + jitter / 2))
            if asked_s <= PATIENCE_S and attempt < MAX_ATTEMPTS and wait_s < remaining_s:
                return Decision(NextStep.RETRY_HERE, wait_s=wait_s)
            if failure.kind is FailureKind.RATE_LIMITED or asked_s > PATIENCE_S:
                return Decision(NextStep.COOL_DOWN, cool_s=min(asked_s or COOL_S, MAX_COOL_S))
            return Decision(NextStep.NEXT_TARGET)
        case NextStep.COOL_DOWN:
            return Decision(step, cool_s=min(failure.retry_after_s or QUOTA_COOL_S, MAX_COOL_S))
        case NextStep.DISABLE | NextStep.NEXT_TARGET | NextStep.SPLIT | NextStep.SINGLE_ITEM:
            return Decision(step)
        case _:
            assert_never(step)


def report_of(failure: Failure, decision: Decision) -> Report:
    """Says what a failed call tells of its target's health.

    A target that found fault with the request is well. One that asked for patience gets it, from everybody.
    """
    match decision.step:
        case NextStep.SPLIT | NextStep.SINGLE_ITEM:
            return Report(kind="success")
        case NextStep.COOL_DOWN:
            return Report(kind="cool", cool_s=decision.cool_s)
        case NextStep.DISABLE:
            return Report(kind="disable")
        case NextStep.RETRY_HERE if failure.kind is FailureKind.RATE_LIMITED:
            return Report(kind="cool", cool_s=decision.wait_s)
        case NextStep.RETRY_HERE | NextStep.NEXT_TARGET:
            return Report(kind="failure")
        case _:
            assert_never(decision.step)
