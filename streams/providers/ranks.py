"""The o200k ranks that the project carries, as a tiktoken encoding; never touches the network or a cache."""

import base64
import gzip
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Final

import tiktoken

from streams.core.tokens import TokenCounter
from streams.errors import FatalError, MissingToolError

RANKS_FILE: Final = Path(__file__).parent / "data" / "o200k_base.tiktoken.gz"
RANKS_SHA256: Final = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
"""Of the unpacked file; tiktoken's own source names the same."""

REMEDY: Final = "Restore it from the repository, or make it again as streams/providers/data/README.md says"

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


def load_encoding(path: Path = RANKS_FILE) -> tiktoken.Encoding:
    """Builds the encoding from the rank file (about half a second).

    Raises:
        MissingToolError: the file cannot be read.
        FatalError: its bytes are not the published ones.
    """
    try:
        data = gzip.decompress(path.read_bytes())
    except (gzip.BadGzipFile, EOFError) as error:
        raise FatalError(f"the token ranks {path} are damaged: {error}", remedy=REMEDY) from error
    except OSError as error:
        raise MissingToolError(f"the token ranks {path} cannot be read: {error.strerror}", remedy=REMEDY) from error
    if hashlib.sha256(data).hexdigest() != RANKS_SHA256:
        raise FatalError(f"the token ranks {path} are not the published ones (SHA-256 differs)", remedy=REMEDY)
    ranks = {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in data.splitlines())}
    return tiktoken.Encoding("o200k_base", pat_str=_PATTERN, mergeable_ranks=ranks, special_tokens=_SPECIAL)


@lru_cache(maxsize=1)
def o200k_counter() -> TokenCounter:
    """Returns the counter of tokens of a text, loaded once a process.

    Raises:
        FatalError: as `load_encoding`.
    """
    encode = load_encoding().encode_ordinary

    def count(text: str) -> int:
        return len(encode(text))

    return count
