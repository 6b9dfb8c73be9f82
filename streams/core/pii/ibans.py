"""IBAN: account numbers by the lengths of the registry and the ISO 13616 checksum."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii.plain import INVISIBLE
from streams.core.pii.separators import UNSEEN
from streams.core.pii.spans import Found, PiiType, apart, judged

# Country -> characters, from the SWIFT IBAN registry.
_LENGTHS: Final[dict[str, int]] = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LI": 21, "LT": 20, "LU": 20,
    "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24,
    "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19, "SK": 24,
    "SM": 27, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
    # written so, though not in the registry: northern and western Africa, Madagascar
    "AO": 25, "BF": 28, "BJ": 28, "CF": 27, "CG": 27, "CI": 28, "CM": 27, "CV": 25, "DZ": 26, "GA": 27, "GN": 28,
    "KM": 27,
    "MA": 28, "MG": 27, "ML": 28, "MZ": 25, "NE": 28, "SN": 28, "TD": 27, "TG": 28,
}  # fmt: skip
_BETWEEN: Final = rf"{UNSEEN}(?:[\s.,:;/_*|~\-\u00b7]{UNSEEN}){{0,3}}+"
_CANDIDATE: Final = re.compile(
    rf"[A-Za-z](?:(?<![A-Za-z0-9@_].)|(?<=[iI][bB][aA][nN].)"
    rf"|(?<=[rR][iI][bB].)){_BETWEEN}[A-Za-z]{_BETWEEN}[0-9]{_BETWEEN}[0-9]"
    rf"(?:{_BETWEEN}[A-Za-z0-9]){{11,29}}"
)
_CHARACTER: Final = re.compile(r"[A-Za-z0-9]")
_LEAST_CUT_SHORT: Final = 14
_LEAST_DIGITS: Final = 10
"""Fewer are words behind a number, whose checksum is right once in 97."""
_FRENCH: Final = re.compile(r"(?:FR|MC)\d{12}[A-Z0-9]{11}\d\d")
"""Two check digits, bank and branch of five digits each, account of eleven characters, key of two digits."""


def find(text: str) -> Iterator[Found]:
    """Finds account numbers; a French one with a wrong digit counts too, for it is one mistyped."""
    found = list(judged(text, _CANDIDATE, _judge))
    if not found and "O" in text and (zeros := _O_FOR_ZERO.sub("0", text)) != text:
        found = [one for one in judged(zeros, _CANDIDATE, _judge) if one.rule == "iban_checksum"]
    yield from apart([*found, *_cut_short(text), *_of_france(text)])


def _cut_short(text: str) -> Iterator[Found]:
    """Finds a French number with some of its end missing, or one character too many."""
    for match in _CUT_SHORT.finditer(text):
        if sum(map(str.isdecimal, match[0])) >= _LEAST_CUT_SHORT:
            yield Found(*match.span(), PiiType.IBAN, "iban_shape", _NOT_SIGN.sub("", match[0]))


def _of_france(text: str) -> Iterator[Found]:
    """Finds the French number without the country: bank, branch, account and a key that proves them."""
    for match in _RIB.finditer(text):
        number = _NOT_SIGN.sub("", match[0]).upper()
        digits = number.translate(_LETTERS)
        parts = int(digits[:5]), int(digits[5:10]), int(digits[10:21]), int(digits[21:])
        if _SAYS_RIB.search(text) or (89 * parts[0] + 15 * parts[1] + 3 * parts[2] + parts[3]) % 97 == 0:
            yield Found(*match.span(), PiiType.IBAN, "iban_rib", number)


_CUT_SHORT: Final = re.compile(r"F(?<![\w@].)R ?[0-9]{2}(?:[ \-.]?[0-9]{4}){2,5}(?:[ \-.]?[0-9A-Z]{1,4}){0,2}(?![\w@])")
_RIB: Final = re.compile(
    r"[0-9](?<![\w@.,/\-].)[0-9]{4}(?P<sign>[ .\-/]?)[0-9]{5}(?P=sign)[0-9A-Za-z]{11}(?P=sign)[0-9]{2}(?![\w@])"
)
_SAYS_RIB: Final = re.compile(r"(?<!\w)(?:rib|iban|banque|compte)(?!\w)", re.IGNORECASE)
_NOT_SIGN: Final = re.compile(r"[^A-Za-z0-9]+")
_LETTERS: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789")
"""A to I are 1 to 9, J to R too, S to Z 2 to 9: the letters of an account in the key's sum."""


def _judge(text: str, match: "re.Match[str]") -> Found | None:
    places = [character.start() for character in _CHARACTER.finditer(text, match.start(), match.end())]
    length = _LENGTHS.get((text[places[0]] + text[places[1]]).upper())
    if length is None:
        return None
    if len(places) < length:
        return None
    end = places[length - 1] + 1
    number = "".join(text[place] for place in places[:length]).upper()
    if sum(map(str.isdecimal, number)) < _LEAST_DIGITS:
        return None
    is_whole = _CHARACTER.match(text, end) is None or _BIC.match(text, end) is not None
    is_glued = not is_whole and _IN_ONE.fullmatch(text, match.start(), end) is not None and text[end].islower()
    if not is_whole and not is_glued:
        return None
    if _checksum(number) == 1:
        return Found(match.start(), end, PiiType.IBAN, "iban_checksum", number)
    if is_glued:
        return None
    written = text[match.start() : end].replace(INVISIBLE, "")
    if _FRENCH.fullmatch(number) or (_is_grouped(written) and _is_of_digits(number)):
        return Found(match.start(), end, PiiType.IBAN, "iban_shape", number)
    return None


def _is_grouped(written: str) -> bool:
    """Tells whether a number is written as banks do, in one piece or by four, in capitals: it is one mistyped."""
    return _FOURS.fullmatch(written) is not None


def _is_of_digits(number: str) -> bool:
    """Tells whether a number is long, and digits but for a bank's letters."""
    return len(number) >= _LEAST_LONG and sum(map(str.isdecimal, number)) >= len(number) - _MOST_LETTERS


_FOURS: Final = re.compile(r"[A-Z]{2}[0-9]{2}(?:[A-Z0-9]+|([ \-.])(?:[A-Z0-9]{4}\1)+[A-Z0-9]{1,4})")
_O_FOR_ZERO: Final = re.compile(r"O(?<=[0-9O].)|O(?=[0-9])|O(?<=[0-9O] .)(?=O)")
"""A letter O among digits; a wrong guess fails the sum."""
_IN_ONE: Final = re.compile(r"[A-Z0-9]+")
_BIC: Final = re.compile(r"\s?(?:BIC|bic|Bic|SWIFT)")
_LEAST_LONG, _MOST_LETTERS = 16, 6


def _checksum(number: str) -> int:
    """Returns the remainder of ISO 7064 MOD 97-10; 1 for a valid number."""
    return int("".join(str(int(character, 36)) for character in number[4:] + number[:4])) % 97
