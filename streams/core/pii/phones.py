"""PHONE: French and international numbers in digits, however they are cut up."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from streams.core.pii import lists
from streams.core.pii.separators import ANY, LOOSE, SPACE, UNSEEN
from streams.core.pii.spans import Found, PiiType

_DIGIT: Final = r"[0-9Oo]"
"""A letter O among digits is a zero."""
_BEHIND: Final = r"(?<![0-9@_].)"
"""Patterns consume their first character and then look behind it: so the search leaps from one to the next."""
_NOT_A_DATE: Final = r"(?![0-9]?[/.\-][01]?[0-9][/.\-](?:19|20)[0-9]{2}(?![0-9]))"
_THREES: Final = f"3{UNSEEN}3"


def _french(between: str, rest: str) -> "re.Pattern[str]":
    """Compiles 0, (0), +33, (+33), 0033 or 33 and nine digits; `between` stands behind the prefix."""
    trunk = rf"{between}(?:\({UNSEEN}0{UNSEEN}\)|0)?{between}"
    return re.compile(
        rf"""
        [0Oo3+(](?:(?<=\+)|{_BEHIND}){_NOT_A_DATE}
        (?: (?<=0) {between}
          | (?<=[Oo])(?<!\w.)(?=[1-9])
          | (?<=\+) {SPACE}3{SPACE}3{trunk}
          | (?<=0) {UNSEEN}0{SPACE}{_THREES}{trunk}
          | (?<=\() {SPACE}(?:\+|0{UNSEEN}0){SPACE}{_THREES}{SPACE}\){trunk}
          | (?<=3)(?<!\w.) {UNSEEN}3{SPACE}(?=[67])
          | (?<=\()(?<![0-9]\s.) {SPACE}0 (?: {SPACE}\){between} | {between}(?=[1-9]{SPACE}\)) (?P<pair>) )
        )
        [1-9] (?(pair){SPACE}\)) {rest}
        (?![0-9])
        """,
        re.VERBOSE,
    )


_LOOSE: Final = _french(LOOSE, rf"(?:{LOOSE}{_DIGIT}){{8}}")
_PAIRS: Final = _french(ANY, rf"(?:{ANY}{_DIGIT}{UNSEEN}{_DIGIT}){{4}}")

# Country codes of ITU E.164 but 33; +1 has ten more digits, none of the area codes begins with 0 or 1.
_CODES: Final = (
    "7", "2[07]", "3[0-2469]", "4[013-9]", "5[1-8]", "6[0-6]", "8[1246]", "9[0-58]", "2[1-689][0-9]", "3[578][0-9]",
    "42[0-9]", "5[09][0-9]", "6[7-9][0-9]", "8[0578][0-9]", "9[679][0-9]",
)  # fmt: skip
_CODE_DIGIT: Final = re.compile(r"\[[^\]]+\]|[0-9]")
_CODE: Final = "|".join(UNSEEN.join(_CODE_DIGIT.findall(code)) for code in _CODES)
_ABROAD: Final = rf"{SPACE}(?:[.\-/()_*|~:\u00b7]{SPACE}){{0,3}}+"
_SIGN: Final = r"[0-9OoIl|SBZ]"
"""A digit, or what a reader of images and an evader write for one."""
_MISREAD: Final = re.compile(
    rf"""
    [0Oo+](?<![\w@|.].)(?: (?<=\+)33 [ ]?(?:\(0\)[ ]?)? | (?<=[0Oo])[ .\-/]? )(?![89][ .]?[0-9])
    [1-79Il|] (?:[ .\-/]?{_SIGN}){{8}}
    (?![\w|@])
    """,
    re.VERBOSE,
)
_WITHOUT_ZERO: Final = re.compile(
    r"[67](?<![\w@.,/+\-].)(?P<sign>[ .\-])[0-9]{2}(?:(?P=sign)[0-9]{2}){3}(?![\w@]|[.,/\- ][0-9])"
)
SAYS_PHONE: Final = re.compile(
    r"(?<![\w@])(?:t[\u00e9e]l(?:[\u00e9e]phone)?|portable|mobile|num(?:[\u00e9e]ro)?|r?appel\w{0,4}|joign\w{0,5}|sms|whatsapp|contact\w{0,3})"
    r"(?!\w)[^0-9@\[\]]{0,24}\Z",
    re.IGNORECASE,
)
"""Ends at a number that it is said to be one's."""
_SAYS_PHONE_BEHIND: Final = re.compile(
    r"[\s,:(=]{1,3}(?:(?:c'?\s?est|est|mon|ma|mes|le|au|sur)\s){0,3}(?:num[\u00e9e]ro\sde\s)?"
    r"(?:t[\u00e9e]l(?:[\u00e9e]phone)?|portable|mobile|num(?:[\u00e9e]ro)?)(?!\w)",
    re.IGNORECASE,
)
NEAR: Final = 40
_LEAST_DIGITS: Final = 6
"""Of the ten signs that many are digits."""
_FOREIGN: Final = re.compile(
    rf"""
    [+0(]{_BEHIND}
    (?: (?<=\+){SPACE} | (?<=0)(?<!\w.){UNSEEN}0{SPACE} | (?<=\(){SPACE}(?P<open>\+|0{UNSEEN}0){SPACE} )
    (?: 1(?={_ABROAD}[2-9](?:{_ABROAD}[0-9]){{9}}) | {_CODE} ) (?(open){SPACE}\))
    (?: (?:{SPACE}\(0\))? (?:{_ABROAD}[0-9]){{6,12}} )
    (?![0-9])
    """,
    re.VERBOSE,
)
_DECIMAL: Final = re.compile(r"[0-9][.,]")
_NOT_DIGIT: Final = re.compile(r"[^0-9]+")
_O: Final = str.maketrans("OoIl|SBZ", "00111582")
_PUBLIC: Final = ("8", "9693")
"""08 and 09 69 3 numbers belong to services, never to persons."""
_N_SIGNIFICANT: Final = 9


