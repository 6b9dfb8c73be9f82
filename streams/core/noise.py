"""Near-duplicates: the same author saying the same again within a day.

Different authors are never noise: in an outage "same here" is the signal.
"""

import re
from datetime import timedelta
from hashlib import blake2b
from typing import Final

NEAR_WINDOW: Final = timedelta(hours=24)
"""Two tweets further apart than this, by `created_at`, are not near-duplicates."""
MIN_WORDS: Final = 5
"""A shorter text ("merci beaucoup @Free") says nothing by being said twice."""
DIGEST_BYTES: Final = 12
"""Ten million texts a day collide once in some 10^15 days."""

_LINK: Final = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_MENTION: Final = re.compile(r"(?<!\w)@\w+(?:\.[a-z]\w*)*(?:@[\w.-]*\w)?")
_WORD: Final = re.compile(r"[^\W_]")


def near_key(author: str, text: str) -> bytes | None:
    """Digests what makes two tweets near-duplicates: author, and text without mentions, links, case and spacing.

    Two tweets with equal keys within `NEAR_WINDOW` are near-duplicates. Never raises on any string.

    Returns:
        `DIGEST_BYTES` bytes, or None when fewer than `MIN_WORDS` words are left (a word holds a letter or a digit).
    """
    words = spoken(text).split()
    if not _has_enough(words):
        return None
    said = "\0".join((author, " ".join(words).casefold()))
    return blake2b(said.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()


def spoken(text: str) -> str:
    """Returns a text without its mentions and links, a blank in place of each."""
    if "://" in text or "www." in text.lower():
        text = _LINK.sub(" ", text)
    return _MENTION.sub(" ", text) if "@" in text else text


def _has_enough(words: list[str]) -> bool:
    n_words = 0
    for word in words:
        if _WORD.search(word):
            n_words += 1
            if n_words == MIN_WORDS:
                return True
    return False
