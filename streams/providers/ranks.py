"""The o200k ranks that the project carries, as a tiktoken encoding; never touches the network or a cache."""

import base64
from functools import lru_cache
from pathlib import Path
from typing import Final

import tiktoken

from streams.carried import CarriedFile
from streams.core.tokens import TokenCounter

RANKS: Final = CarriedFile(
    Path(__file__).parent / "data" / "o200k_base.tiktoken.gz",
    what="the token ranks",
    sha256="446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",  # as tiktoken's own source has it
    remedy="Restore the file from the repository, or make it again as streams/providers/data/README.md says",
)

_SPECIAL: Final = {"<|endoftext|>": 199999, "<|endofprompt|>": 200018}
_PATTERN: Final = "|".join(
    (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    )
)
"""How o200k cuts a text into words, as tiktoken_ext/openai_public.py has it."""


def load_encoding() -> tiktoken.Encoding:
    """Builds the encoding from the rank file (about half a second).

    Raises:
        MissingToolError: the file is missing or damaged.
    """
    lines = RANKS.read().splitlines()
    ranks = {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in lines)}
    return tiktoken.Encoding("o200k_base", pat_str=_PATTERN, mergeable_ranks=ranks, special_tokens=_SPECIAL)


@lru_cache(maxsize=1)
def o200k_counter() -> TokenCounter:
    """Returns the counter of tokens of a text, loaded once a process.

    Raises:
        MissingToolError: as `load_encoding`.
    """
    encode = load_encoding().encode_ordinary

    def count(text: str) -> int:
        return len(encode(text))

    return count
