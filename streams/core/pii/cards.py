"""CARD: payment card numbers by length, issuer's range and the Luhn checksum."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii.separators import ANY, CLOSE, UNSEEN
from streams.core.pii.spans import Found, PiiType, judged

_D: Final = f"[0-9]{UNSEEN}"
_YEARS: Final = rf"(?<=2)0[0-9]{{2}}(?:{ANY}(?:19|20)[0-9]{{2}}){{3}}"
_CANDIDATE: Final = re.compile(
    rf"""
    [2-6](?<![\w@].)
    (?: (?:{CLOSE}[0-9]){{12,18}}
      | (?!{_YEARS}) {UNSEEN}(?:{_D}){{3}} (?: (?:{ANY}(?:{_D}){{4}}){{3}}(?:{ANY}(?:{_D}){{1,3}})?
                                            | {ANY}(?:{_D}){{6}}{ANY}(?:{_D}){{5}} )
    )
    """,
    re.VERBOSE,
)
"""Digits with spaces, dots and dashes between them, or the groups of a card with anything between."""
_LENGTHS: Final = (16, 15, 19, 18, 17, 14, 13)
"""Digits of a card, the likeliest first: a number may stand right behind a card."""
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def find(text: str) -> Iterator[Found]:
    """Finds card numbers, with or without separators."""
    return judged(text, _CANDIDATE, _judge)


def _judge(text: str, match: "re.Match[str]") -> Found | None:
    places = [place for place, sign in enumerate(match[0], match.start()) if "0" <= sign <= "9"]
    number = "".join([text[place] for place in places])
    valid = _valid_lengths(number)
    for length in _LENGTHS:
        if length in valid:
            end = places[length - 1] + 1
            if not text[end : end + 1].isalnum():
                return Found(match.start(), end, PiiType.CARD, "card_luhn", number[:length])
    return None


def _valid_lengths(number: str) -> list[int]:
    """Returns how many leading digits satisfy ISO/IEC 7812-1 annex B, the Luhn sum: 16 for 4111111111111111."""
    even = odd = 0  # the sums with the digits at even and at odd places doubled
    valid: list[int] = []
    for place, digit in enumerate(map(int, number)):
        if place % 2:
            even, odd = even + digit, odd + _DOUBLED[digit]
            total = even
        else:
            even, odd = even + _DOUBLED[digit], odd + digit
            total = odd
        if total % 10 == 0:
            valid.append(place + 1)
    return valid
