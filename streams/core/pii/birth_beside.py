"""DOB: dates that stand beside a person, an age or another date of birth, without a word that says so."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from streams.core.pii.birth_dates import DAY, END, FULL, IN_DIGITS, MONTH, likely_year_of
from streams.core.pii.spans import Found

_KIN: Final = (
    r"fils|fille|femme|mari|m[èe]re|p[èe]re|maman|papa|fr[èe]re|s(?:\u0153|oe)ur|[ée]pou(?:x|se)|conjointe?|compagn(?:e|on)"
    r"|beau-p[èe]re|belle-m[èe]re|beau-fils|belle-fille|grand-?[ -]?(?:m[èe]re|p[èe]re)|mamie|papi|papy"
    r"|tante|oncle|neveu|ni[èe]ce|cousine?|petite?-(?:fille|fils)|enfant|b[ée]b[ée]|colocataire|coloc|locataire|titulaire|abonn[ée]e?|cliente?"
)
_NAME: Final = r"[A-ZÀ-ÝŒ](?:\w|['\u2019\-](?=\w)){1,24}+"
_TITLE: Final = r"Mme|MME|Mlle|MLLE|Mr|MR|M\.|Monsieur|Madame|Dr"
_SET_APART: Final = rf"\s?(?:,\s?|\(\s?|[\u2013\-]\s)(?P<date>{FULL})(?=\s?(?:[,;)\n]|[\u2013\-]\s|\.?$))"
_PERSON: Final = re.compile(
    rf"(?<![\w@.\-])(?:(?:(?i:(?:mon|ma|notre|sa|son|leur|le|la)\s(?:{_KIN}))(?:\s(?:de|d[eu]s?\s\w{{2,16}}))?"
    rf"|(?:{_TITLE}))(?:\s{_NAME}){{0,3}}|(?i:(?:mon|ma)\s(?:{_KIN}))\s[a-zà-ÿ\-]{{3,14}}"
    rf"|(?P<bare>{_NAME}\s{_NAME}(?:\s{_NAME})?)){_SET_APART}"
)
"""`Ma fille Lou, 14/11/2012,`: a date between commas or brackets right behind a person."""
_OF: Final = re.compile(
    rf"(?<![\w@.\-])(?P<first>{_NAME})\s{_NAME}(?:\s{_NAME})?,?\sdu\s(?P<date>{FULL}){END}",
)
_OF_SMALL: Final = re.compile(
    r"(?<![\w@.\-'\u2019])(?P<first>[a-zà-ÿ\-]{2,20}+)\s[a-zà-ÿ\-]{2,20}+\sdu\s"
    rf"(?P<date>{DAY}[./\-]{IN_DIGITS}[./\-]19[0-9]{{2}}){END}"
)
"""`Durand Lise du 12.05.1961`."""
_AGED: Final = re.compile(
    rf"[0-9](?<![\w@.,/\-].)[0-9]{{1,2}}\s?ans\s?(?:,\s?|:\s?|\(\s?(?:du\s|le\s)?)(?P<date>{FULL})"
    r"(?=\s?(?:[,;)\n]|\.?$))",
    re.IGNORECASE,
)
_TURNS: Final = re.compile(
    rf"[0-9](?<![\w@.,/\-].)[0-9]{{1,2}}\sans\s(?:le|ce)\s(?P<date>(?:{DAY})(?:er)?\s{MONTH}){END}", re.IGNORECASE
)
_TURNING: Final = re.compile(
    r"(?:^|[,(.;:!?\n]\s?|\b(?:il|elle|maman|papa|mamie|papi|papy|m[èe]re|p[èe]re|femme|mari)\s(?:fera|prend|passe|f[êe]te)\s"
    r"|\b(?:je\s(?:ferai|prends)|j'ai|j'aurai)\s)$",
    re.IGNORECASE,
)
_SINCE: Final = re.compile(
    r"\b(?:depuis|il y a|y a|pendant|durant|en|apr[èe]s|presque|fait|(?:ça|ca|cela)\sfera|fidèle|client\w?"
    r"|abonn\w{1,3}|moins de|plus de|bient[ôo]t|environ"
    r"|engagement de|contrat de|garantie(?: de)?|box de|freebox de|sur|les|ces|voil[àa])\s(?:plus\sde\s)?$",
    re.IGNORECASE,
)
"""Years that somebody waited or paid for."""
_AGAIN: Final = re.compile(
    rf"\s?(?:[,;:=(/.]|ou|et|soit|je\sr[ée]p[èe]te|donc|en\slettres)?\s?[:(]?\s?(?P<date>{FULL}){END}", re.IGNORECASE
)
_DAY_BEHIND: Final = re.compile(
    rf",?\s(?:le|un)\s(?P<date>(?:{DAY})(?:er)?\s{MONTH}|{DAY}/{IN_DIGITS}){END}", re.IGNORECASE
)
_PAPERS: Final = frozenset({
    "loi", "décret", "arrêté", "directive", "convention", "traité", "constitution", "déclaration", "code", "charte",
    "guerre", "bataille", "journal", "match", "photo", "film", "carte", "lettre", "facture", "contrat", "bail", "acte",
    "la", "le", "les", "une", "un", "mon", "ma", "votre", "notre", "cette", "ce", "sa", "son", "en", "à", "dans",
    "de", "du", "au", "par", "sur", "pour", "free", "freebox", "orange", "sfr", "rendez-vous", "rdv", "commande",
    "intervention", "courrier", "ordonnance", "accord", "accords", "appel", "finale", "coupe",
})  # fmt: skip
_THINGS: Final = re.compile(
    r"\b(?:free|freebox|box|mobile|rdv|rendez-vous|commande|facture|colis|panne|intervention|incident|contrat|forfait"
    r"|coupure|livraison|installation|technicien|prélèvement|échéance|ticket|dossier|orange|sfr|bouygues|ligne|loi"
    r"|décret|version|mise|bonjour|merci)\b",
    re.IGNORECASE,
)
_RECENT: Final = 2016
"""A date from this year on is more likely an appointment's."""
_GROWN: Final = 2009
"""The same, where only capitals say that a name stands there."""
_OLD: Final = 1990
"""What a customer writes of an earlier day is a birth."""
_BEFORE: Final = 28
_QUICK: Final = re.compile(
    r"[0-9](?<=[\s(,\u2013\-].)[0-9]?(?:\s?[/.\-,|_ ]\s?[0-9]{1,2}\s?[/.\-,|_ ]\s?"
    r"|(?:er)?[ .\-/][a-zéû]{3,9}\.?[ .\-/])'?(?:19|20)?[0-9]{2}(?![0-9])"
)
"""The quick look for a date set apart, in a text that has a date."""
_QUICK_AGE: Final = re.compile(r"[0-9]{2}\s?ans\s?(?:[,(:]|(?:le|ce)\s[0-9])")


