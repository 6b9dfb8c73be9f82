"""DOB: dates of birth, by a word that says so; a date alone is when something broke."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii import birth_beside
from streams.core.pii.birth_dates import DAY, END, FULL, GAP, IN_DIGITS, LESS, MONTH, YEAR, year_of
from streams.core.pii.spans import Found, PiiType, apart

_ARTICLE: Final = r"(?:(?:le|en|l'an|l'ann[ée]e|un|ce|courant|d[ée]but|fin|the|on|in)\s{1,2}){0,2}"
_WEEKDAY: Final = r"(?:(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)\s{1,2})?"
_BORN: Final = re.compile(
    rf"[nNbB](?<![\w@.\-].)(?:(?<=[nN])(?:[ée]e?s?|[ée]\(e\)s?|[ée]\.?e\.?s?)|(?<=[bB])orn)[\s:,(«\"]{{1,4}}"
    rf"{_ARTICLE}{_WEEKDAY}(?P<date>{FULL}|{LESS}){END}",
    re.IGNORECASE,
)
_BORN_IN: Final = re.compile(
    r"[nN](?<![\w@.\-].)[ée]e?s?\s(?:[àÀ]|au|aux|en|dans|sous|[A-ZÀ-Ý])[^0-9\[\]@\n.!?;]{0,40}?(?<![/.\-])"
    rf"(?:(?:(?<!\w)le|,|\(|(?<=\s))\s?{_WEEKDAY}(?P<date>{FULL})|(?<!\w)en\s(?P<year>{YEAR}"
    rf"|{MONTH}\s{YEAR})){END}",
)
"""A town or a maiden name stands between: `née à Dax le ...`."""
_I_AM: Final = re.compile(
    r"[jiJI](?<![\w@.\-].)(?:e suis|l est|['’]étais)\s(?:de|du)\s"
    rf"(?P<date>{FULL}|{MONTH}{GAP}{YEAR}|19[0-9]{{2}}){END}"
)
_SHORT: Final = r"(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])[0-9]{2}"
_NAMED: Final = re.compile(
    r"[dDnNbB](?<![\w@.\-].)(?:(?<=[dD])(?:ate\s(?:de\s)?naiss(?:ances?|\.)?|\.?d\.?n\.?|\.?o\.?b\.?|ate\sof\sbirth)"
    r"|(?<=[nN])aissance|(?<=[bB])irth\s?da(?:te|y))"
    rf"(?!\w)(?P<gap>[^\[\]@\n]{{0,60}}?)(?<![\w/.\-])(?P<date>{FULL}|{MONTH}{GAP}{YEAR}|{_SHORT}){END}",
    re.IGNORECASE,
)
_BIRTHDAY: Final = re.compile(
    r"[aA](?<![\w@.\-].)nniv(?:ersaire)?(?!\w)[^0-9\[\]@\n]{0,30}?(?<![\w/.\-])"
    rf"(?P<date>{FULL}){END}",
    re.IGNORECASE,
)
_DAY_OF_BIRTH: Final = re.compile(
    r"[mMsS](?<![\w@.\-].)(?:on|a)\sanniv(?:ersaire)?\s?(?:,|:|c'?\s?est|est|c|tombe|sera|\()\s?"
    rf"(?:le\s|du\s){_WEEKDAY}(?P<date>{DAY}(?:er)?\s{MONTH}|{DAY}/{IN_DIGITS}){END}",
)
"""A day without its year: only behind "mon anniversaire" itself."""
_YEARS_OLD: Final = re.compile(
    rf"[0-9](?<![\w@.,/\-].)[0-9]{{0,2}}\sans(?!\w)(?:[^0-9\[\]@\n]{{0,30}}?(?<![\w/.\-])(?P<whole>{FULL})"
    rf"|\s(?:(?:ce|tout|juste|pile)\s){{0,2}}le\s{_WEEKDAY}(?P<date>{DAY}(?:er)?\s{MONTH})){END}",
    re.IGNORECASE,
)
_FIRST: Final = re.compile(
    rf"(?=[0-9])(?<![\w@/.\-])(?P<date>{FULL})[\s,:(=]{{1,3}}"
    r"(?:(?:c'?est|est|pour|comme|voilà|ma|sa|la|votre|notre|de)\s){0,3}"
    r"(?:date\s(?:de\s)?naissance|ddn\b|(?:jour\sde\s(?:ma|sa)\s)?naissance\b|je\ssuis\sn[ée]e?\b"
    r"|jour\soù\sje\ssuis\sn[ée])",
    re.IGNORECASE,
)
_FOR_CHECK: Final = re.compile(
    rf"(?=[0-9])(?<![\w@/.,\-])(?<!du )(?<!le )(?P<date>{FULL})[\s,(]{{1,3}}"
    r"(?:si\s(?:besoin|n[ée]cessaire|utile|il\sfaut)|(?:pour|pr)\s(?:(?:la|ma|l')\s?)?(?:v[ée]rif|identif|confirm))",
    re.IGNORECASE,
)
"""A date of long ago that is given to be checked: `12 04 1961 si besoin`."""
_CAME: Final = re.compile(
    r"(?:vu le jour|venue? au monde|naquis|naqui[st]|[ée]tat civil|naiss\.?)[^\[\]@\n0-9]{0,30}?(?<![\w/.\-])"
    rf"(?P<date>{FULL}){END}",
    re.IGNORECASE,
)
"""Other words for it, and the papers that say it."""
_ITEM: Final = re.compile(
    rf"[,;:(|/\n\]](?:\s?[\-*])?\s{{0,2}}(?P<date>{FULL})(?=\s{{0,2}}(?:[,;)|\n\[\]]|\.?$|\s[/\-]\s))"
)
"""A date of long ago that stands by itself among what a customer says of himself: `Name, 01/02/1970, contract ...`."""
_THING: Final = re.compile(
    r"(?:(?<![\w@.\-])(?:free(?:box|mobile)?|iliad|box(?:es)?|offres?|forfaits?|marques?|r[ée]seaux?"
    r"|fibre|adsl|4g|5g|minitel|internet|twitter|entreprise|société|opérateur|orange|sfr|bouygues|panne|coupure"
    r"|service|support|assistance|site|appli|incident|bug|souci|erreur|facture|projet|idée|problème|litige|pop|delta|ultra|révolution|v[0-9])"
    r"[\w\s]{0,8},?\s)(?:est|sont|était|fut|a été|c'est)?\s?$",
    re.IGNORECASE,
)
"""Things that are born, too."""
_OLDER: Final = re.compile(
    r"(?<![\w@.\-])(?:aur\w{1,4}|j'ai eu|a eu|f[êe]t\w{1,5}|mes|ses|tes)\s(?:mes\s|ses\s)?$", re.IGNORECASE
)
_OF_A_THING: Final = re.compile(
    r"(?<![\w@.\-])(?:free(?:box|mobile)?|box|forfait|marque|r\u00e9seau|fibre|entreprise"
    r"|soci\u00e9t\u00e9|op\u00e9rateur|orange|sfr)\s[\w\s]{0,12}$",
    re.IGNORECASE,
)
_BEFORE: Final = 32
_RECENT: Final = 2016
"""A date from this year on is more likely another anniversary, or the day of a call, unless it stands close."""
_LONG_AGO: Final = 2010
"""The same, where other numbers stand between."""
_CLOSE: Final = 20
_FIRST_YEAR, _COMPANY_YEAR = 1915, 2000
"""Before the company had customers a date by itself is a person's."""
_SELF: Final = re.compile(r"mes infos|coordonn|identit|titulaire|redonne|pr[ée]nom", re.IGNORECASE)
_WAR: Final = re.compile(r"\b0?8.(?:0?5|mai).1945|\b0?9.(?:11|nov\w*).1989|\b2[01].(?:0?7|juillet).1969")
"""Days of history."""


