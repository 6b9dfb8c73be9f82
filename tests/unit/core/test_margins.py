"""Margins: found whatever way a tokeniser cuts the answer, and never an error."""

import math
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.margins import TokenLogprob, margins

ANSWER = '{"r": ["1n2b7", "2u0s9"]}'
SURE = math.log(0.98)


def log(p: float) -> float:
    return math.log(p) if p else -math.inf


def sure(text: str) -> TokenLogprob:
    return text, SURE, [(text, SURE), ("?", log(0.01))]


def unsure(text: str, other: str, p: float = 0.5, rival: float = 0.4) -> TokenLogprob:
    return text, log(p), [(text, log(p)), (other, log(rival))]


def tokens(*parts: str | TokenLogprob) -> list[TokenLogprob]:
    return [sure(part) if isinstance(part, str) else part for part in parts]


WHERE: list[tuple[str, list[TokenLogprob], dict[int, float]]] = [
    ("all sure", tokens('{"r": ["', "1", "n", "2", "b", "7", '", "', "2u0s9", '"]}'), {1: 0.97, 2: 0.97}),
    ("sentiment", tokens('{"r": ["1', unsure("n", "u"), '2b7", "2u0s9"]}'), {1: 0.1, 2: 0.97}),
    ("priority", tokens('{"r": ["1n', unsure("2", "1"), 'b7", "2u0s9"]}'), {1: 0.1, 2: 0.97}),
    ("topic in a long token", tokens('{"r": ["1n2', unsure('b7", "', 'n7", "'), '2u0s9"]}'), {1: 0.1, 2: 0.97}),
    ("several characters", tokens('{"r": ["1', unsure("n2b", "n2n", 0.6, 0.3), '7", "2u0s9"]}'), {1: 0.3, 2: 0.97}),
    ("the index is no label", tokens('{"r": ["', unsure("1", "2"), 'n2b7", "2u0s9"]}'), {1: 0.97, 2: 0.97}),
    ("nor is the confidence", tokens('{"r": ["1n2b', unsure("7", "6"), '", "2u0s9"]}'), {1: 0.97, 2: 0.97}),
    ("one token for two items", tokens('{"r": ["1n2', unsure('b7", "2u', 'b7", "2n'), '0s9"]}'), {1: 0.1, 2: 0.1}),
    ("the same cut elsewhere", tokens('{"r": ["1', unsure("n2", "n", 0.6, 0.3), 'b7", "2u0s9"]}'), {1: 0.8, 2: 0.97}),
    ("not the likeliest", tokens('{"r": ["1', unsure("n", "u", 0.3, 0.6), '2b7", "2u0s9"]}'), {1: 0.0, 2: 0.97}),
    ("every character", [sure(character) for character in ANSWER], {1: 0.97, 2: 0.97}),
    ("one token", [sure(ANSWER)], {1: 0.97, 2: 0.97}),
    ("no alternatives", [("".join(ANSWER), log(0.7), [])], {1: 0.4, 2: 0.4}),
    ("impossible others", [(ANSWER, 0.0, [(ANSWER, 0.0), ("x", -9999.0)])], {1: 1.0, 2: 1.0}),
    ("a thought before it", tokens('<think>"1p0o9"</think>', ANSWER), {1: 0.97, 2: 0.97}),
    ("an empty token", tokens("", '{"r": ["1', "", unsure("n", "u"), "", '2b7", "2u0s9"]}', ""), {1: 0.1, 2: 0.97}),
]  # fmt: skip


@pytest.mark.parametrize(("given_tokens", "expected"), [row[1:] for row in WHERE], ids=[row[0] for row in WHERE])
def test_the_least_sure_token_of_a_label_counts(given_tokens: list[TokenLogprob], expected: dict[int, float]) -> None:
    assert margins(given_tokens, ANSWER) == {i: pytest.approx(value) for i, value in expected.items()}


OTHER_TEXTS: list[tuple[str, str, dict[int, float]]] = [
    ("", "", {}),
    ("Bonjour", "Bonjour", {}),
    ('{"r": ["1n2b7", "2u0', '{"r": ["1n2b7", "2u0', {1: 0.97}),
    ('{"r": ["1N2B7"]}', '{"r": ["1N2B7"]}', {1: 0.97}),
    ('{"r": ["1n2b7", "1n2b7"]}', '{"r": ["1n2b7", "1n2b7"]}', {1: 0.97}),
    ('{"r": ["9999n2b7", "0n2b7", "12345n2b7"]}', '{"r": ["9999n2b7", "0n2b7", "12345n2b7"]}', {9999: 0.97}),
    ('{"r": ["1n2b7"]}', "what the tokens do not say", {1: 0.97}),
]


@pytest.mark.parametrize(("said", "text", "expected"), OTHER_TEXTS)
def test_only_whole_entries_count(said: str, text: str, expected: dict[int, float]) -> None:
    assert margins([sure(part) for part in said], text) == {i: pytest.approx(v) for i, v in expected.items()}


@given(cuts=st.sets(st.integers(1, len(ANSWER) - 1)))
def test_any_cut_finds_the_same_items(cuts: set[int]) -> None:
    edges = [0, *sorted(cuts), len(ANSWER)]
    parts = [sure(ANSWER[a:b]) for a, b in pairwise(edges)]
    assert margins(parts, ANSWER) == {1: pytest.approx(0.97), 2: pytest.approx(0.97)}


texts = st.text(alphabet='{"r:[]}, 12n0bup9', max_size=12)
candidates = st.tuples(texts, st.floats())


@given(tokens=st.lists(st.tuples(texts, st.floats(), st.lists(candidates, max_size=3)), max_size=20), text=texts)
def test_it_never_raises_and_stays_in_its_bounds(tokens: Sequence[TokenLogprob], text: str) -> None:
    assert all(0.0 <= margin <= 1.0 for margin in margins(tokens, text).values())
