"""Text from outside on its way to a terminal: nothing in it may move the cursor, recolour, hide or turn other text."""

import re
import unicodedata
from typing import Final

_BLANK: Final = frozenset({"Cc", "Zl", "Zp", "Zs"})
_JOINERS: Final = frozenset("\u200c\u200d")
"""Formatting characters that emoji and some scripts need; all others (bidirectional overrides, tags) are dropped."""
_HIDDEN: Final = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)


def printable(text: str) -> str:
    """Returns the text on one line: control characters and breaks as blanks, formatting characters left out."""
    return "".join(_shown(char) for char in text)


def escaped(line: bytes) -> str:
    """Returns JSON that means the same, with the characters that a terminal could obey written as `\\uXXXX`.

    JSON itself escapes only those below a blank.
    """
    return _HIDDEN.sub(lambda match: f"\\u{ord(match[0]):04x}", line.decode("utf-8", "replace"))


def _shown(char: str) -> str:
    if char.isprintable():
        return char
    category = unicodedata.category(char)
    if category in _BLANK:
        return " "
    return "" if category == "Cf" and char not in _JOINERS else "\ufffd" if category == "Cs" else char
