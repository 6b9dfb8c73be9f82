"""Arrondissements of Paris, Lyon and Marseille by their number: `Lyon 3ème`, `Paris XVe`, `dans le 13e à Marseille`."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from streams.core.places.vocabulary import STREETS

_ROMANS: Final = {
    "i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10, "xi": 11, "xii": 12,
    "xiii": 13, "xiv": 14, "xv": 15, "xvi": 16, "xvii": 17, "xviii": 18, "xix": 19, "xx": 20,
}  # fmt: skip
_NUMBER: Final = rf"(?:[0-9]{{1,2}}|(?:{'|'.join(sorted(_ROMANS, key=len, reverse=True))})(?=e))"
_ORDINAL: Final = r"(?:e|er|th|nd|\s?i?eme)"
_WORD: Final = r"arr(?:ondissements?|dts?|ts?)?"
_COUNTED: Final = (
    r"(?:fois|jours?|journee|nuits?|soir|semaines?|mois|annees?|heures?|pannes?|incidents?|coupures?|appels?"
    r"|techniciens?|tech|rdv|rendez|interventions?|passages?|tickets?|box|freebox|etages?|relances?|mails?|messages?"
    r"|courriers?|essais?|tentatives?|clients?|lignes?|villes?|match|division|siecle|republique|par|de\ssuite|ttc"
    r"|mars|avril|mai|juin|aout|(?:janv|fevr|juil|sept|oct|nov|dec)\w*)\b"
)
"""Behind an ordinal of something else: `2e panne`, `1er mars`; behind a price: `10e par mois`."""
_BEHIND: Final = re.compile(
    rf"(?:(?P<apart>\s?[,(]\s?|\s-\s)|[\s-]?)(?P<le>(?:dans\s)?le\s)?(?P<number>{_NUMBER})"
    rf"(?:(?P<ordinal>{_ORDINAL})\b)?(?P<word>\s?{_WORD}\b)?(?!\w|%)"
)
_COUNTING: Final = re.compile(rf"\s{_COUNTED}|/mois\b")
_ENDS: Final = re.compile(
    rf"\s{{0,2}}(?:$|[!?;)\n#]|[.,](?![0-9])|:(?!\s?[0-9]))|\s@|\sdepuis\b|,?\s(?:[0-9]{{1,4}},?\s)?(?:{'|'.join(sorted(STREETS))})\b"
)
_NO_TOWN_BEFORE: Final = re.compile(r"(?<![0-9])[0-9]{1,2}\s?[-,:/]?\s?$|(?:universite|univ|fac|iut)\s(?:de\s)?$")
"""Before a team with its goals (`Lyon 2 - Marseille 1`), or before a university."""
_LOOKED_BACK: Final = 16
_FIRST: Final = "er"

_APART: Final = re.compile(
    rf"(?<![\w.,:/-])(?P<number>{_NUMBER}){_ORDINAL}\s?(?:{_WORD}\b|(?P<town>(?=\s(?:a|de)\s(?:paris|lyon|marseille)\b)))"
)
_IN_THE: Final = re.compile(r"(?:dans|sur|tout)\sle\s$")


class Arrondissement(NamedTuple):
    """The number of an arrondissement and where it stands; `is_sure` tells that the text says what the number is."""

    start: int
    end: int
    number: int
    is_sure: bool


def behind(text: str, folded: str, start: int, end: int) -> Arrondissement | None:
    """Returns the arrondissement named right behind the town that stands from `start` to `end`.

    `Paris 15` counts at the end of a clause or before a street; past a comma, a bracket or "le" only an ordinal does
    (`Paris, 15e`), for the rest is days, hours and amounts. `1er` needs more there: it is a day, too.
    """
    match = _BEHIND.match(folded, end)
    if match is None or _is_small_roman(text, match):
        return None
    is_apart = match["apart"] is not None or match["le"] is not None
    if match["word"] is None:
        if match["ordinal"] is None and (is_apart or not _is_bare(folded, start, match.end())):
            return None
        if is_apart and match["ordinal"] == _FIRST:
            return None
        if match["ordinal"] is not None and _COUNTING.match(folded, match.end()):
            return None
    is_sure = match["ordinal"] is not None or match["word"] is not None
    is_closed = "(" in (match["apart"] or "") and folded.startswith(")", match.end())
    return Arrondissement(match.start("number"), match.end() + is_closed, _value(match["number"]), is_sure)


def apart(text: str, folded: str) -> Iterator[Arrondissement]:
    """Yields arrondissements that do not stand behind their town: `dans le 15e arrondissement`, `XIIIe à Marseille`."""
    for match in _APART.finditer(folded):
        is_told = match["town"] is None or match["number"] in _ROMANS
        if _is_small_roman(text, match) or not (is_told or _IN_THE.search(_before(folded, match.start()))):
            continue
        yield Arrondissement(match.start(), match.end(), _value(match["number"]), is_sure=True)


def _is_bare(folded: str, start: int, end: int) -> bool:
    """Tells whether a number without more, which ends at `end`, is the town's: nothing that is counted follows."""
    return _ENDS.match(folded, end) is not None and _NO_TOWN_BEFORE.search(_before(folded, start)) is None


def _before(folded: str, position: int) -> str:
    return folded[max(position - _LOOKED_BACK, 0) : position]


def _is_small_roman(text: str, match: "re.Match[str]") -> bool:
    """Tells whether letters that could be a Roman number are not written as one: `vie`, `Ixe`, or `VIE` in capitals."""
    if match["number"] not in _ROMANS:
        return False
    with_e = text[match.start("number") : match.end("number") + 1]
    return not with_e[:-1].isupper() or with_e == "VIE"


def _value(number: str) -> int:
    return _ROMANS.get(number) or int(number)
