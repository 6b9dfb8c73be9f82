"""Places by number: postcodes, and departments as people say them ("le 78", "dans le 77", "(92)")."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from streams.core.places.gazetteer import Gazetteer
from streams.core.places.vocabulary import STREETS

_AMOUNT: Final = (
    r"\s?(?:€|\$|%|°|euros?\b|eur\b|balles?\b|abonne|client|personne|fois\b|km\b|metres?\b|m\b|[kmgt](?:o|b|bps|bits?)\b"
    r"|mbit|gbit|kbps|heures?\b|h\b|h[0-9]|min|sec|points?\b|jours?\b|j\b|mois\b|ans?\b|semaines?\b|habitants?\b|foyers?\b"
    r"|janv|fevr|mars\b|avril\b|mai\b|juin\b|juil|aout\b|sept|oct|nov|dec|e\b|eme|ieme|er\b|s\b|ms\b|fps\b|go\b|mo\b|g\b)"
)
_POSTCODE: Final = re.compile(
    rf"(?<![\w+#@°*])(?<![0-9][.,/ -])[0-9]{{5}}(?![\w*]|[.,/-]?[0-9]|\s[0-9]{{2,3}}\b|{_AMOUNT})"
)
_OTHER_NUMBER: Final = re.compile(
    r"\b(?:ticket|tickets|dossier|numero|num|no|ref|reference|commande|identifiant|id|client|abonne|contrat|ligne|erreur"
    r"|code|incident|suivi|appele[rz]?|facture|mandat|compte|port|vote|gagne|stop|sms|envoye[rz]?)\s*(?:n\s*°|n°|no|:|#|=|est|le|au|c)?\s*:?\s*$"
)
_CODE_POSTAL: Final = re.compile(r"(?:code\s+postal|cp)\W*$")
_ROUND: Final = re.compile(r"[1-9]0000")
_LOOKED_BACK: Final = 24

_STREET: Final = rf",?\s(?:bis,?\s|ter,?\s)?(?:{'|'.join(sorted(STREETS))})\b"
_CODE: Final = r"(2[ab]|97[1-8]|98[678]|0[1-9]|[1-8][0-9]|9[0-5])"
_NOT_MORE: Final = rf"(?![\w%]|[.,:/-][0-9]|\s[0-9]{{2}}\b|{_AMOUNT}|{_STREET})"
_CODE_AGAIN: Final = re.compile(rf"{_CODE}{_NOT_MORE}")
_CANDIDATE: Final = re.compile(r"(?<![\w.,:/+*°-])[0-9][0-9ab][0-9]?(?![0-9%])")
_IN: Final = re.compile(
    r"(?:(?<!\w)(?:dans|sur|tout|dans\stout|sur\stout)\s(?:le\s|l'|ma\s)(?:departement\s(?:du\s)?)?"
    r"|(?<!\w)(?:departements?|dept|dpt|dep)\.?\s{0,2}(?:(?:du|de\s?la|le|n°|:)\s{0,2})?\(?)$"
)
_THE: Final = re.compile(r"(?<!\w)(?:(?:le|du|au|en)\s|#)$")
_DIRECTION: Final = re.compile(r"(?:-?(?:nord|sud|est|ouest|centre)|\s(?:nord|sud|ouest))\b(?!\s(?:est|ouest)?\s?de\b)")
_LAST_DAY: Final = "31"
"""Above it no number is a day of a month."""
_ALONE_IN_BRACKETS: Final = frozenset({"75", "77", "78", "91", "92", "93", "94", "95"})
_IN_BRACKETS: Final = re.compile(rf"[(\[]\s?{_CODE}\s?[)\]]")
_LISTED: Final = re.compile(rf"\s?(?:,|/|et|&|\+|ou|-)\s?(?:(?:dans\s)?le\s)?{_CODE}{_NOT_MORE}")
_MOST_LISTED: Final = 8
_DIGITS: Final = 2
_NOT_WORDS: Final = re.compile(r"@\w+|https?://\S+")


class Numbered(NamedTuple):
    """A number that is a place: where it stands, and the postcode or the department's code."""

    start: int
    end: int
    code: str


def readable(folded: str) -> str:
    """Returns a folded text whose mentions and links are blotted out: their digits are no numbers."""
    if "@" not in folded and "http" not in folded:
        return folded
    return _NOT_WORDS.sub(lambda match: "~" * len(match[0]), folded)


def is_sure_alone(one: Numbered) -> bool:
    """Tells whether a number in brackets is a department without a commune before it: those around Paris."""
    return one.code in _ALONE_IN_BRACKETS


def may_hold(folded: str, gazetteer: Gazetteer) -> bool:
    """Tells whether a department is named by number."""
    folded = readable(folded)
    return any(True for _ in departments(folded, gazetteer)) or any(map(is_sure_alone, bracketed(folded, gazetteer)))


def postcodes(folded: str, gazetteer: Gazetteer) -> Iterator[tuple[Numbered, float]]:
    """Yields postcodes of the gazetteer with how sure it is that each is one.

    Five digits behind a word such as "ticket" are another number, and round ones are rather an amount.
    """
    for match in _POSTCODE.finditer(folded):
        code = match[0]
        if code not in gazetteer.postcodes:
            continue
        before = folded[max(match.start() - _LOOKED_BACK, 0) : match.start()]
        if _CODE_POSTAL.search(before):
            yield Numbered(match.start(), match.end(), code), 0.99
        elif not _OTHER_NUMBER.search(before):
            yield Numbered(match.start(), match.end(), code), 0.3 if _ROUND.fullmatch(code) else 0.9


def departments(folded: str, gazetteer: Gazetteer) -> Iterator[Numbered]:
    """Yields departments named by number, in their order."""
    done = 0
    for match in _CANDIDATE.finditer(folded):
        start = match.start()
        if start < done:
            continue
        code = _CODE_AGAIN.match(folded, start)
        before = folded[max(start - _LOOKED_BACK, 0) : start]
        if before.endswith("(") and "dep" not in before:
            continue
        if code is not None and (_IN.search(before) or (code[1] > _LAST_DAY and _THE.search(before))):
            found = Numbered(start, code.end(1), code[1].upper())
        elif len(match[0]) == _DIGITS and _DIRECTION.match(folded, match.end()):
            found = Numbered(start, match.end(), match[0].upper())
        else:
            continue
        if found.code in gazetteer.departments:
            listed = [found, *_following(folded, found.end, gazetteer)]
            yield from listed
            done = listed[-1].end


def bracketed(folded: str, gazetteer: Gazetteer) -> Iterator[Numbered]:
    """Yields department numbers in brackets: places where the commune before them lies there."""
    for match in _IN_BRACKETS.finditer(folded):
        if match[1].upper() in gazetteer.departments:
            yield Numbered(match.start(1), match.end(1), match[1].upper())


def _following(folded: str, position: int, gazetteer: Gazetteer) -> Iterator[Numbered]:
    for _ in range(_MOST_LISTED):
        match = _LISTED.match(folded, position)
        if match is None or match[1].upper() not in gazetteer.departments:
            return
        yield Numbered(match.start(1), match.end(1), match[1].upper())
        position = match.end()
