"""The cascade's decisions: who gets a part, for how long, and what becomes of a partial answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.cascade import Finish, GiveUp, LastWords, Paid, Part, call_timeout_s, halves, settle
from streams.core.prompt import parse
from streams.core.retry import Failure, FailureKind


def said(*indices: int, n_items: int) -> str:
    assert all(1 <= index <= n_items for index in indices)
    return '{"r": [' + ",".join(f'"{index}n2n7"' for index in indices) + "]}"


def test_a_part_counts_its_calls_to_each_target_and_goes_elsewhere() -> None:
    part = Part((0, 1), failed=("a", "b", "a"), first="a")
    assert [part.attempt(name) for name in "abc"] == [3, 2, 1]
    assert part.elsewhere("a") == Part((0, 1), failed=("a", "b", "a"), tried=frozenset({"a"}))


@pytest.mark.parametrize(
    ("remaining_s", "n_left", "timeout_s"), [(30.0, 3, 10.0), (30.0, 1, 30.0), (6.0, 3, 5.0), (2.0, 3, 2.0)]
)
def test_time_is_shared_among_the_targets_left(remaining_s: float, n_left: int, timeout_s: float) -> None:
    assert call_timeout_s(remaining_s, n_left) == timeout_s


def test_what_was_left_out_is_asked_once_more_of_the_same_target() -> None:
    part = Part((10, 11, 12))
    answered = settle(part, "a", "stop", parse(said(1, 3, n_items=3), 3))
    assert sorted(answered.labels) == [10, 12]
    assert answered.again == (Part((11,), asked=1, first="a"),)
    again = settle(answered.again[0], "a", "stop", parse("", 1))
    assert (again.again, again.given_up) == ((), ((11, GiveUp.UNANSWERED),))


def test_an_answer_without_a_single_label_is_asked_again_in_one_call() -> None:
    answered = settle(Part((0, 1, 2)), "a", "stop", parse("pardon ?", 3))
    assert answered.again == (Part((0, 1, 2), asked=1, first="a"),)


def test_length_keeps_the_whole_items_and_halves_the_rest() -> None:
    answered = settle(Part(tuple(range(6))), "a", "length", parse('{"r": ["1n2n7", "2n2n7", "3n2', 6))
    assert sorted(answered.labels) == [0, 1]
    assert [part.items for part in answered.again] == [(2, 3), (4, 5)]


def test_a_single_item_that_does_not_fit_is_given_up() -> None:
    assert settle(Part((7,)), "a", "length", parse("", 1)).given_up == ((7, GiveUp.LENGTH),)


def test_a_block_is_bisected_until_the_item_is_alone() -> None:
    assert [part.items for part in settle(Part((0, 1, 2)), "a", "safety", parse("", 3)).again] == [(0,), (1, 2)]
    assert settle(Part((0,)), "a", "safety", parse("", 1)).given_up == ((0, GiveUp.SAFETY),)


@given(
    n_items=st.integers(1, 20),
    finish=st.sampled_from(["stop", "length", "safety"]),
    asked=st.integers(0, 1),
    data=st.data(),
)
def test_each_item_has_one_fate_and_the_work_shrinks(
    n_items: int, finish: Finish, asked: int, data: st.DataObject
) -> None:
    indices = data.draw(st.sets(st.integers(1, n_items)))
    part = Part(tuple(range(100, 100 + n_items)), asked=asked)
    answered = settle(part, "a", finish, parse(said(*indices, n_items=n_items), n_items))
    again = [item for one in answered.again for item in one.items]
    assert sorted([*answered.labels, *again, *(item for item, _ in answered.given_up)]) == list(part.items)
    for one in answered.again:
        assert len(one.items) < n_items or one.asked > part.asked


def test_halves_of_one_are_none() -> None:
    assert halves(Part((1,))) == ()


@pytest.mark.parametrize(
    ("first_tokens", "n_paid", "next_tokens", "affords"),
    [(6_000, 6_000, 6_000, True), (6_000, 6_001, 6_000, False), (500, 9_000, 1_000, True), (500, 9_001, 1_000, False)],
)
def test_a_search_may_cost_a_clean_run_more_or_a_full_batch(
    first_tokens: int, n_paid: int, next_tokens: int, affords: bool
) -> None:
    paid = Paid()
    paid.begin(first_tokens, full_tokens=5_000)
    paid.begin(99_000, full_tokens=99_000)  # a later call is no clean run
    paid.pay(n_paid)
    assert paid.affords(next_tokens) is affords


def test_the_reason_has_the_last_word_of_each_target() -> None:
    words = LastWords()
    words.failed("a", Failure(FailureKind.UNAVAILABLE, 503))
    words.refused("b", "rpm")
    words.failed("b", Failure(FailureKind.RATE_LIMITED, 429))
    words.refused("a", "open")
    assert words.words(GiveUp.ALL_FAILED) == "all_failed: rate_limited 429 (a open; b rate_limited 429)"
    assert words.words(GiveUp.ALL_OPEN) == "all_open (a open; b rate_limited 429)"
    assert words.words(GiveUp.SAFETY) == "safety"


def test_why_nobody_takes_a_part() -> None:
    words = LastWords()
    assert words.why_none(Part((0,))) is GiveUp.ALL_OPEN
    assert words.why_none(Part((0,), asked=1)) is GiveUp.UNANSWERED
    words.failed("a", Failure(FailureKind.CONTEXT_LENGTH, 400))
    assert words.why_none(Part((0,)).elsewhere("a")) is GiveUp.CONTEXT_LENGTH
    words.failed("b", Failure(FailureKind.TIMEOUT))
    assert words.why_none(Part((0,)).elsewhere("a")) is GiveUp.ALL_FAILED
