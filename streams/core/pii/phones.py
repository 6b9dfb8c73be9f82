"""PHONE: French and international numbers in digits, however they are cut up."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii.spans import Found, PiiType

_SEPARATOR: Final = r"[ .\-/_\u00a0\u2011\u202f]{0,3}"
_DIGIT: Final = r"[0-9Oo]"
"""A letter O among digits is a zero."""
_DATE: Final = r"[0-3]?[0-9][/.\-][01]?[0-9][/.\-](?:19|20)[0-9]{2}(?![0-9])"
_START: Final = r"(?<![0-9@_])(?<![0-9][.,])"
_ZERO: Final = r"(?:0|(?<![\w])[Oo](?=[1-9]))"

_FRENCH: Final = re.compile(
    rf"""
    {_START}(?!{_DATE})
    (?: {_ZERO}
      | (?P<open>\(\s?)? (?:\+\s?|00\s?) 33 (?(open)\s?\)) {_SEPARATOR} (?:\(0\)|0)?
      | (?<!\w) 33 (?=\s?[67])
    )
    {_SEPARATOR} (?P<rest> [1-9] (?:{_SEPARATOR}{_DIGIT}){{8}} )
    (?![0-9])
    """,
    re.VERBOSE,
)

# Country codes of ITU E.164 but 33; +1 has ten more digits, none of the area codes begins with 0 or 1.
_CODES: Final = (
    r"1(?=[ .\-(]{0,2}[2-9](?:[ .\-()]{0,3}[0-9]){9})"
    r"|7|2[07]|3[0-2469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]"
    r"|2[1-689][0-9]|3[578][0-9]|42[0-9]|5[09][0-9]|6[7-9][0-9]|8[0578][0-9]|9[679][0-9]"
)
_FOREIGN: Final = re.compile(
    rf"""
    {_START} (?P<open>\(\s?)? (?:\+\s?|(?<!\w)00\s?) (?:{_CODES}) (?(open)\s?\))
    (?P<rest> (?:\s?\(0\))? (?:[ .\-/()\u00a0\u202f]{{0,3}}[0-9]){{6,12}} )
    (?![0-9])
    """,
    re.VERBOSE,
)
_NOT_DIGIT: Final = re.compile(r"[^0-9]+")
_O: Final = str.maketrans("Oo", "00")
_PUBLIC: Final = "8"
"""08 numbers belong to services, never to persons."""


def find(text: str) -> Iterator[Found]:
    """Finds French numbers, national or with +33; never the short numbers of services, nor 08."""
    for match in _FRENCH.finditer(text):
        digits = _NOT_DIGIT.sub("", match["rest"].translate(_O))
        if digits[0] != _PUBLIC:
            yield Found(match.start(), match.end(), PiiType.PHONE, "phone_fr", f"+33{digits}")


def find_foreign(text: str) -> Iterator[Found]:
    """Finds numbers with another country's code: `+44 7700 900 318`."""
    for match in _FOREIGN.finditer(text):
        digits = _NOT_DIGIT.sub("", match[0].replace("(0)", "").replace("+", ""))
        value = f"+{digits.removeprefix('00')}"
        if 9 <= len(value) <= 16:
            yield Found(match.start(), match.end(), PiiType.PHONE, "phone_international", value)
