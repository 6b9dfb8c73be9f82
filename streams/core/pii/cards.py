"""CARD: payment card numbers by length, issuer's range and the Luhn checksum."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii.spans import Found, PiiType

_SEPARATOR: Final = r"[ .\-\u00a0\u202f]{0,2}"
_CANDIDATE: Final = re.compile(rf"(?<![\w@])[2-6](?:{_SEPARATOR}[0-9]){{12,18}}")
_DIGIT: Final = re.compile(r"[0-9]")
_LENGTHS: Final = (16, 15, 19, 18, 17, 14, 13)
"""Digits of a card, the likeliest first: a number may stand right behind a card."""
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def find(text: str) -> Iterator[Found]:
    """Finds card numbers, with or without separators."""
    position = 0
    while match := _CANDIDATE.search(text, position):
        found = _judge(text, match)
        if found is None:
            position = match.start() + 1
        else:
            position = found.end
            yield found


def _judge(text: str, match: "re.Match[str]") -> Found | None:
    places = [digit.start() for digit in _DIGIT.finditer(text, match.start(), match.end())]
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
