"""The forms of an answer: what they allow is exactly what is read, and nothing of a batch is left out."""

import json
import re

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.prompt import CODE_PATTERN, parse
from streams.providers.answer_forms import FORMS, ONLY_ANSWER, answer_regex, answer_schema, self_test_answers


def codes(n: int, data: st.DataObject) -> list[str]:
    labels = st.from_regex("[nup][0-2][nebsco][0-9]", fullmatch=True)
    return [f"{i}{data.draw(labels)}" for i in range(1, n + 1)]


@given(st.integers(1, 30), st.data())
def test_what_the_forms_allow_answers_every_tweet(n: int, data: st.DataObject) -> None:
    said = codes(n, data)
    answer = json.dumps({"r": said}, separators=(",", ":"))
    assert re.fullmatch(answer_regex(n), answer)
    jsonschema.validate({"r": said}, answer_schema(n))
    assert all(re.fullmatch(CODE_PATTERN, code) for code in said)
    assert parse(answer, n).unanswered == ()


@pytest.mark.parametrize(
    "said",
    [
        ["1n2b7"],
        ["1n2b7", "2n2b7", "3n2b7"],
        ["2n2b7", "1n2b7"],
        ["1n2b7", "1n2b7"],
        ["1n2b7", "2x2b7"],
        ["1n2b7", "2n3b7"],
        ["1n2b7", "02n2b7"],
    ],
)
def test_what_leaves_one_out_or_is_no_code_is_not_allowed(said: list[str]) -> None:
    assert not re.fullmatch(answer_regex(2), json.dumps({"r": said}, separators=(",", ":")))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"r": said}, answer_schema(2))


def test_the_expression_leaves_no_room_for_white_space() -> None:
    assert not re.fullmatch(answer_regex(2), '{"r": ["1n2b7","2n2b7"]}')


def test_the_self_test_allows_one_answer() -> None:
    assert {form: self_test_answers(form) for form in FORMS} == {
        "regex": ONLY_ANSWER,
        "json_schema": f'{{"r":"{ONLY_ANSWER}"}}',
    }
