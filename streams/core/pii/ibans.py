"""IBAN: account numbers by the lengths of the registry and the ISO 13616 checksum."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii.plain import INVISIBLE
from streams.core.pii.separators import UNSEEN
from streams.core.pii.spans import Found, PiiType, judged

# Country -> characters, from the SWIFT IBAN registry.
_LENGTHS: Final[dict[str, int]] = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LI": 21, "LT": 20, "LU": 20,
    "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24,
    "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19, "SK": 24,
    "SM": 27, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip
_BETWEEN: Final = rf"{UNSEEN}(?:[\s.,:;/_*|~\-\u00b7]{UNSEEN}){{0,3}}+"
_CANDIDATE: Final = re.compile(
    rf"[A-Za-z](?<![A-Za-z0-9@_].){UNSEEN}[A-Za-z]{_BETWEEN}[0-9]{UNSEEN}[0-9](?:{_BETWEEN}[A-Za-z0-9]){{11,27}}"
)
_CHARACTER: Final = re.compile(r"[A-Za-z0-9]")
_LEAST_DIGITS: Final = 10
"""Fewer are words behind a number, whose checksum is right once in 97."""
_FRENCH: Final = re.compile(r"(?:FR|MC)\d{12}[A-Z0-9]{11}\d\d")
"""Two check digits, bank and branch of five digits each, account of eleven characters, key of two digits."""


def find(text: str) -> Iterator[Found]:
    """Finds account numbers; a French one with a wrong digit counts too, for it is one mistyped."""
    return judged(text, _CANDIDATE, _judge)


def _judge(text: str, match: "re.Match[str]") -> Found | None:
    length = _LENGTHS.get(match[0].replace(INVISIBLE, "")[:2].upper())
    if length is None:
        return None
    places = [character.start() for character in _CHARACTER.finditer(text, match.start(), match.end())]
    if len(places) < length:
        return None
    end = places[length - 1] + 1
    if _CHARACTER.match(text, end):
        return None
    number = "".join(text[place] for place in places[:length]).upper()
    if sum(map(str.isdecimal, number)) < _LEAST_DIGITS:
        return None
    if _checksum(number) == 1:
        return Found(match.start(), end, PiiType.IBAN, "iban_checksum", number)
    if _FRENCH.fullmatch(number):
        return Found(match.start(), end, PiiType.IBAN, "iban_shape", number)
    return None


def _checksum(number: str) -> int:
    """Returns the remainder of ISO 7064 MOD 97-10; 1 for a valid number."""
    return int("".join(str(int(character, 36)) for character in number[4:] + number[:4])) % 97
