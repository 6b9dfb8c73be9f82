"""How dates are written: in digits, with the month in letters, all in words; and the year of one."""

import re
from typing import Final

MONTH: Final = (
    r"(?:janv(?:ier)?|f[ée]v(?:rier)?|mars|avr(?:il)?|mai|juin|juil(?:let)?|ao[ûu]t|sept(?:embre)?"
    r"|oct(?:obre)?|nov(?:embre)?"
    r"|d[ée]c(?:embre)?|january|february|march|april|may|june|july|august|september|october|november|december)\.?"
)
YEAR: Final = r"(?:19[0-9]{2}|20[0-2][0-9])"
DAY: Final = r"(?:0?[1-9]|[12][0-9]|3[01])"
IN_DIGITS: Final = r"(?:0?[1-9]|1[0-2])"
GAP: Final = r"[\s\-./]{1,2}"
_SIGN: Final = r"\s?[/.\-,|_]\s?"
DAY_IN_WORDS: Final = (
    r"(?:premier|deux|trois|quatre|cinq|six|sept|huit|neuf|dix(?:[ -](?:sept|huit|neuf))?|onze|douze|treize|quatorze"
    r"|quinze|seize"
    r"|vingt(?:[ -](?:et[ -]une?|deux|trois|quatre|cinq|six|sept|huit|neuf))?|trente(?:[ -]et[ -]une?)?)"
)
_YEAR_IN_WORDS: Final = (
    r"(?:(?:mill?e?[ -]neuf[ -]cents?|dix-neuf[ -]cents?|deux[ -]mille?)(?:[ -](?:et[ -])?[a-z]{2,9}){0,4}"
    r"|(?:cinquante|soixante|quatre[ -]vingts?)(?:[ -](?:et[ -])?(?:une?|deux|trois|quatre|cinq|six|sept|huit|neuf|dix"
    r"|onze|douze|treize|quatorze|quinze|seize)(?:[ -](?:sept|huit|neuf))?)?)"
)
FULL: Final = (
    rf"(?:{DAY}{_SIGN}{IN_DIGITS}{_SIGN}(?:{YEAR}|[0-9]{{2}})|{DAY} {IN_DIGITS} (?:{YEAR}|[0-9]{{2}})"
    rf"|(?:{DAY}(?:er)?|{DAY_IN_WORDS}){GAP}{MONTH}(?:{GAP}{YEAR}|(?:\s'?|[\-./])[0-9]{{2}}"
    rf"|\s{_YEAR_IN_WORDS})|{YEAR}[/.\-]{IN_DIGITS}[/.\-]{DAY}"
    rf"|{DAY}[ .\-/][IVX]{{1,4}}[ .\-/]{YEAR}|(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2]){YEAR})"
)
_UNIT: Final = r"(?!\s?(?:jours?|ans?|mois|semaines?|heures?|h|min\w*|fois|\u20ac|euros?|%|personnes|clients|[0-9]))"
LESS: Final = (
    rf"(?:{MONTH}{GAP}(?:{YEAR}|'?[3-9][0-9]{_UNIT})|(?<=n )'?[3-9][0-9]{_UNIT}|{DAY_IN_WORDS} {MONTH}"
    rf"|{IN_DIGITS}/{YEAR}|{DAY}(?:er)?{GAP}{MONTH}|{DAY}/{IN_DIGITS}|{YEAR})"
)
"""Month and year, day and month, a year: after the plainest of words alone."""
END: Final = r"(?![0-9\w@]|[/.\-][0-9])"
_FOUR_DIGITS: Final = re.compile(YEAR)
_TWO_DIGITS: Final = re.compile(r"(?<![0-9])[0-9]{2}$")
_PIVOT: Final = 30
"""Two digits below it are of this century."""


def year_of(date: str) -> int:
    """Returns the year of four digits in a date, 0 when there is none."""
    year = _FOUR_DIGITS.search(date)
    return int(year[0]) if year else 0


def likely_year_of(date: str) -> int:
    """Returns the year of a date, of two digits too: "24/08/48" is of 1948; 0 when there is none."""
    if year := year_of(date):
        return year
    last = _TWO_DIGITS.search(date)
    if last is None:
        return 0
    return int(last[0]) + (2000 if int(last[0]) < _PIVOT else 1900)
