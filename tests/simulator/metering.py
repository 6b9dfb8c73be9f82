"""The simulator's tokens: o200k ranks, times the ratio of the model that is played."""

from functools import lru_cache
from math import ceil
from typing import Final

import tiktoken

from streams.core.tokens import ratio_of
from streams.providers.ranks import load_encoding

PER_MESSAGE: Final = 4
"""What a chat template adds to each message."""

_RATIOS: Final = (("gpt-", 1.0), ("gemini-", 1.09), ("mistral-", 1.12), ("simulated-", 1.12))
"""Prefix of a model's name -> its tokens per o200k token on French tweets."""


@lru_cache(maxsize=1)
def encoding() -> tiktoken.Encoding:
    """Loads the ranks (about half a second), once."""
    return load_encoding()


def n_tokens(model: str, *texts: str) -> int:
    """Counts texts in the model's tokens."""
    return ceil(sum(_n_o200k(text) for text in texts) * _ratio(model))


@lru_cache(maxsize=64)
def _n_o200k(text: str) -> int:
    """Counts once what every call says: the guidelines."""
    return len(encoding().encode_ordinary(text))


def pieces(text: str) -> list[str]:
    """Cuts a text into its tokens; a character that spans several tokens comes with the last of them."""
    found: list[str] = []
    held = b""
    for token in encoding().encode_ordinary(text):
        held += encoding().decode_single_token_bytes(token)
        try:
            found.append(held.decode())
            held = b""
        except UnicodeDecodeError:
            continue
    return found


def cut(model: str, text: str, max_tokens: int) -> str:
    """Returns as much of a text as the model can say in so many tokens."""
    n_kept = int(max_tokens / _ratio(model))
    return "".join(pieces(text)[: max(0, n_kept)])


def _ratio(model: str) -> float:
    return next((ratio for prefix, ratio in _RATIOS if model.startswith(prefix)), None) or ratio_of(model)
