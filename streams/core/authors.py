"""How an author is named in records: by the source's id, by a handle, or by the digest of a handle."""

from hashlib import blake2b
from typing import Final

_AT_SIGNS: Final = "@\uff20\ufe6b"
"""As written in ASCII, full-width and small."""


def bare_handle(text: str) -> str:
    """Returns a handle as its author writes it, without the signs in front of it and white space around it.

    Example: "@@SomeOne" gives "SomeOne".
    """
    return text.strip().lstrip(_AT_SIGNS).strip()


def author_name(text: str) -> str:
    """Returns a handle or an author id as authors are compared: bare, and in lower case."""
    return bare_handle(text).lower()


def handle_digest(handle: str) -> str:
    """Returns the author of a tweet whose source gives a handle and no id: "h_" and 16 hexadecimal digits.

    Args:
        handle: without @; its case does not matter.
    """
    return f"h_{blake2b(handle.lower().encode('utf-8', 'replace'), digest_size=8).hexdigest()}"
