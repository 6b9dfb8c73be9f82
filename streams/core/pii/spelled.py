"""PHONE: numbers written out in words, wholly or in part: `zéro six 12 trente-quatre 56 78`."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii.spans import Found, PiiType

_VALUES: Final = {
    "zéro": 0, "zero": 0, "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7,
    "huit": 8, "neuf": 9, "dix": 10, "onze": 11, "douze": 12, "treize": 13, "quatorze": 14, "quinze": 15, "seize": 16,
    "vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "septante": 70, "octante": 80,
    "huitante": 80, "nonante": 90, "et": 0,
}  # fmt: skip
N_DIGITS: Final = 10

_UNIT: Final = "une?|deux|trois|quatre|cinq|six|sept|huit|neuf"
_TEEN: Final = "dix(?:[ -](?:sept|huit|neuf))?|onze|douze|treize|quatorze|quinze|seize"
_WORD: Final = (
    rf"(?:soixante|quatre[ -]vingts?)(?:[ -](?:et[ -])?(?:{_TEEN}|{_UNIT}))?"
    rf"|(?:vingt|trente|quarante|cinquante|septante|octante|huitante|nonante)(?:[ -](?:et[ -])?(?:{_UNIT}))?"
    rf"|{_TEEN}|{_UNIT}|z[ée]ro"
)
_ONE: Final = rf"(?:[0-9]{{1,10}}|{_WORD})(?!\w)"
_SEPARATORS: Final = r"[\s.,;:*|/_\-\u00b7]{1,4}"
_FIRST: Final = re.compile(r"[0zZ](?<!\w.)(?:(?<=0)[0-9]{0,9}|(?<=[zZ])[\u00e9e\u00c9E][rR][oO])(?!\w)")
"""A French number begins with a zero, in digits or in a word."""
_NEXT: Final = re.compile(rf"{_SEPARATORS}(?P<one>{_ONE})", re.IGNORECASE)
_EIGHTY: Final = re.compile(r"quatre[ -]vingts?", re.IGNORECASE)
_BEGINS: Final = re.compile(
    rf"0(?<!\w.)[0-9]{{0,9}}+(?:{_SEPARATORS}+[0-9]{{1,10}}+){{0,8}}+{_SEPARATORS}+[cdhnoqstuvzCDHNOQSTUVZ]"
)
_NUMBER: Final = re.compile(r"0(?!9693)[1-79][0-9]{8}")


def may_hold(text: str, lower: str) -> bool:
    """Tells quickly whether a number in words can be there; `lower` is the text in lower case."""
    return "zéro" in lower or "zero" in lower or ("0" in text and _BEGINS.search(text) is not None)


def find(text: str) -> Iterator[Found]:
    """Finds French numbers of ten digits of which at least one word is part."""
    position = 0
    while first := _FIRST.search(text, position):
        found = _from(text, first)
        position = first.end() if found is None else found.end
        if found is not None:
            yield found


def _from(text: str, first: "re.Match[str]") -> Found | None:
    """Returns the number that begins with the token `first`, or None when none does."""
    written, end = first[0], first.end()
    digits, has_word = _digits(written), not written.isdecimal()
    while len(digits) < N_DIGITS:
        token = _NEXT.match(text, end)
        if token is None:
            return None
        written, end = token["one"], token.end()
        digits, has_word = digits + _digits(written), has_word or not written.isdecimal()
    if not has_word or _NUMBER.fullmatch(digits) is None:
        return None
    return Found(first.start(), end, PiiType.PHONE, "phone_spelled", f"+33{digits[1:]}")


def _digits(written: str) -> str:
    """Returns a token in digits: "quatre-vingt-dix-huit" is "98", "07" is "07"."""
    if written.isdecimal():
        return written
    words = _EIGHTY.sub("octante", written.casefold()).replace("-", " ").split(" ")
    return str(sum(_VALUES.get(word, 0) for word in words))
