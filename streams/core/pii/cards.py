"""CARD: payment card numbers by length, issuer's range and the Luhn checksum."""

import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from streams.core.pii.separators import ANY, CLOSE, O_FOR_ZERO, UNSEEN
from streams.core.pii.spans import Found, PiiType, judged

_D: Final = f"[0-9]{UNSEEN}"
_YEARS: Final = rf"(?<=2)0[0-9]{{2}}(?:{ANY}(?:19|20)[0-9]{{2}}){{3}}"
_CANDIDATE: Final = re.compile(
    rf"""
    [2-6](?<![0-9_@].)
    (?: (?:{CLOSE}[0-9]){{12,18}}
      | (?!{_YEARS}) {UNSEEN}(?:{_D}){{3}} (?: (?:{ANY}(?:{_D}){{4}}){{3}}(?:{ANY}(?:{_D}){{1,3}})?
                                            | {ANY}(?:{_D}){{6}}{ANY}(?:{_D}){{5}} )
    )
    """,
    re.VERBOSE,
)
"""Digits with spaces, dots and dashes between them, or the groups of a card with anything between."""
_LENGTHS: Final = (19, 16, 15, 18, 17, 14, 13)
"""Digits of a card, the likeliest first but for 19: behind a card may stand a number, and three digits are its code."""
_SAYS_CARD: Final = re.compile(
    r"(?<![\w@])(?:cartes?|cb|visa|mastercard|amex|bancaires?|bleue|paiement"
    r"|d[\u00e9e]bit\w{0,4})(?!\w)[^\[\]@\n0-9]{0,30}\Z",
    re.IGNORECASE,
)
_FOURS: Final = re.compile(r"[3-6][0-9]{3}([ .\-]?)(?:[0-9]{4}\1){2}[0-9]{4}")
_NEAR: Final = 40
_NOT_DIGIT: Final = re.compile(r"[^0-9]+")
_VALUES: Final = bytes.maketrans(b"0123456789", bytes(range(10)))
_DOUBLED: Final = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))


def find(text: str) -> Iterator[Found]:
    """Finds card numbers, with or without separators."""
    return judged(O_FOR_ZERO.sub("0", text) if "O" in text or "o" in text else text, _CANDIDATE, _judge)


def _judge(text: str, match: "re.Match[str]") -> Found | None:
    number = _NOT_DIGIT.sub("", match[0])
    before = text[match.start() - 1 : match.start()]
    if before.isalpha() and not _is_glued(text, match):
        return None
    if "." in match[0] and _FOUR_OCTETS.search(match[0]):
        return None
    valid = _valid_lengths(number)
    if not valid:
        return _mistyped(text, match)
    places = [place for place, sign in enumerate(match[0], match.start()) if "0" <= sign <= "9"]
    for length in valid:
        end = places[length - 1] + 1
        if not text[end : end + 1].isalnum() or (length in _GLUED_LENGTHS and _GLUED_BEHIND.match(text, end)):
            return Found(match.start(), end, PiiType.CARD, "card_luhn", number[:length])
    return None


def _mistyped(text: str, match: "re.Match[str]") -> Found | None:
    """Returns sixteen digits behind the word for a card, whose sum is wrong: one of them is mistyped."""
    fours = _FOURS.match(text, match.start())
    if fours is None or text[fours.end() : fours.end() + 1].isalnum():
        return None
    if _SAYS_CARD.search(text, max(match.start() - _NEAR, 0), match.start()) is None:
        return None
    return Found(*fours.span(), PiiType.CARD, "card_cue", _NOT_DIGIT.sub("", fours[0]))


def _is_glued(text: str, match: "re.Match[str]") -> bool:
    """Tells whether digits are glued to a word that goes on, or that says card: `cb4111...`, not a code's letters."""
    return _GLUED_BEFORE.search(text, max(match.start() - _LONGEST_WORD, 0), match.start()) is not None


_GLUED_BEFORE: Final = re.compile(
    r"[a-z\u00e0-\u00ff]\Z|(?i:(?<!\w)(?:cb|carte|visa|amex|mastercard|num(?:[\u00e9e]ro)?))\Z"
)
_GLUED_BEHIND: Final = re.compile(r"[a-z\u00e0-\u00ff]|[A-Z]{3}")
_FOUR_OCTETS: Final = re.compile(r"(?<![0-9.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9]|\.[0-9])")
_GLUED_LENGTHS: Final = (15, 16)
_LONGEST_WORD: Final = 12


def _valid_lengths(number: str) -> list[int]:
    """Returns which lengths of a card satisfy ISO/IEC 7812-1 annex B, the Luhn sum: 16 for 4111111111111111."""
    digits = number.encode()
    even, odd = bytearray(digits.translate(_VALUES)), bytearray(digits.translate(_VALUES))
    doubled = digits.translate(_DOUBLED)
    even[::2], odd[1::2] = doubled[::2], doubled[1::2]  # every second digit from the last but one, by the length
    sums = list(accumulate(even)), list(accumulate(odd))
    return [length for length in _LENGTHS if length <= len(number) and sums[length % 2][length - 1] % 10 == 0]
