"""Codes of errors, which look like identifiers and are the same for everybody."""

import re
from typing import Final

OF_A_SERVICE: Final = r"M7[0-9]{3}-[0-9]{4}(?:-[0-9]{4})?"
"""Part of a pattern: the errors of a well-known service of films, which are said without the word too."""
_BEHIND: Final = re.compile(r"(?:erreurs?|error|err)\W{1,4}\Z", re.IGNORECASE)
_LISTED: Final = re.compile(
    r"(?:erreurs?|error)\W{1,4}(?:[\w\-]{1,15}(?:\s?[,/]\s?|\s(?:et|ou|puis)\s)(?:l[ea]\s|erreurs?\s)?){0,4}\Z",
    re.IGNORECASE,
)
_CODE: Final = re.compile(r"[A-Z]{1,3}-?[0-9]{2,5}(?:-[0-9]{1,5}){1,3}")
_NEAR, _NEAR_LISTED = 12, 60


def is_announced(text: str, start: int) -> bool:
    """Tells whether the word for an error stands right before."""
    return _BEHIND.search(text, max(start - _NEAR, 0), start) is not None


def is_error(text: str, start: int, end: int) -> bool:
    """Tells whether a code is one of errors, behind that word or further on in a list of them."""
    return is_announced(text, start) or (
        _CODE.fullmatch(text, start, end) is not None
        and _LISTED.search(text, max(start - _NEAR_LISTED, 0), start) is not None
    )
