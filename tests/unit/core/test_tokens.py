"""Offline counts: the same numbers as tiktoken's o200k, multiplied for each model."""

from datetime import UTC, datetime

import pytest

from schemas.taxonomy import DataPolicy
from schemas.tweet import ScrubbedTweet
from streams.core.tokens import UNKNOWN_RATIO, ratio_of, tweet_tokens
from streams.providers.ranks import o200k_counter


@pytest.mark.parametrize(
    ("model", "ratio"),
    [
        ("ministral-8b-2512", 1.12),
        ("mistralai/Mistral-7B-Instruct-v0.3", 1.35),
        ("mistralai/Mistral-Small-24B", 1.12),
        ("something-else", UNKNOWN_RATIO),
    ],
)
def test_each_served_model_has_its_ratio(model: str, ratio: float) -> None:
    assert ratio_of(model) == ratio


@pytest.mark.parametrize(
    ("text", "n_tokens"),
    [("", 0), ("hello world", 2), ("Plus d'internet depuis 3 jours", 8), ("<|endoftext|>", 7)],
)
def test_counts_of_o200k(text: str, n_tokens: int) -> None:
    assert o200k_counter()(text) == n_tokens


def test_the_longest_visible_form_counts() -> None:
    tweet = ScrubbedTweet(
        id="1", created_at=datetime(2026, 1, 2, tzinfo=UTC), author="a", text="un deux trois", scrubbed="un"
    )
    count = {"un deux trois": 3, "un": 1}.__getitem__
    assert tweet_tokens(tweet, count, policies=[DataPolicy.PUBLIC]) == 4
    assert tweet_tokens(tweet, count, policies=[DataPolicy.PUBLIC, DataPolicy.LOCAL]) == 6
    assert tweet_tokens(tweet, count, policies=[DataPolicy.LOCAL], ratio=1.12) == 7
