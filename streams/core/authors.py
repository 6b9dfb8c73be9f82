"""How an author is named in records: by the source's id, by a handle, or by the digest of a handle."""

from hashlib import blake2b


def author_name(text: str) -> str:
    """Returns a handle or an author id as authors are compared: lower case, without @ and white space around it."""
    return text.strip().removeprefix("@").lower()


def handle_digest(handle: str) -> str:
    """Returns the author of a tweet whose source gives a handle and no id: "h_" and 16 hexadecimal digits.

    Args:
        handle: without @; its case does not matter.
    """
    return f"h_{blake2b(handle.lower().encode('utf-8', 'replace'), digest_size=8).hexdigest()}"
