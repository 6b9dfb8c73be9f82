"""NIR: French social security numbers by their parts (sex, year, month, department, commune, order) and their key."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii.plain import INVISIBLE
from streams.core.pii.separators import O_FOR_ZERO, UNSEEN
from streams.core.pii.spans import Found, PiiType

_BETWEEN: Final = rf"{UNSEEN}(?:[\s.,:;/_*|~\-\u00b7]{UNSEEN}){{0,3}}+"
_CANDIDATE: Final = re.compile(
    rf"[1-478](?<![0-9_@+.,].)"
    rf"(?:{_BETWEEN}[0-9]){{4}}{_BETWEEN}[0-9]{_BETWEEN}[0-9AaBb](?:{_BETWEEN}[0-9]){{6}}"
    rf"(?:{_BETWEEN}[0-9]{UNSEEN}[0-9](?![0-9]))?"
)
_SIGN: Final = re.compile(r"[0-9A-Za-z]")
_PARTS: Final = re.compile(
    r"[1-478][0-9]{2}(?:0[1-9]|1[0-2]|[2-3][0-9]|4[0-2]|[5-9][0-9])"
    r"(?:0[1-9]|[1-8][0-9]|9[0-9]|2[AB])[0-9]{3}(?!000)[0-9]{3}(?P<key>[0-9]{2})?"
)
_SURE: Final = re.compile(
    r"[12][0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[1-8][0-9]|9[0-9]|2[AB])[0-9]{6}(?:0[1-9]|[1-9][0-9])"
)
"""The common sexes and months: what a mistyped key leaves to go by."""
_KEY_APART: Final = re.compile(
    rf"(?:{_BETWEEN}|[\s,\-]{{0,3}}(?:(?:puis|et)\s)?(?:la\s)?[(]?\s?(?:cl[\u00e9e]f?|key)?\s?(?:[:=]|c'?est|est)?\s?)\(?(?P<first>[0-9]){_BETWEEN}(?P<second>[0-9])\)?(?!\w)",
    re.IGNORECASE,
)
"""The key behind the word for it, in brackets, or in digits that stand apart."""
_GROUPED: Final = re.compile(
    r"[0-9]([^0-9A-Za-z]+)[0-9]{2}([^0-9A-Za-z]+)[0-9]{2}([^0-9A-Za-z]+)[0-9][0-9AaBb]"
    r"([^0-9A-Za-z]+)[0-9]{3}([^0-9A-Za-z]+)[0-9]{3}(?:[^0-9A-Za-z]+[0-9]{2})?"
)
_CUE: Final = re.compile(r"s[ée]cu|\bn\.?i\.?r\b|insee|vitale|\bss\b|\bn\.?s\.?s\b|ameli|\bcpam\b", re.IGNORECASE)
_GOES_ON: Final = re.compile(rf"[0-9](?:{INVISIBLE}{{1,4}}|\W[0-9]{{1,2}}\W|\W\W[0-9]\W\W)\Z")
"""The digits before a candidate, of a number that goes on in it."""
_NEAR: Final = 60
"""Characters looked at before a number for a word that says what it is."""
_N_WITH_KEY: Final = 15
_CORSICA: Final = {"A": 1_000_000, "B": 2_000_000}
"""What the key's rule takes off a number of 2A or 2B, written with a zero for the letter."""


def find(text: str) -> Iterator[Found]:
    """Finds numbers of 15 digits with a right key, or with a wrong one in the usual groups or shape; of 13 by a cue.

    A number right behind another is found in the same pass, as it would be behind the placeholder.
    """
    if "O" in text or "o" in text:
        text = O_FOR_ZERO.sub("0", text)
    has_cue: bool | None = None
    position = least = 0
    while match := _CANDIDATE.search(text, position):
        position = match.start() + 1
        if _GOES_ON.search(text, max(match.start() - _LONGEST_END, least), match.start()):
            continue
        if has_cue is None:
            has_cue = _CUE.search(text) is not None
        if found := _judge(text, match, has_cue=has_cue):
            position = least = found.end
            yield found


_LONGEST_END: Final = 6


def _judge(text: str, match: "re.Match[str]", *, has_cue: bool) -> Found | None:
    number = "".join(_SIGN.findall(match[0])).upper()
    if _PARTS.fullmatch(number) is None:
        return None
    end = match.end()
    if (
        len(number) < _N_WITH_KEY
        and (apart := _KEY_APART.match(text, end))
        and key_of(number) == int(apart["first"] + apart["second"])
    ):
        return Found(match.start(), apart.end(), PiiType.NIR, "nir_key", number)
    if text[match.start() - 1 : match.start()].isalpha():  # glued to the word that announces it
        is_right = len(number) == _N_WITH_KEY and key_of(number) == int(number[13:])
        return Found(match.start(), end, PiiType.NIR, "nir_key", number[:13]) if is_right else None
    if _SIGN.match(text, end):
        return None
    rule = _rule(match, number) or ("nir_cue" if has_cue and _is_cued(text, match.start()) else None)
    return None if rule is None else Found(match.start(), match.end(), PiiType.NIR, rule, number[:13])


def _rule(match: "re.Match[str]", number: str) -> str | None:
    has_key = len(number) == _N_WITH_KEY
    if has_key and key_of(number) == int(number[13:]):
        return "nir_key"
    written = match[0].replace(INVISIBLE, "")
    if has_key and _SURE.fullmatch(number) and (written.isalnum() or _GROUPED.fullmatch(written)):
        return "nir_shape"
    if not has_key and _GROUPED.fullmatch(written) and _SURE.fullmatch(f"{number}01"):
        return "nir_shape"
    return None


def _is_cued(text: str, start: int) -> bool:
    """Tells whether a word before a number says what it is, with no other find and no handle between them."""
    least = max(start - _NEAR, 0)
    fence = max(text.rfind(sign, least, start) for sign in "[]@")
    return _CUE.search(text, max(least, fence + 1), start) is not None


def key_of(number: str) -> int:
    """Returns the key of the first 13 characters: 97 minus the remainder by 97; 91 for 1850578006084."""
    body = number[:13]
    letter = body[6]
    value = int(body.replace(letter, "0")) - _CORSICA[letter] if letter in _CORSICA else int(body)
    return 97 - value % 97
