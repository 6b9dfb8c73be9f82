"""One retry loop: what follows each kind of failure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.limits import Report
from streams.core.retry import (
    COOL_S,
    MAX_ATTEMPTS,
    MAX_COOL_S,
    PATIENCE_S,
    QUOTA_COOL_S,
    STEP_OF,
    Failure,
    FailureKind,
    NextStep,
    after_failure,
    report_of,
)

KIND, STEP = FailureKind, NextStep


@pytest.mark.parametrize(
    ("failure", "attempt", "step", "cool_s"),
    [
        (Failure(KIND.RATE_LIMITED, 429), 1, STEP.RETRY_HERE, 0.0),
        (Failure(KIND.RATE_LIMITED, 429), 2, STEP.COOL_DOWN, COOL_S),
        (Failure(KIND.RATE_LIMITED, 429, 1.0), 1, STEP.RETRY_HERE, 0.0),
        (Failure(KIND.RATE_LIMITED, 429, 3.0), 1, STEP.COOL_DOWN, 3.0),
        (Failure(KIND.RATE_LIMITED, 429, 60.0), 1, STEP.COOL_DOWN, 60.0),
        (Failure(KIND.RATE_LIMITED, 429, 1e6), 1, STEP.COOL_DOWN, MAX_COOL_S),
        (Failure(KIND.UNAVAILABLE, 503), 1, STEP.RETRY_HERE, 0.0),
        (Failure(KIND.UNAVAILABLE, 503), 2, STEP.NEXT_TARGET, 0.0),
        (Failure(KIND.UNAVAILABLE, 503, 30.0), 1, STEP.COOL_DOWN, 30.0),
        (Failure(KIND.CONNECTION), 1, STEP.RETRY_HERE, 0.0),
        (Failure(KIND.CONNECTION), 2, STEP.NEXT_TARGET, 0.0),
        (Failure(KIND.BAD_RESPONSE), 1, STEP.RETRY_HERE, 0.0),
        (Failure(KIND.TIMEOUT), 1, STEP.NEXT_TARGET, 0.0),
        (Failure(KIND.BAD_REQUEST, 400), 1, STEP.NEXT_TARGET, 0.0),
        (Failure(KIND.QUOTA, 429), 1, STEP.COOL_DOWN, QUOTA_COOL_S),
        (Failure(KIND.UNAUTHORISED, 401), 1, STEP.DISABLE, 0.0),
        (Failure(KIND.PAYMENT, 402), 1, STEP.DISABLE, 0.0),
        (Failure(KIND.NOT_FOUND, 404), 1, STEP.DISABLE, 0.0),
        (Failure(KIND.CONTEXT_LENGTH, 400), 1, STEP.SPLIT, 0.0),
        (Failure(KIND.SAFETY, 400), 1, STEP.SINGLE_ITEM, 0.0),
    ],
)
def test_what_follows_a_failure(failure: Failure, attempt: int, step: NextStep, cool_s: float) -> None:
    decision = after_failure(failure, attempt=attempt, remaining_s=30.0, jitter=0.5)
    assert (decision.step, decision.cool_s) == (step, cool_s)


@pytest.mark.parametrize(
    ("failure", "report"),
    [
        (Failure(KIND.CONTEXT_LENGTH, 400), Report(kind="success")),
        (Failure(KIND.SAFETY, 400), Report(kind="success")),
        (Failure(KIND.RATE_LIMITED, 429, 1.5), Report(kind="cool", cool_s=1.5)),
        (Failure(KIND.QUOTA, 429), Report(kind="cool", cool_s=QUOTA_COOL_S)),
        (Failure(KIND.NOT_FOUND, 404), Report(kind="disable")),
        (Failure(KIND.UNAVAILABLE, 503), Report(kind="failure")),
        (Failure(KIND.TIMEOUT), Report(kind="failure")),
    ],
)
def test_what_a_failure_tells_of_its_targets_health(failure: Failure, report: Report) -> None:
    decision = after_failure(failure, attempt=1, remaining_s=30.0, jitter=0.5)
    assert report_of(failure, decision) == report


def test_a_short_retry_after_is_waited_for() -> None:
    decision = after_failure(Failure(KIND.RATE_LIMITED, 429, 1.5), attempt=1, remaining_s=30.0, jitter=0.0)
    assert decision.wait_s == 1.5


def test_every_kind_has_its_step() -> None:
    assert set(STEP_OF) == set(KIND)


@given(
    kind=st.sampled_from(list(FailureKind)),
    asked_s=st.none() | st.floats(0, 1e6),
    attempt=st.integers(1, 5),
    remaining_s=st.floats(0, 60),
    jitter=st.floats(0, 1, exclude_max=True),
)
def test_no_wait_is_longer_than_patience_or_the_deadline(
    kind: FailureKind, asked_s: float | None, attempt: int, remaining_s: float, jitter: float
) -> None:
    failure = Failure(kind, retry_after_s=asked_s)
    decision = after_failure(failure, attempt=attempt, remaining_s=remaining_s, jitter=jitter)
    assert decision.wait_s <= PATIENCE_S
    assert decision.cool_s <= MAX_COOL_S
    if decision.step is NextStep.RETRY_HERE:
        assert decision.wait_s < remaining_s
        assert attempt < MAX_ATTEMPTS


def test_a_failure_says_class_and_status_only() -> None:
    assert str(Failure(KIND.RATE_LIMITED, 429, 3.0)) == "rate_limited 429"
    assert str(Failure(KIND.BAD_RESPONSE, cause="KeyError")) == "bad_response KeyError"
