"""ACCOUNT: identifiers by their shape or by a word: of subscribers, lines, contracts, orders, tickets, handsets."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii import account_shapes
from streams.core.pii.account_words import CUES, LINKS, STRONG
from streams.core.pii.error_codes import OF_A_SERVICE, is_announced
from streams.core.pii.quantities import DATE_HOUR_OR_PHONE, ROUND, UNIT, is_quantity
from streams.core.pii.spans import Found, apart

_WORD: Final = re.compile(r"[^\W\d_]+")
_BEFORE_CUE: Final = frozenset("@.-_/")
_JOINED: Final = r"[\-_/.](?:[A-Za-z]{1,6}[\-_/.])?[A-Za-z]{0,6}[0-9]"
_LINK: Final = (
    rf"(?:[^\w@\[\]\u20ac$%!?]{{0,3}}+(?:{LINKS})(?![^\W\d_]|(?<=[^\w][cCdDlLnN])[0-9]"
    rf"|{_JOINED})){{0,5}}+[^\w@\[\]\u20ac$%!?]{{0,4}}+"
)
_GROUPS: Final = r"(?:(?-i:[A-Z]{1,3}) )?[0-9]{1,4}(?:[ .\u00a0][0-9]{2,4}){1,5}(?: (?-i:[B-LN-Z])(?![\w'.\u2019]))?"
_MISREAD: Final = r"(?-i:(?=(?:[OI .]{0,3}[0-9]){5})[0-9OI]{2,4}(?:[ .][0-9OI]{2,4}){1,4})"
"""Groups with letters for zero and one."""
_SIGNS: Final = r"(?=(?:[A-Za-z]{1,8}[\-_/.]?){0,2}[0-9])[A-Za-z0-9]+(?:[\-_/.][A-Za-z0-9]+){0,4}"
_SINGLES: Final = r"[0-9](?P<single>[ .\-/])[0-9](?:(?P=single)[0-9]){4,14}(?![\w@\-/]|[ .][0-9])"
_VALUE: Final = rf"(?P<value>{_SINGLES}|(?:{_GROUPS}|{_MISREAD})(?![\w@\-/])|{_SIGNS}(?![\w@]))"
_RIO: Final = r"[0-9]{2}\s?[PE]\s?(?:[A-Z0-9]\s?){6}(?:[A-Z0-9+]\s?){2}[A-Z0-9+](?!\w)"
_CUED: Final = re.compile(rf"{_LINK}{_VALUE}", re.IGNORECASE)
_CUED_RIO: Final = re.compile(
    rf"{_LINK}(?P<value>{_RIO}|{_SINGLES}|{_GROUPS}(?![\w@\-/])|{_SIGNS}(?![\w@]))", re.IGNORECASE
)
_LOOSE: Final = re.compile(
    r"[^0-9@\[\]\n\u20ac]{0,50}?(?<![\w@/.,\-#])"
    r"(?P<value>[A-Z]{0,5}-?[0-9]{6,15}(?:-[A-Z0-9]{1,4})?|[A-Z]{2,5}-?[0-9]{4,}(?:-[A-Z0-9]{1,4})?"
    r"|(?=(?:[OoIl]{0,2}[0-9]){4})[OI]?[0-9][0-9OoIl]{5,10})(?![\w@])"
)
_RUN: Final = re.compile(r"[0-9](?:[0-9]{3}|[0-9OoIl]{5})")
"""Without it there is nothing further on to look for."""
_AFTER: Final = re.compile(
    r"[0-9](?<![\w@/.,\-#].)[0-9]{5,11}(?P<gap>[\s,:;=(«\"]{1,3}"
    r"(?:(?:c'?\s?est|est|voilà|=|:|comme|pour|mon|ma|mes|le|la|notre|son|n[\u00b0\u00bao]|num[ée]ro|de|d')\s?){0,4}"
    r"(?:identifi[aée]nts?|login|abonn[ée]e?|client|contrat|dossier|ticket|commande|r[ée]f[ée]rence|ligne freebox"
    r"|compte free))(?!\w)",
    re.IGNORECASE,
)
_AND: Final = (
    r"\s?(?:,|;|/|\bet\b|\bou\b|\bpuis\b|&|\+)\s?"
    r"(?:(?:moi|le|la|l'autre|n[\u00b0\u00ba]|celui|celle|ma|mon|contrat|ticket|dossier)\s?){0,3}"
)
_NEXT: Final = re.compile(
    rf"{_AND}(?P<value>[A-Za-z]{{0,5}}-?[0-9]{{6,12}}(?:-[A-Za-z0-9]{{1,4}})?)(?![\w@])",
    re.IGNORECASE,
)
_NEXT_CODE: Final = re.compile(
    rf"{_AND}(?P<value>(?P<letters>[A-Za-z]{{1,6}}[\-_/]?)[0-9]{{3,12}}(?:[\-/][0-9]{{1,6}})?)(?![\w@])", re.IGNORECASE
)
_MIXED: Final = (
    r"(?P<value>(?=[\w.\-]{0,24}[0-9])(?=[\w.\-]{0,24}[A-Za-z]{2})(?!(?i:free|box|iphone|ipad|wifi|ipv"
    r"|v)[0-9])[A-Za-z][\w.\-]{4,24}\w)(?![\w@])"
)
_LOGIN: Final = re.compile(rf"(?:\s?(?:c'?est|est|[:=])\s?|\s){_MIXED}")
_PTO: Final = re.compile(
    r"[\s:=n\u00b0]{1,5}(?P<value>[A-Za-z]{2}(?P<sign>[ \-_/]?)(?=[A-Za-z]{0,3}[0-9])[A-Za-z0-9]{4}(?P=sign)"
    r"(?=[A-Za-z]{0,3}[0-9])[A-Za-z0-9]{4})(?![\w@])"
)
_SECRET: Final = re.compile(
    r"(?:\s(?:wi-?fi|de la box|freebox|actuel|provisoire)){0,2}(?:\s?[:=]\s?|\s(?:c'?est|est)\s)"
    r"(?P<value>(?=[^\s@\[\]]{0,40}[0-9])(?=[^\s@\[\]]{0,40}[A-Za-z])[^\s,;@\[\]]{5,40}(?<![.!?\"'»)]))"
)
_LETTING_IN: Final = {
    **dict.fromkeys(("login", "identifiant", "identifiants", "user", "username", "logins"), (_LOGIN,)),
    **dict.fromkeys(("pto", "prise"), (_PTO,)),
    **dict.fromkeys(("mdp", "passe", "password"), (_SECRET, _LOGIN)),
}
"""Words behind which small letters mixed with digits are what lets somebody in, or the socket of a home."""
_LETTERS: Final = re.compile(r"(?<![\w@.\-_/])(?P<letters>[A-Za-z]{1,6}[\-_/]?)[0-9\-/]{3,}$")
_LONGEST: Final = 24
_MOST_NEXT: Final = 6

_TOWN: Final = re.compile(r"\s{1,2}[^\W\d_]|\s{1,2}[\[\]]|\s?[,)(]\s?[A-Z\[\]]")
_SAYS: Final = re.compile(
    r"n[\u00b0\u00bao]\b|num|[\u00b0#:=]|r[ée]f|ident|login|ticket|dossier|contrat|\bid\b|s[ée]rie|c'?est",
    re.IGNORECASE,
)
_PART: Final = re.compile(
    r"[0-9A-Z](?<!_.)(?:(?<=[0-9])"
    r"(?:(?!(?:(?<=1)[09]|(?<=2)0|(?<=3)[0-9])[0-9]{2}(?!\w|[ .,\-/\u00a0]{1,2}[0-9A-Z]|[\-/.][a-z]))[0-9]{3}"
    r"|[0-9]{0,3}[ .\u00a0][0-9]{2,4}[ .\u00a0][0-9]{2}|[0-9]{2}[ .][0-9]{3}"
    r"(?![0-9])|[0-9] [0-9]{4}|[\-/.][A-Z0-9]| [0-9] [0-9] [0-9](?![0-9])|[OoIl][0-9]{2}|[OI][0-9] [0-9]"
    r"|[0-9]?\s?[PEpe]\s?[0-9A-Za-z]|[A-Z]-[0-9])|(?<=[A-Z])[A-Z]-?[0-9]{2})"
)
"""The quick look: four digits, groups of them, or digits and capitals joined; no year, no 3244, not `@free_1337`."""
_GOES_ON: Final = re.compile(r"[ .\u00a0\-]{1,2}[0-9(]")
_HAS_LETTER: Final = re.compile(r"[A-Za-z]")
_CODE: Final = re.compile(
    r"(?=[A-Z0-9\-/.]*[0-9][\-/.]?[A-Z0-9]?[0-9])(?=[0-9\-/.]*[A-Z])(?:[A-Z0-9][\-/.]?){5,}[A-Z0-9]"
)
"""Capitals and at least two digits: `QZTX42`, `KX-77-BR`."""
_LEAST: Final = 4
_POSTCODE: Final = 5
_LEAST_GROUPED: Final = 6


def may_hold(text: str, lower: str, said: set[str]) -> bool:
    """Tells quickly whether an identifier can be there; `lower` is the text in lower case, `said` its words."""
    return _PART.search(text) is not None or not said.isdisjoint(SURE_WORDS) or "mot de passe" in lower


SURE_WORDS: Final = frozenset(
    word + sign for word in ("pto", "login", "identifiant", "identifiants", "mdp", "user") for sign in ("", ":", "=")
)
"""Behind them even small letters with digits are an identifier."""


def find(text: str) -> Iterator[Found]:
    """Finds identifiers by shape, then by a word before or behind; a second one behind `et` by the first."""
    yield from apart(_all(text))


def _all(text: str) -> Iterator[Found]:
    for shape in account_shapes.find(text):
        yield shape
        yield from _next(text, shape.end)
    has_run = _RUN.search(text) is not None
    for word in _WORD.finditer(text):
        cue = word[0].lower()
        if cue not in _ALL_CUES:
            continue
        if cue in CUES and text[max(word.start() - 1, 0) : word.start()] not in _BEFORE_CUE and _is_whole(text, word):
            yield from _behind(text, word.end(), cue, is_far=has_run and cue in STRONG)
        elif word[0] in "nN" and text[max(word.start() - 2, 0) : word.start()] in ("S/", "s/"):
            yield from _behind(text, word.end(), "sn", is_far=False)
        for pattern in _LETTING_IN.get(cue, ()):
            if let_in := pattern.match(text, word.end()):
                yield account_shapes.found(text, *let_in.span("value"), "account_cue")
    for match in _AFTER.finditer(text):
        if not is_quantity(text, match.start(), match.start("gap")):
            yield account_shapes.found(text, match.start(), match.start("gap"), "account_cue")


_ALL_CUES: Final = CUES | _LETTING_IN.keys()


def _is_whole(text: str, word: "re.Match[str]") -> bool:
    """Tells whether a lone letter N stands for "number": it is the beginning of a name or a code otherwise."""
    return len(word[0]) > 1 or text[word.end() : word.end() + 1] in ("\u00b0", "\u00ba", ".")


def _behind(text: str, position: int, cue: str, *, is_far: bool) -> Iterator[Found]:
    """Finds the identifier right behind a word, and the one that follows it; or one of many digits further on."""
    if _ANY_DIGIT.search(text, position, position + _FARTHEST) is None:
        return
    match = (_CUED_RIO if cue == "rio" else _CUED).match(text, position)
    if match is not None and _is_identifier(text, match, position):
        yield account_shapes.found(text, *match.span("value"), "account_cue")
        yield from _next(text, match.end("value"))
    elif is_far and (match := _LOOSE.match(text, position)) and not is_quantity(text, *match.span("value")):
        yield account_shapes.found(text, *match.span("value"), "account_cue")


_ANY_DIGIT: Final = re.compile(r"[0-9]")
_FARTHEST: Final = 120
"""No longer are five words between and the letters of an identifier."""


def _next(text: str, end: int) -> Iterator[Found]:
    """Finds further identifiers of many digits behind the first, `12345678 et 87654321`, or with the same letters."""
    letters = _LETTERS.search(text, max(end - _LONGEST, 0), end)
    for _ in range(_MOST_NEXT):
        match = _NEXT.match(text, end)
        if match is None and letters is not None:
            match = _NEXT_CODE.match(text, end)
            if match is not None and match["letters"] != letters["letters"]:
                return
        if match is None or is_quantity(text, *match.span("value")):
            return
        yield account_shapes.found(text, *match.span("value"), "account_cue")
        end = match.end("value")


def _is_identifier(text: str, match: "re.Match[str]", cue_end: int) -> bool:
    """Tells whether what stands behind a word is an identifier: no amount, date, hour, phone, postcode or year."""
    value, end = match["value"], match.end("value")
    if _NO_IDENTIFIER.fullmatch(value) or is_announced(match.string, match.start("value")):
        return False
    n_digits = sum(map(str.isdecimal, value))
    says = _SAYS.search(text, max(cue_end - _CUE_LENGTH, 0), match.start("value")) is not None
    if n_digits < _LEAST:
        return says and _CODE.fullmatch(value) is not None
    if not _HAS_LETTER.search(value) and (UNIT.match(text, end) or ROUND.fullmatch(value)):
        return False
    if any(shape.fullmatch(value) for shape in DATE_HOUR_OR_PHONE):
        return False
    if n_digits == _LEAST and _GOES_ON.match(text, end):
        return False
    if " " in value and n_digits < _LEAST_GROUPED:
        return False
    if n_digits == len(value) == _POSTCODE and not says and _TOWN.match(text, end):
        return False
    return says or n_digits > _LEAST or not value.isdecimal()


_NO_IDENTIFIER: Final = re.compile(
    r"[a-z]{1,5}0[1-79][0-9]{8}[a-z]{0,8}|0[1-79][0-9]{8}[a-z]{1,8}"
    rf"|[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}}|{OF_A_SERVICE}"
)
"""A phone number that is glued to words, the address of a machine, an error of a service."""


_CUE_LENGTH: Final = 12