def may_hold(lower: str, said: set[str]) -> bool:
    """Tells quickly whether a date of birth can be there; `lower` is the text in lower case, `said` its words."""
    if said and not said.isdisjoint(BORN_WORDS) and _BORN_SHORT.search(lower) is not None:
        return True
    return _DATE_LIKE.search(lower) is not None and (
        _BORN_WORD.search(lower) is not None
        or _OLD_DATE.search(lower) is not None
        or "naiss" in lower or "anniv" in lower or "ddn" in lower or "d.d.n" in lower or "dob" in lower
        or "d.o.b" in lower or "birth" in lower or "je suis d" in lower or "il est d" in lower
        or "vu le jour" in lower or "au monde" in lower or "naqui" in lower or "tat civil" in lower
        or (" ans" in lower and _AGE.search(lower) is not None)
        or birth_beside.may_hold(lower)
    )  # fmt: skip


BORN_WORDS: Final = frozenset({"né", "née", "nee", "né(e)", "nés", "née:", "(né", "(née"})
_BORN_SHORT: Final = re.compile(
    r"n(?<!\w.)(?:[ée]e?s?|é\(e\))\s(?:en|un|le|l'an|fin|début)\s(?:\w{3,9}\s'?[0-9]{2}"
    r"|'?[0-9]{2}(?!\w)|[a-z]{2,8}[\s\-][a-z]{3,9})"
)
_DATE_LIKE: Final = re.compile(
    r"[0-9](?<!_.)(?:\s?[/.\-,|_]\s?[0-9]|[0-9]{3}|(?:er|[0-9])?[\s\-.]{1,2}"
    r"(?:[0-9]{1,2}\s|jan|f[ée]v|mar|avr|apr|mai|may|jui|jul|jun|ao[uû]|aug|sep|oct|nov|d[ée]c))"
)
_OLD_DATE: Final = re.compile(r"1(?<=[\s\-./].)9[1-9][0-9](?!\w)|2(?<=[\s\-./].)00[0-9](?!\w)")
_BORN_WORD: Final = re.compile(
    r"[nb](?<!\w.)(?:(?<=n)(?:ée?s?(?!\w)|[ée][.(]e|ee(?!\w)|es?\s(?:le|en|un)\s(?=[0-9]|\w{3,9}\s[0-9]))|(?<=b)orn)"
)
_AGE: Final = re.compile(r"(?:aur\w{1,4}|eu|f[êe]t\w{1,5}|mes|ses|tes)\s(?:mes\s|ses\s)?[0-9]{1,3}\sans(?!\w)")


