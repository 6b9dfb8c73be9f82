"""HANDLE: mentions of private accounts on X, Mastodon and Bluesky."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii.spans import Found, PiiType

_HANDLE: Final = re.compile(
    r"@(\w+)"
    r"(?:\.[a-z]\w*)*"  # Bluesky: @name.bsky.social
    r"(?:@[\w-]++(?:\.[\w-]++)+)?"  # Mastodon: @name@server.tld
)
_NOT_A_NAME: Final = re.compile(r"u[0-9]{1,4}|_+|[0-9]{1,4}|[0-9]{1,2}[hH](?:[0-9]{2})?")
"""Our own placeholder; `@_@`; "rdv @ 14h30" written without a space."""


def find(text: str, kept: frozenset[str]) -> Iterator[Found]:
    """Finds handles whose name, lower case, is not in `kept`.

    A mention glued to a word ("merci@someone") counts: where it is no address, it names somebody. So does one that is
    glued to a name that stays ("@free@someone.social").
    """
    position = 0
    while match := _HANDLE.search(text, position):
        name = match[1]
        if name.lower() in kept or _NOT_A_NAME.fullmatch(name):
            position = match.end(1)
            continue
        position = match.end()
        yield Found(match.start(), position, PiiType.HANDLE, "handle", match[0].lower())
