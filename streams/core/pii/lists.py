"""Pairs of digits that are no phone number: hours, dates, items of a list, bytes of an address."""

import re
from itertools import pairwise
from typing import Final

_TIME: Final = r"[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9])?(?![:0-9])"
_DATE: Final = r"[0-3]?[0-9][/.\-][01]?[0-9](?:[/.\-](?:[0-9]{2}){1,2})?(?![0-9])"
_GAP: Final = r"\s{0,3}(?:[,;/|&+\-]\s{0,3}|\b(?:\u00e0|a|et)\s{1,3})?"
_MONTH: Final = r"[01][0-9]/[0-9]{2}(?![0-9/])"
_WHEN: Final = re.compile(
    rf"(?:{_TIME}|{_DATE}){_GAP}(?:{_TIME}|{_DATE})|{_MONTH}{_GAP}{_MONTH}|[01]?[0-9][/.\-](?:19|20)[0-9]{{2}}(?![0-9])"
)
_GLUED: Final = re.compile(r"[0-9][.,:;/\-]$")
"""The end of a number that goes on: "2023-", "12/", "5,"."""
_BYTE_BEHIND: Final = re.compile(r":(?!0[1-9](?::[0-9]{2}){4})[0-9A-Fa-f]{2}(?!\w)")

_COMMA: Final = r"\s{0,2}[,;]\s{0,2}"
_LIST: Final = re.compile(rf"[0-9]{{2}}(?:{_COMMA}[0-9]{{2}}){{4}}")
_ITEM_BEFORE: Final = re.compile(rf"(?<![^\s(])[0-9]{{1,3}}{_COMMA}$")
_ITEM_BEHIND: Final = re.compile(
    rf"(?:{_COMMA}|\s{{0,2}}(?:et|ou|&)\s{{0,2}})(?!0[1-9](?:{_COMMA}[0-9]{{2}}){{4}})[0-9]{{1,3}}(?!\w)"
)
_OF_DEPARTMENTS: Final = re.compile(r"(?<![^\s(])(?:d[ée]p(?:artements?|ts?)?|dpts?|dans les?)\W{0,3}$", re.IGNORECASE)
_NEAR: Final = 24
"""Characters looked at before the pairs."""


def is_list(text: str, start: int, end: int, least: int) -> bool:
    """Tells whether the pairs of digits from `start` to `end` read as anything but a phone number.

    Five pairs with commas between them are a phone unless something says otherwise: a sixth item that begins no other
    phone, equal steps (05, 10, 15, 20, 25), or the word "departments" before them. What stands before `least` is
    another phone and says nothing.
    """
    near = max(start - _NEAR, least)
    if _WHEN.match(text, start) or _GLUED.search(text, near, start) or _BYTE_BEHIND.match(text, end):
        return True
    return _LIST.fullmatch(text, start, end) is not None and (
        _ITEM_BEFORE.search(text, near, start) is not None
        or _ITEM_BEHIND.match(text, end) is not None
        or _OF_DEPARTMENTS.search(text, near, start) is not None
        or _has_equal_steps(text[start:end])
    )


def _has_equal_steps(written: str) -> bool:
    items = [int(item) for item in re.findall(r"[0-9]{2}", written)]
    return len({after - before for before, after in pairwise(items)}) == 1
