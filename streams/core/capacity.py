"""How much one call to a model can hold: the tokens and tweets at which a batch closes."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor
from typing import Final

from streams.core.pricing import Price, PriceTable
from streams.core.profiles import Profile
from streams.core.prompt import OUT_TOKENS_PER_ITEM, OUT_TOKENS_RESERVE

CONTEXT_SHARE: Final = 0.9
"""Of a context that is filled; counts are estimates."""

OUT_MARGIN: Final = 1.25
"""Output tokens kept free for an answer, over what it is expected to take."""

OUT_PER_TWEET_TOKEN: Final = 0.25
"""Output tokens of an answer per token of its tweet, at most: 11 for a tweet of 44."""

MAX_TWEETS: Final = 1_000
"""Hard cap of tweets in one call."""

MIN_TOKENS: Final = 100
"""A batch may always hold so much: a single tweet has to go somewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """Tweet tokens (o200k) and tweets of one call."""

    max_tokens: int
    max_tweets: int

    def at_most(self, other: "Capacity") -> "Capacity":
        """Returns what fits both."""
        return Capacity(
            max_tokens=min(self.max_tokens, other.max_tokens), max_tweets=min(self.max_tweets, other.max_tweets)
        )


def capacity(profile: Profile, *, prompt_tokens: int, price: Price | None = None) -> Capacity:
    """Returns what a model takes in one call: the least of its bounds.

    The bounds are `CONTEXT_SHARE` of the context less the prompt and the answer, the tokens at which the price changes,
    what the output limit can answer, and the profile's `max_batch_tokens`.

    Args:
        profile: the model.
        prompt_tokens: o200k tokens of the fixed part of the prompt.
        price: its price, for the tier boundary.

    Worked number: 8,192 tokens of output hold (8,192 - 64) / (7 * 1.25) = 928 tweets.
    """
    prompt = prompt_tokens * profile.token_ratio
    shared = (CONTEXT_SHARE * profile.context_tokens - prompt - OUT_TOKENS_RESERVE) / (1 + OUT_PER_TWEET_TOKEN)
    bounds = [profile.max_batch_tokens, shared / profile.token_ratio]
    if price is not None and price.tier_tokens is not None:
        bounds.append((price.tier_tokens - prompt) / profile.token_ratio)
    per_tweet = OUT_TOKENS_PER_ITEM * profile.token_ratio * OUT_MARGIN
    answerable = (profile.max_output_tokens - OUT_TOKENS_RESERVE) / per_tweet
    return Capacity(
        max_tokens=max(MIN_TOKENS, floor(min(bounds))), max_tweets=max(1, min(MAX_TWEETS, floor(answerable)))
    )


def shared_capacity(
    profiles: Iterable[Profile], prices: PriceTable, *, prompt_tokens: int, at_most: Capacity
) -> Capacity:
    """Returns what fits `at_most` and every one of the models, so that a batch may go to any of them."""
    for profile in profiles:
        price = prices.price(profile.price_ref)
        at_most = at_most.at_most(capacity(profile, prompt_tokens=prompt_tokens, price=price))
    return at_most