def may_hold(lower: str) -> bool:
    """Tells quickly whether such a date can be there; `lower` is a text in lower case that has a date."""
    return _QUICK.search(lower) is not None or ("ans" in lower and _QUICK_AGE.search(lower) is not None)


def find(text: str) -> Iterator[tuple[int, int]]:
    """Finds dates right behind a person or an age: half-open offsets."""
    for match in _PERSON.finditer(text):
        latest = _RECENT if match["bare"] is None else _GROWN
        if 0 < likely_year_of(match["date"]) < latest and _THINGS.search(match[0]) is None:
            yield match.span("date")
    for match in (*_OF.finditer(text), *_OF_SMALL.finditer(text)):
        year = likely_year_of(match["date"])
        if 0 < year < _OLD and match["first"].lower() not in _PAPERS and _THINGS.search(match[0]) is None:
            yield match.span("date")
    for match in _AGED.finditer(text):
        if 0 < likely_year_of(match["date"]) < _RECENT and not _is_since(text, match.start()):
            yield match.span("date")
    for match in _TURNS.finditer(text):
        near = text[max(match.start() - _BEFORE, 0) : match.start()]
        if _TURNING.search(near) and not _SINCE.search(near):
            yield match.span("date")


def again(text: str, found: Iterable[Found]) -> Iterator[tuple[int, int]]:
    """Finds the date right behind one that was found: `5.7.88 CINQ JUILLET 88`, `82 le 3 mars`."""
    for one in found:
        if further := _AGAIN.match(text, one.end):
            yield further.span("date")
        elif one.end - one.start <= len("1982") and (day := _DAY_BEHIND.match(text, one.end)):
            yield day.span("date")


def _is_since(text: str, position: int) -> bool:
    return _SINCE.search(text, max(position - _BEFORE, 0), position) is not None