def find(text: str) -> Iterator[Found]:
    """Finds the dates that a word makes dates of birth; a year alone only right behind "né en" and of a person."""
    found = apart([*_all(text), *(_dated(text, *span, "birth_near") for span in birth_beside.find(text))])
    yield from apart([*found, *(_dated(text, *span, "birth_near") for span in birth_beside.again(text, found))])


def _all(text: str) -> Iterator[Found]:
    for match in _BORN.finditer(text):
        if _THING.search(text, max(match.start() - _BEFORE, 0), match.start()) is None:
            yield _found(match, "birth_date")
    for match in _BORN_IN.finditer(text):
        group = "date" if match["year"] is None else "year"
        if year_of(match[group]) < _RECENT:
            yield _found(match, "birth_near", group)
    for match in _I_AM.finditer(text):
        if year_of(match["date"]) < _RECENT:
            yield _found(match, "birth_near")
    for match in _NAMED.finditer(text):
        year, gap = year_of(match["date"]), match["gap"]
        if year < _LONG_AGO if any(map(str.isdecimal, gap)) else len(gap) <= _CLOSE or year < _RECENT:
            yield _found(match, "birth_date")
    for match in _BIRTHDAY.finditer(text):
        if year_of(match["date"]) < _RECENT:
            yield _found(match, "birth_near")
    for match in _DAY_OF_BIRTH.finditer(text):
        yield _found(match, "birth_near")
    for match in _YEARS_OLD.finditer(text):
        near = max(match.start() - _BEFORE, 0), match.start()
        if _OLDER.search(text, *near) and not _OF_A_THING.search(text, *near):
            yield _found(match, "birth_near", "date" if match["whole"] is None else "whole")
    for match in _CAME.finditer(text):
        if year_of(match["date"]) < _RECENT:
            yield _found(match, "birth_near")
    for match in _FOR_CHECK.finditer(text):
        if _FIRST_YEAR <= year_of(match["date"]) < _LONG_AGO:
            yield _found(match, "birth_near")
    for match in _ITEM.finditer(text):
        if (_FIRST_YEAR <= year_of(match["date"]) < _COMPANY_YEAR and not _WAR.search(match["date"])) or (
            _COMPANY_YEAR <= year_of(match["date"]) < _LONG_AGO
            and _SELF.search(text, max(match.start() - _BEFORE, 0), match.start())
        ):
            yield _found(match, "birth_near")
    for match in _FIRST.finditer(text):
        yield _found(match, "birth_near")


def _found(match: "re.Match[str]", rule: str, group: str = "date") -> Found:
    return _dated(match.string, *match.span(group), rule)


def _dated(text: str, start: int, end: int, rule: str) -> Found:
    return Found(start, end, PiiType.DOB, rule, _BLANKS.sub(" ", text[start:end]).lower())


_BLANKS: Final = re.compile(r"[\s\-./]+")
