"""What a chat completion says of its tokens is money: no count gives any back, or eats a day's budget."""

import json

import pytest

from streams.providers.chat_answer import completion_of
from streams.providers.protocol import MAX_TOKENS, Completion


def completion(n_tokens: int) -> Completion:
    details = {"cached_tokens": n_tokens}, {"reasoning_tokens": n_tokens}
    usage = {"prompt_tokens": n_tokens, "completion_tokens": n_tokens} | dict(
        zip(("prompt_tokens_details", "completion_tokens_details"), details, strict=True)
    )
    body = {"choices": [{"message": {"content": '{"r": []}'}}], "usage": usage}
    return completion_of(json.dumps(body).encode(), 1)


@pytest.mark.parametrize("n_tokens", [-1, -1_000_000, MAX_TOKENS + 1, 10**18])
def test_a_count_that_no_call_can_take_is_none(n_tokens: int) -> None:
    found = completion(n_tokens)
    assert (found.input_tokens, found.output_tokens, found.cached_tokens, found.thought_tokens) == (None,) * 4


@pytest.mark.parametrize("n_tokens", [0, 5, MAX_TOKENS])
def test_a_possible_count_is_believed_and_thoughts_are_counted_apart(n_tokens: int) -> None:
    found = completion(n_tokens)
    assert (found.input_tokens, found.output_tokens, found.thought_tokens) == (n_tokens, 0, n_tokens)
