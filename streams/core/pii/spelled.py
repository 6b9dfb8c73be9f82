"""PHONE and ACCOUNT: numbers written out in words, wholly or in part: `zéro six 12 trente-quatre 56 78`."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii import phones
from streams.core.pii.spans import Found, PiiType

_VALUES: Final = {
    "zéro": 0, "zero": 0, "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7,
    "huit": 8, "neuf": 9, "dix": 10, "onze": 11, "douze": 12, "treize": 13, "quatorze": 14, "quinze": 15, "seize": 16,
    "vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "septante": 70, "octante": 80,
    "huitante": 80, "nonante": 90,
}  # fmt: skip
N_DIGITS: Final = 10

_UNIT: Final = "une?|deux|trois|quatre|cinq|six|sept|huit|neuf"
_TEEN: Final = "dix(?:[ -]?(?:sept|huit|neuf))?|onze|douze|treize|quator[zs]e|quinze|seize"
_TENS: Final = "vingts?|tr[ae]nte|quar[ae]nte|cinqu[ae]nte|septante|octante|huitante|nonante"
_WORD: Final = (
    rf"(?:soi(?:x|ss)[ae]nte|quatre[ -]?vingts?)(?:[ -]?(?:et[ -])?(?:{_TEEN}|{_UNIT}|[1-9](?![0-9])))?"
    rf"|(?:{_TENS})(?:[ -]?(?:et[ -])?(?:{_UNIT}|[1-9](?![0-9])))?"
    rf"|{_TEEN}|{_UNIT}|z[ée]ro"
)
_JOINT: Final = r"[\s.,;:*|/_\-\u00b7\u2026()]"
_BETWEEN: Final = (
    rf"(?:{_JOINT}{{0,4}}+(?:(?:et|puis|ensuite|apr[eè]s|espace|tiret|point|slash|virgule)(?!\w){_JOINT}{{1,4}}+)?)"
)
_FIRST: Final = re.compile(
    r"[0zZoO](?<!\w.)(?:(?<=0)[0-9]{0,9}+|(?<=[zZ])[\u00e9e\u00c9E][rR][oO]|(?<=[oO])(?=[ \-]?[a-zA-Z]))"
    r"|(?:\+[ ]?|[pP](?<!\w.)[lL][uU][sS] )(?:33|[tT][rR][eE][nN][tT][eE][ -]?[tT][rR][oO][iI][sS])(?![0-9])"
)
"""A French number begins with a zero, in digits, in a word or as the letter, or with the code of the country."""
_NEXT: Final = re.compile(rf"{_BETWEEN}(?P<double>double\s)?(?P<one>[0-9]{{1,10}}+|{_WORD})", re.IGNORECASE)
_ONE: Final = re.compile(
    rf"(?P<eighty>quatre[ -]?vingts?)|(?P<word>{_TENS}|soi(?:x|ss)[ae]nte|onze|douze|treize|quator[zs]e"
    rf"|quinze|seize|dix|{_UNIT}|z[ée]ro|[0-9])",
    re.IGNORECASE,
)
_BEGINS: Final = re.compile(
    rf"0(?<!\w.)[0-9]{{0,9}}+(?:{_JOINT}{{1,4}}+[0-9]{{1,10}}+){{0,8}}+{_JOINT}{{0,4}}+[cdehnopqstuvzCDEHNOPQSTUVZ]"
)
_NUMBER: Final = re.compile(r"0(?!9693)[1-79][0-9]{8}")


def may_hold(text: str, lower: str, said: set[str]) -> bool:
    """Tells quickly whether a number in words can be there; `lower` is the text in lower case, `said` its words."""
    return (
        "zéro" in lower
        or may_hold_identifier(lower)
        or "zero" in lower
        or ("0" in text and _BEGINS.search(text) is not None)
        or (not said.isdisjoint(BEGINNINGS) and _BEGINS_ELSE.search(lower) is not None)
    )


BEGINNINGS: Final = frozenset({"+33", "plus trente", "o six", "o sept"})
_BEGINS_ELSE: Final = re.compile(
    r"(?:plus|\+) ?(?:33|trente)|\+33|o(?<!\w.)[ \-]?(?:six|sept|un|deux|trois|quatre|cinq)"
)


def find(text: str) -> Iterator[Found]:
    """Finds French numbers of ten digits of which at least one word is part."""
    position = 0
    while first := _FIRST.search(text, position):
        found = _from(text, first)
        position = first.end() if found is None else found.end
        if found is not None:
            yield found


def may_hold_identifier(lower: str) -> bool:
    """Tells quickly whether five numbers in words on end can be there; `lower` is the text in lower case."""
    return (
        ("deux" in lower or "trois" in lower or "quatre" in lower or "sept" in lower or "zéro" in lower)
        and _TWO.search(lower) is not None
        and _IN_WORDS.search(lower) is not None
    )


_TWO: Final = re.compile(
    r"(?:deux|trois|quatre|sept|zéro)[ ,.\-](?:[0-9]"
    r"|[ ]?(?:un|deux|tr|qu|ci|six|sept|hui|neu|di|z|on|dou|sei|vi|so))"
)
"""No identifier in words goes without one of these before another number."""
_IN_WORDS: Final = re.compile(
    rf"(?<!\w)(?:{_WORD}|[0-9]{{1,2}}+)(?:[\s,.\-]{{1,3}}+(?:et\s)?(?:{_WORD}|[0-9]{{1,2}}+)(?!\w)){{4,15}}+",
    re.IGNORECASE,
)
_CUE: Final = re.compile(
    r"(?<!\w)(?:identifiants?|login|abonn[ée]e?|abo|client|contrat|dossier|ticket|commande|r[ée]f(?:[ée]rence)?|ligne|compte"
    r"|colis|facture|num(?:[ée]ro)?|n[\u00b0\u00ba]|code|pto|rio|iccid|imei|s[ée]rie|mandat|incident|r[ée]clamation|freebox"
    r"|s[ée]cu(?:rit[ée])?|nir|carte|cb|iban|rib)(?!\w)"
    r"[^\[\]@\n0-9]{0,30}\Z",
    re.IGNORECASE,
)
_LEAST_IN_WORDS, _CUE_NEAR = 3, 44
_IS_WORD: Final = re.compile(r"[^\W\d_]+")


def find_identifiers(text: str) -> Iterator[Found]:
    """Finds identifiers in words, behind a word that says so: `mon numéro client : sept sept zéro quatre ...`."""
    for match in _IN_WORDS.finditer(text):
        n_words = len(_IS_WORD.findall(match[0]))
        if n_words >= _LEAST_IN_WORDS and _CUE.search(text, max(match.start() - _CUE_NEAR, 0), match.start()):
            value = "".join(_digits(one[0]) for one in _ANY.finditer(match[0]))
            if _OF_A_PHONE.match(value):
                continue
            yield Found(*match.span(), PiiType.ACCOUNT, "account_cue", value)


_OF_A_PHONE: Final = re.compile(r"(?:0|33)[1-9][0-9]{8}")
_ANY: Final = re.compile(rf"{_WORD}|[0-9]+", re.IGNORECASE)


def _from(text: str, first: "re.Match[str]") -> Found | None:
    """Returns the number that begins with the token `first`, or None when none does."""
    written, end = first[0], first.end()
    digits, has_word = written if written.isdecimal() else "0", written[-1].lower() in "oes"
    while len(digits) < N_DIGITS:
        token = _NEXT.match(text, end)
        if token is None or (token.start("one") == end and text[end - 1].isdecimal() and token["one"].isdecimal()):
            return None
        one, end = _digits(token["one"]), token.end()
        digits += one * 2 if token["double"] else one
        if digits[1] in "08":
            return None
        has_word = has_word or not token["one"].isdecimal()
    has_word = has_word or _is_dictated(text, first.start(), end)
    if not has_word or text[end : end + 1].isalnum() or _NUMBER.fullmatch(digits) is None:
        return None
    return Found(first.start(), end, PiiType.PHONE, "phone_spelled", f"+33{digits[1:]}")


def _is_dictated(text: str, start: int, end: int) -> bool:
    """Tells whether pairs of digits with words between them are a number, by a word before: departments are not."""
    return (
        _PAIRS.fullmatch(text, start, end) is not None
        and phones.SAYS_PHONE.search(text, max(start - phones.NEAR, 0), start) is not None
    )


_PAIRS: Final = re.compile(r"[0-9]{2}(?:\s(?:et|puis|ensuite)\s[0-9]{2}){4}", re.IGNORECASE)


def _digits(written: str) -> str:
    """Returns a token in digits: "quatre-vingt-dix-huit" is "98", "trente9" is "39", "07" is "07"."""
    if written.isdecimal():
        return written
    return str(sum(80 if one["eighty"] else _value(one["word"]) for one in _ONE.finditer(written)))


def _value(word: str) -> int:
    if word.isdecimal():
        return int(word)
    spelled = word.casefold().replace("ss", "x").replace("ente", "ante")
    spelled = {"trante": "trente", "vingts": "vingt", "quatorse": "quatorze"}.get(spelled, spelled)
    return _VALUES.get(spelled, 0)
