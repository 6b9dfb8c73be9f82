"""ADDRESS: houses and estates by name, with a number, parts of the building or a street; and all other addresses."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii import addresses, building_parts, homesteads, landmarks, street_names, worded_streets
from streams.core.pii.spans import Found, apart
from streams.core.pii.street_words import BEFORE_NUMBER, DWELLINGS, PUBLIC, STOP

_HEAD: Final = re.compile(rf"(?<![\w@.\-])(?P<kind>{DWELLINGS})(?![\w\-])", re.IGNORECASE)
_STEMS: Final = (
    "sidence", "rés.", "res.", "hlm", "lot", "cit", "tour ", "domaine", "hameau", "villa", "quartier", "maison", "imm",
    "ferme ", "mas ", "teau ", "manoir", "clos ", "moulin", "foyer", "chalet", "pavillon", "copro", "bloc", "ehpad",
    "parc ", "camping", "lieu", "îlot", "ilot", "bastide", "gîte", "gite", "habitation", "internat", "logis",
    "bergerie", "grange", "timent",
)  # fmt: skip
"""The quick look: some letters of every dwelling but `_SHORT`."""
_SHORT: Final = re.compile(r"r(?<!\w.)[ée]s\s[ld]")
"""`rés les Lilas`; not "heures le"."""
_WORD: Final = re.compile(
    r"[\s«\"]{1,3}(?:[ld]['\u2019]\s?)?(?P<word>[^\W\d_](?:\w|['\u2019\-](?=\w)){0,30})(?!\w)(?:\s?[»\"])?",
    re.IGNORECASE,
)
_STREET: Final = re.compile(rf"(?<![\w@.\-])(?P<kind>{BEFORE_NUMBER})(?!\w)", re.IGNORECASE)
"""A street whose number stands behind it: `impasse des Lilas, n° 4`."""
_SMALL: Final = frozenset({"de", "du", "des", "la", "le", "les", "l", "d", "au", "aux", "sur", "sous"})
_MOST_WORDS: Final = 6
_NUMBER: Final = re.compile(
    r"\s?,?\s?(?:n[\u00b0\u00bao]|num[ée]ro)\s?[0-9]{1,3}(?:\s?(?:bis|ter|[a-d]))?(?!\w)", re.IGNORECASE
)
_BARE: Final = re.compile(
    r"(?:,\s?|\s)[0-9]{1,3}(?:\s?(?:bis|ter)|[A-D])?(?!\w)(?=\s?[,;)\n]|\s?\.?$|\s\(?[0-9]{5}(?![0-9])|\s[àÀ]\s)"
)
_WITH_BARE: Final = frozenset(
    {"résidence", "residence", "lotissement", "villa", "domaine", "hameau", "lot.", "lieu-dit", "lieu dit"}
)
"""A number alone behind the name is the house's."""
_STRONG: Final = re.compile(r"[,;].*[,;]|\b(?:b[âa]t|esc|app?t|porte|hall|ch)", re.IGNORECASE)
"""Needed behind a name without capitals."""
_SIGN: Final = re.compile(r"n[\u00b0\u00bao]\s?[0-9]|num[ée]ro\s[0-9]", re.IGNORECASE)


def may_hold(lower: str, *, has_digit: bool) -> bool:
    """Tells quickly whether an address can be there; `lower` is the text in lower case."""
    return (
        addresses.may_hold(lower, has_digit=has_digit)
        or homesteads.may_hold(lower, has_digit=has_digit)
        or worded_streets.may_hold(lower)
        or landmarks.may_hold(lower)
        or (
            (has_digit or "tage" in lower or "porte" in lower or "escalier" in lower)
            and (any(map(lower.__contains__, _STEMS)) or _SHORT.search(lower) is not None)
        )
        or (has_digit and _SIGN.search(lower) is not None and _STREET.search(lower) is not None)
    )


def find(text: str) -> Iterator[Found]:
    """Finds all addresses; of two that begin together the longer."""
    both = [*_named(text), *addresses.find(text)]
    lower = text.lower()
    if homesteads.may_hold(lower, has_digit=True):
        both += homesteads.find(text)
    if worded_streets.may_hold(lower):
        both += worded_streets.find(text)
    if landmarks.may_hold(lower):
        both += landmarks.find(text)
    yield from apart(sorted(both, key=lambda one: -one.end))


def _named(text: str) -> Iterator[Found]:
    for head in _HEAD.finditer(text):
        before = building_parts.BEFORE.search(text, max(head.start() - building_parts.MOST_BEFORE, 0), head.start())
        is_named = before is not None or head["kind"][:4].lower() == "lieu"
        if end := _end(
            text, head, has_part=is_named, is_strong=before is not None and _STRONG.search(before[0]) is not None
        ):
            yield addresses.found(text, before.start() if before else head.start(), end, "address_part")
    for head in _STREET.finditer(text) if _SIGN.search(text) else ():
        if end := _end(text, head, has_part=False):
            yield addresses.found(text, head.start(), end, "address_street")


def _end(text: str, head: "re.Match[str]", *, has_part: bool, is_strong: bool = False) -> int:
    """Returns where a dwelling ends: behind its first part, number or street; 0 when it has none."""
    kind = head["kind"].lower()
    position = name_end = head.end()
    has_capital = False
    for _ in range(_MOST_WORDS):
        word = _WORD.match(text, position)
        if word is None:
            break
        written, position = word["word"].lower(), word.end()
        if written in _SMALL:
            continue
        if written == kind or written in PUBLIC or (written in STOP and not word["word"][0].isupper()):
            break
        if word["word"][0].isupper():
            has_capital, name_end = True, position
        tail = _tail(text, position, kind)
        if tail > position:
            return tail if has_capital or _STRONG.search(text, position, tail) else 0
        if not word["word"][0].isupper() and has_capital:
            break
    if not has_part:
        return 0
    return name_end if has_capital else street_names.name_end(text, head.end()) if is_strong else 0


def _tail(text: str, position: int, kind: str) -> int:
    if _STREET.fullmatch(kind):
        number = _NUMBER.match(text, position)
        return building_parts.parts_end(text, number.end()) if number else position
    number = _NUMBER.match(text, position) or (_BARE.match(text, position) if kind in _WITH_BARE else None)
    return addresses.tail_end(text, number.end() if number else position)
