"""The three ways to send the same tweets to a model, and the tokens of every call in each; pure.

Tokens are o200k tokens of the texts of a call: prompt in, answer out. What a provider adds for the form of a chat or
for a schema is left out everywhere, which spares the way with the most calls.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from schemas.classification import Labels
from schemas.taxonomy import DataPolicy
from schemas.tweet import ScrubbedTweet
from streams.core.batching import Admitted, Batch, BatchLimits, CloseReason, TokenBatcher
from streams.core.capacity import Capacity
from streams.core.prompt import code_of, render
from streams.core.tokens import TokenCounter, tweet_tokens
from tests.bench import baseline
from tests.bench.corpus import Raw

Pair = tuple[ScrubbedTweet, Labels]

NEVER_S: Final = 1e9
"""A batch of the benchmark never leaves by its age: the tweets come as fast as they are read."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call; `n_tweets` tweets, tokens of o200k."""

    n_tweets: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Filled:
    """How full one batch of ours became: tokens of its lines as rendered, out of the limit."""

    reason: CloseReason
    tokens: int
    limit: int


def fixed(pairs: Sequence[Pair], n_rows: int, count: TokenCounter) -> list[Call]:
    """Sends `n_rows` tweets a call as JSON objects, whatever their length; an answer is never cut short."""
    fixed_tokens = count(baseline.SYSTEM)
    return [
        Call(
            n_tweets=len(some),
            input_tokens=fixed_tokens + count(baseline.rows(tweet for tweet, _ in some)),
            output_tokens=count(baseline.objects(some)),
        )
        for some in (pairs[start : start + n_rows] for start in range(0, len(pairs), n_rows))
    ]


def compact_one_per_call(pairs: Iterable[Pair], count: TokenCounter) -> list[Call]:
    """Sends one tweet a call in our own compact form: what batching alone is worth."""
    return [_call([pair], count, DataPolicy.PUBLIC) for pair in pairs]


def ours(
    pairs: Sequence[Pair], room: Capacity, count: TokenCounter, policy: DataPolicy = DataPolicy.PUBLIC
) -> tuple[list[Call], list[Filled]]:
    """Sends batches as the classifier fills them: the same batcher, estimate, prompt and codes."""
    calls, filled = [], []
    for batch in batches(pairs, room, count, policy):
        some = [item.value for item in batch.items]
        calls.append(_call(some, count, policy))
        lines = render([tweet for tweet, _ in some], policy).user
        filled.append(Filled(batch.reason, count(lines), room.max_tokens))
    return calls, filled


def batches(pairs: Iterable[Pair], room: Capacity, count: TokenCounter, policy: DataPolicy) -> Iterator[Batch[Pair]]:
    """Yields the batches that the real batcher makes of tweets that come without a pause."""
    limits = BatchLimits(max_tokens=room.max_tokens, max_items=room.max_tweets, linger_s=NEVER_S)
    batcher: TokenBatcher[Pair] = TokenBatcher(limits)
    for offset, pair in enumerate(pairs):
        taken = tweet_tokens(pair[0], count, policies=(policy,))
        yield from batcher.add(Admitted(Raw(offset, b""), pair, taken), now=0.0)
    if (rest := batcher.flush()) is not None:
        yield rest


def fill_of(filled: Iterable[Filled]) -> float | None:
    """Returns tweet tokens over the limit of the batches that the token limit closed; None where it closed none."""
    full = [one for one in filled if one.reason is CloseReason.TOKENS]
    return sum(one.tokens for one in full) / sum(one.limit for one in full) if full else None


def _call(some: Sequence[Pair], count: TokenCounter, policy: DataPolicy) -> Call:
    prompt = render([tweet for tweet, _ in some], policy)
    codes = [code_of(i, said) for i, (_, said) in enumerate(some, start=1)]
    answer = json.dumps({"r": codes}, separators=(",", ":"))
    return Call(len(some), count(prompt.system) + count(prompt.user), count(answer))
