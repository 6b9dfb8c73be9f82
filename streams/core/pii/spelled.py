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
_TOKEN: Final = re.compile(_ONE, re.IGNORECASE)
_CANDIDATE: Final = re.compile(rf"(?<!\w){_ONE}(?:[ .,\-/]{{1,3}}{_ONE}){{2,9}}", re.IGNORECASE)
_EIGHTY: Final = re.compile(r"quatre[ -]vingts?", re.IGNORECASE)
_BEGINS: Final = re.compile(r"0[ .]?[1-79][ .,\-]")
_NUMBER: Final = re.compile(r"0[1-79][0-9]{8}")


def may_hold(text: str, lower: str) -> bool:
    """Tells quickly whether a number in words can be there; `lower` is the text in lower case."""
    return "zéro" in lower or "zero" in lower or ("0" in text and _BEGINS.search(text) is not None)


def find(text: str) -> Iterator[Found]:
    """Finds French numbers of ten digits of which at least one word is part."""
    for match in _CANDIDATE.finditer(text):
        tokens = list(_TOKEN.finditer(text, match.start(), match.end()))
        first = 0
        while first < len(tokens):
            last = _last_of_number(tokens, first)
            if last is None:
                first += 1
                continue
            value = "".join(_digits(token) for token in tokens[first : last + 1])
            yield Found(tokens[first].start(), tokens[last].end(), PiiType.PHONE, "phone_spelled", f"+33{value[1:]}")
            first = last + 1


def _last_of_number(tokens: "list[re.Match[str]]", first: int) -> int | None:
    """Returns the last token of the number that begins at `first`, or None when none does."""
    digits, has_word = "", False
    for last in range(first, len(tokens)):
        digits += _digits(tokens[last])
        has_word = has_word or not tokens[last][0].isdecimal()
        if len(digits) >= N_DIGITS:
            return last if has_word and _NUMBER.fullmatch(digits) else None
    return None


def _digits(token: "re.Match[str]") -> str:
    """Returns a token in digits: "quatre-vingt-dix-huit" is "98", "07" is "07"."""
    written = token[0]
    if written.isdecimal():
        return written
    words = _EIGHTY.sub("octante", written.casefold()).replace("-", " ").split(" ")
    return str(sum(_VALUES.get(word, 0) for word in words))