def find(text: str) -> Iterator[Found]:
    """Finds French numbers, national or with +33; never the short numbers of services, nor 08."""
    return _accepted(_LOOSE, text, _is_decimal, _french_number)


def find_misread(text: str) -> Iterator[Found]:
    """Finds French numbers in which letters stand for a few of the digits: `06 I2 34 S6 78`."""
    for match in _MISREAD.finditer(text):
        n_digits = sum(map(str.isdecimal, match[0]))
        if n_digits >= _LEAST_DIGITS and _is_cut_alike(match[0]) and (found := _french_number(match)):
            yield found


def _is_cut_alike(written: str) -> bool:
    """Tells whether one sign stands between all groups, or the number is of a mobile with all its digits but two."""
    if len(set(_SEPARATOR.findall(written.replace("(0)", "")))) <= 1:
        return True
    return _MOBILE.match(written) is not None and sum(map(str.isdecimal, written)) >= _LEAST_OF_MOBILE


_MOBILE: Final = re.compile(r"[0Oo][67]")
_LEAST_OF_MOBILE: Final = 8
_SEPARATOR: Final = re.compile(r"[ .\-/]")


def find_without_zero(text: str) -> Iterator[Found]:
    """Finds `mon tel : 6 12 34 56 78`: mobile numbers whose zero is left out, beside a word that says so."""
    for match in _WITHOUT_ZERO.finditer(text):
        is_said = SAYS_PHONE.search(text, max(match.start() - NEAR, 0), match.start()) is not None
        if (is_said or _SAYS_PHONE_BEHIND.match(text, match.end())) and (found := _french_number(match)):
            yield found


def find_pairs(text: str) -> Iterator[Found]:
    """Finds French numbers in pairs with commas, colons or anything else between, unless they read as a list."""
    return _accepted(_PAIRS, text, lists.is_list, _french_number)


def find_foreign(text: str) -> Iterator[Found]:
    """Finds numbers with another country's code: `+44 7700 900 123`."""
    return _accepted(_FOREIGN, text, _is_decimal, _foreign_number)


def _accepted(
    pattern: "re.Pattern[str]",
    text: str,
    is_other: Callable[[str, int, int, int], bool],
    read: "Callable[[re.Match[str]], Found | None]",
) -> Iterator[Found]:
    """Yields the matches that `is_other` lets through; it is told where the number before ends.

    A number right behind another is found in the same pass, as it would be behind the placeholder.
    """
    position = least = 0
    while match := pattern.search(text, position):
        if is_other(text, match.start(), match.end(), least):
            position = match.start() + 1
            continue
        position = match.end()
        if found := read(match):
            least = position
            yield found


def _is_decimal(text: str, start: int, end: int, least: int) -> bool:  # noqa: ARG001 - the shape of `is_list`
    """Tells whether the digits from `start` are decimals: "3,06 ..."."""
    return _DECIMAL.fullmatch(text, max(start - 2, least), start) is not None


def _french_number(match: "re.Match[str]") -> Found | None:
    digits = _NOT_DIGIT.sub("", match[0].translate(_O))[-_N_SIGNIFICANT:]
    if digits.startswith(_PUBLIC):
        return None
    return Found(match.start(), match.end(), PiiType.PHONE, "phone_fr", f"+33{digits}")


def _foreign_number(match: "re.Match[str]") -> Found | None:
    digits = _NOT_DIGIT.sub("", match[0].replace("(0)", "").replace("+", ""))
    value = f"+{digits.removeprefix('00')}"
    if not 9 <= len(value) <= 16:
        return None
    return Found(match.start(), match.end(), PiiType.PHONE, "phone_international", value)
