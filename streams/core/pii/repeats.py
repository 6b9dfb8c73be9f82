"""A value that a word gave away stands elsewhere without the word: `né le 12/03/1984, je répète 12/03/1984`."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from streams.core.pii.quantities import UNIT
from streams.core.pii.spans import Found, PiiType, apart

_BY_A_WORD: Final = frozenset({
    "account_cue", "account_bare", "account_shape", "birth_date", "birth_near", "card_cue", "handle_named", "ip_cue",
    "iban_shape", "iban_rib", "nir_cue", "phone_fr", "phone_international", "email_obfuscated", "url_parameter",
    "url_path", "url_user",
})  # fmt: skip
"""Rules whose finds depend on what stands beside them; what the other rules find they find everywhere."""
_LEAST, _LEAST_OF_DIGITS = 5, 6
"""Letters and digits of a value; digits alone are an amount or a postcode more easily."""
_LEAST_OF_DATE: Final = 5
"""Digits: a day and month alone may be any day."""
_WORD: Final = re.compile(r"(?<![\w@])\w+(?:[\-./+]\w+){0,6}")
_DIGITS: Final = re.compile(r"[0-9]{7,}+")
"""So many are the value even within a word."""
_JOINTS: Final = re.compile(r"[\W_]+")
_MOST_WRITTEN: Final = 16
"""Values with blanks, each of which is sought by itself."""


def may_repeat(found: Found) -> bool:
    """Tells whether a find is of a kind that a recogniser can miss elsewhere."""
    return found.rule in _BY_A_WORD


def find(rest: str, text: str, found: Iterable[Found]) -> Iterator[Found]:
    """Finds whole words of `rest`, what all others left, that are a value found in `text`, however they are cut up."""
    known: dict[str, Found] = {}
    written: dict[str, Found] = {}
    for one in found:
        if not may_repeat(one):
            continue
        words = text[one.start : one.end].lower()
        signs = _JOINTS.sub("", words)
        if not _is_telling(signs, one.type):
            continue
        known.setdefault(signs, one)
        if " " in words and len(written) < _MOST_WRITTEN:
            written.setdefault(words, one)
    if not known:
        return
    yield from apart([*_words(rest, known), *_written(rest, written)])


def _words(rest: str, known: dict[str, Found]) -> Iterator[Found]:
    for word in _WORD.finditer(rest):
        one = known.get(_JOINTS.sub("", word[0]).lower())
        if one is not None and not (word[0].isdecimal() and UNIT.match(rest, word.end())):
            yield Found(*word.span(), one.type, one.rule, one.value)
    for digits in _DIGITS.finditer(rest):
        if one := known.get(digits[0]):
            yield Found(*digits.span(), one.type, one.rule, one.value)


def _written(rest: str, written: dict[str, Found]) -> Iterator[Found]:
    for words, one in written.items():
        for match in re.finditer(rf"(?<![\w@]){re.escape(words)}(?![\w@])", rest, re.IGNORECASE):
            yield Found(*match.span(), one.type, one.rule, one.value)


def _is_telling(signs: str, kind: PiiType) -> bool:
    """Tells whether a value is no ordinary word or number."""
    n_digits = sum(map(str.isdecimal, signs))
    if n_digits == len(signs):
        return n_digits >= _LEAST_OF_DIGITS
    return n_digits >= (_LEAST_OF_DATE if kind is PiiType.DOB else 1) and len(signs) >= _LEAST
