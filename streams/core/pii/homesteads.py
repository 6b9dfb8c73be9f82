"""ADDRESS: homes without a number before a street: a house's name and its way, hamlets, post boxes, `rue Pasteur 8`."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii import addresses, building_parts, street_names
from streams.core.pii.spans import Found
from streams.core.pii.street_words import BEFORE_NUMBER, CAPITAL, PUBLIC, STREETS

_WAYS: Final = STREETS + r"|r\.|ch\.|che|imp\.?|rte|place|hent|karrika|lieu[ -]?dit|hameau|quartier"
"""What may stand behind a house's name."""
_OF: Final = r"(?:de\sla|des|du|de)\s"
_APOSTROPHE: Final = r"['\u2019]"
_BIG: Final = rf"{CAPITAL}[\w\-]{{1,20}}+"
_BIGGER: Final = rf"{CAPITAL}[\w\-]{{2,20}}+"
_NAME: Final = rf"""(?x:
    (?: (?:{_OF}|(?:les?|lous?|la|di|a|u|ar|an|al)\s) | (?:de\sl|d|l){_APOSTROPHE} ){{0,2}}
    {CAPITAL}[\w'\u2019\-]{{0,24}}+
    (?: \s (?: (?:{_OF}|(?:aux|di|ar|an)\s) | (?:de\sl|d|l){_APOSTROPHE} )? {CAPITAL}[\w'\u2019\-]{{0,24}}+ ){{0,3}}
)"""
"""A house's name: words with a capital and the small ones between them."""
_KINDS: Final = (
    r"villa|maison|mas|ferme|domaine|moulin|manoir|bastide|g[îi]te|bergerie|chalet|grange|r[ée]sidence|lotissement|immeuble"
    r"|hameau|clos|pavillon|logis|mazet|cabanon|m[ée]tairie|longère|case|borde|p[ée]niche|bateau|voilier"
    r"|maison\sforestière|quartier|lieu[ -]?dit"
)
_TOWNS: Final = (
    r"Ker(?:bors|fot|fourn|gloff|grist|ien|ity|laz|louan|moroc|nascl|nilis|nou|pert|saint|vignac)|Etcharry|Etchebar"
)
_REGIONAL: Final = rf"""(?x:
    (?!{_TOWNS})
    (?: (?:Etx|Etch)[\w\-]{{1,20}}+ (?:\s{_BIG})?
      | Ker[\w'\u2019\-]{{2,20}}+ (?:\s{_BIG})?
      | (?:Ker|Ty|Ti|T[iy]\sar|Casa|Ca|Mas|Borda|Mendi|Villa|Argi|Gure|Ttiki)\s{_NAME}
      | [A-Z]\w{{2,14}}\s(?:Etxea|Borda|Baita|Enea|Berri)
    ))"""
"""Breton, Basque and Corsican houses; no towns."""
_PLANTS: Final = (
    r"Mas|Clos|Moulin|Ferme|Granges?|Bergerie|Domaine|Hauts?|Pr[ée]s?|Pins?|Ch[êe]nes?|Oliviers?|Glycines?|Mimosas|Lilas"
    r"|Tilleuls?|Embruns|Mouettes|Cigales?|Hirondelles|Rosiers?|Bruyères|Gen[êe]ts|Acacias|Peupliers|Sapins|Tamaris"
    r"|Lauriers?|Cèdres?|Cerisiers?|Jonquilles|Hortensias|Alizés|Terrasses|Jardins|Vergers?|Coteaux|Champs?|Bastide"
    r"|Platanes|Marronniers|Noyers?|Amandiers|Figuiers?|Palmiers|Cyprès|Roseraie|Closerie|Métairie|Croix"
)
_ARTICLE: Final = rf"L(?:[ae]s?\s|{_APOSTROPHE})"
_HOUSE: Final = re.compile(
    rf"""
    (?<![\w@.\-'\u2019])
    (?: (?i:{_KINDS})\s[\u00ab\"]?\s?{_NAME}
      | (?P<own>{_REGIONAL})
      | {_ARTICLE}(?:{_PLANTS})(?!-) (?: \s (?:{_OF}|d{_APOSTROPHE})? {_BIGGER} ){{0,2}}
    )
    \s?[\u00bb\"]? (?: \s?,\s? | \s?;\s? | \s[/\-\u2013]\s )
    (?: (?P<way>(?i:{_WAYS}))(?![\w\-]) | (?=[0-9]) )""",
    re.VERBOSE,
)
"""A house and its way: `villa Mirza, chemin des Iris`, `Les Lilas, rue Haute`; a number for a house of `_REGIONAL`."""
_WAY_SOON: Final = re.compile(rf"[,;/\-\u2013] ?(?:{_WAYS})\s")
_BEFORE_POSTCODE: Final = r"(?=,?\s\(?[0-9]{5}(?![0-9]))"
_NEAR: Final = (
    r"\s(?:(?:au|en)[ -]dess(?:us|ous)|(?:tout\s)?pr[èe]s|[àa]\sc[ôo]t[ée]|(?:sur\sla\s)?commune)"
    r"\s(?:de\s|d['\u2019]|du\s)"
)
"""What ties a hamlet to a town: `hameau du Pré près de Dole`."""
_TOWN: Final = rf"(?!(?i:free|orange|sfr|bouygues|merci|bonjour)(?!\w)){CAPITAL}[\w'\u2019\-]{{2,30}}+"
_HAMLET: Final = re.compile(
    rf"""
    (?<![\w@.\-])
    (?: (?i:lotissement|mas|ferme|domaine|villa|mazet|bastide|chalet|moulin)\s{_NAME}{_BEFORE_POSTCODE}
      | (?:Etxe|Etche|K[eé]r|T[iy])\s{_NAME}(?:,\sKer\w{{2,16}})?{_BEFORE_POSTCODE}
      | (?i:hameau|ham\.|[ée]cart)\s{_NAME}(?:{_BEFORE_POSTCODE}|(?=,\s{CAPITAL}[a-z])|(?={_NEAR}{_TOWN}))
      | (?:(?:(?<=[.!?:;,]\s)|(?<=\n)|^)(?i:ferme|mas|m[ée]tairie|bergerie|longère|borde|g[îi]te)\s{_NAME})
        (?=,\s{_TOWN}\s?(?:[(.,;\n]|$))
      | (?:ld|LD|l\.d\.|L\.D\.|l-d|L-D)\s{_ARTICLE}{_BIGGER}(?:\s{_BIGGER})?
    )""",
    re.VERBOSE,
)
_BOX: Final = re.compile(
    r"(?<![\w@.\-])(?:BP|B\.P\.?|bp|Bp|CS|TSA|[Bb]o[îi]te\s[Pp]ostale)\s?"
    r"(?:n[\u00b0\u00ba]\s?)?[0-9]{1,6}(?![\w.,][0-9]|\w)"
)
_BEFORE_BOX: Final = re.compile(r"(?:^|[,;\n(\u2013\-:])\s?$")
_BEHIND_BOX: Final = re.compile(r"\s?(?:[,;\n)]|\.?$|\.\s)")
_BEFORE_TOWN: Final = re.compile(rf"(?:,?\s|\s?[\u2013\-]\s?)[0-9]{{5}}(?![0-9])|,\s{_TOWN}")
_POSTCODE: Final = re.compile(r"(?:,?\s|\s?[\u2013\-]\s?)(?:[0-9]{5}(?![0-9])|(?i:cedex))")
_PLACED: Final = re.compile(
    rf"""
    [0-9](?<![\w@.,/\u20ac+\-].)[0-9]{{0,3}}+ (?:\s?(?:bis|ter|[A-D])(?!\w))? ,?\s
    {_ARTICLE}{CAPITAL}[\w'\u2019\-]{{2,20}}+
    (?: \s (?: (?:{_OF}|aux\s) | (?:de\sl|d){_APOSTROPHE} )? {CAPITAL}[\w'\u2019\-]{{2,20}}+ ){{0,3}}
    {_BEFORE_POSTCODE}""",
    re.VERBOSE,
)
"""A house in an estate, before a postcode: `12 Les Terrasses du Lac, 74000`."""
_BEHIND: Final = re.compile(rf"(?<![\w@.\-])(?<![0-9]\s)(?<![0-9],\s)(?:{BEFORE_NUMBER})(?!\w)", re.IGNORECASE)
_NUMBER: Final = re.compile(
    r",?\s\(?(?P<sign>(?:(?:au\s)?(?:n[\u00b0\u00bao]|num[ée]ro)|au)\s?)?[0-9]{1,3}(?:\s?(?:bis|ter)|\s?[A-D])?(?!\w)"
    r"(?=\s?[,;)\n]|\s?\.?$|\s\(?[0-9]{5}(?![0-9])|\s[àÀ]\s[^\W\d_])(?!,[0-9])",
    re.IGNORECASE,
)
_HOME: Final = re.compile(
    r"(?:adresse|habit\w{1,3}|domicili\w{1,3})\W{1,3}(?:au\s|est\s|c'est\s|cest\s|la\s)?$", re.IGNORECASE
)
_GERMAN: Final = re.compile(
    rf"(?<![\w@.\-]){CAPITAL}\w{{2,20}}(?:stra(?:ss|\u00df)e|gasse|gass|weg|platz)(?=,?\s(?:n[\u00b0\u00bao]\s?)?[0-9])"
)
"""A street that is one word: `Kirchgasse 7`."""
_ROADS: Final = re.compile(r"(?:nationale|d[ée]partementale)$", re.IGNORECASE)


_CUES: Final = (
    "rue ", "avenue ", "chemin ", "impasse ", "route ", "boulevard ", "bd ", "allée ", "allee ", "quai ", "square ",
    "sente ", "sentier ", "venelle", "ruelle", "traverse ", "montée ", "montee ", "av. ", " av ", "lotissement", "mas ",
    "ferme ", "villa ", " ty ", "bp", "b.p", "etx", "etche", " ker", "casa ", "borda", " ti ",
)  # fmt: skip
"""Sought by `in`, one by one, they cost a third of what one expression costs."""
_NUMBER_LAST: Final = re.compile(
    r"[0-9](?<=[\s\u00b0\u00bao].)[0-9]{0,5}(?:\s?(?:bis|ter)|\s?[a-d])?(?!\w)(?=\s?[,;)\n]|\s?\.?$|\s\(?[0-9]{5}|\s-|\sà\s|\.\s)"
)
"""A number with nothing behind it that it counts."""
_NUMBER_SOON: Final = re.compile(
    r"[ck](?<!\w.)(?:oron|our[ée]e|orniche|loserie|arrer|alle|arrika|hauss[ée]e|hasse|ours|s)\s[^\d\n.;!?]{0,40}[0-9]"
    r"|[bdfhprst](?<!\w.)(?:[ée]guinage|r[èe]ve|aubourg|ent|ang|assage|lace|romenade|uette|traed|sa|o[îi]te\spostale)\s[^\d\n.;!?]{0,40}[0-9]"
    r"|(?:stra(?:ss|ß)e|gass|gasse|weg|platz),?\s(?:n°\s?)?[0-9]"
)
"""The quick look for the rarer ones of `BEFORE_NUMBER`."""
_PLACED_SOON: Final = re.compile(r"[0-9],?\s(?:l[ae]s?\s|l['\u2019])[^\W\d_]")
_ALONE: Final = re.compile(r"[0-9](?:(?<![\w@./\u20ac+\-].)|(?<=[op].))")
"""A number that is neither an address's on the web nor an amount's decimals: three tweets in four have none."""


def may_hold(lower: str, *, has_digit: bool) -> bool:
    """Tells quickly whether such a home can be there; `lower` is the text in lower case."""
    if "hameau" in lower or "ld l" in lower or "ferme d" in lower or _WAY_SOON.search(lower) is not None:
        return True
    if not has_digit or _ALONE.search(lower) is None:
        return False
    return (
        any(map(lower.__contains__, _CUES))
        or (_NUMBER_LAST.search(lower) is not None and _NUMBER_SOON.search(lower) is not None)
        or lower.startswith("ker")
        or _PLACED_SOON.search(lower) is not None
    )


def find(text: str) -> Iterator[Found]:
    """Finds homes that no number of a street tells."""
    for match in _HOUSE.finditer(text):
        if end := _house_end(text, match):
            yield addresses.found(text, match.start(), end, "address_part")
    for match in _HAMLET.finditer(text):
        yield addresses.found(text, match.start(), building_parts.parts_end(text, match.end()), "address_part")
    for match in _BOX.finditer(text):
        end = addresses.tail_end(text, match.end())
        if end > match.end() or _POSTCODE.match(text, match.end()) or _is_box(text, match):
            yield addresses.found(text, match.start(), end, "address_part")
    for match in _PLACED.finditer(text):
        yield addresses.found(text, match.start(), match.end(), "address_part")
    for match in _BEHIND.finditer(text):
        if end := _number_end(text, match):
            yield addresses.found(text, match.start(), end, "address_street")
    for match in _GERMAN.finditer(text):
        if number := _NUMBER.match(text, match.end()):
            yield addresses.found(text, match.start(), building_parts.parts_end(text, number.end()), "address_street")


def _is_box(text: str, match: "re.Match[str]") -> bool:
    """Tells whether signs alone set a post box apart: `Lise Tissot, BP 4410`."""
    return (
        _BEFORE_BOX.search(text, max(match.start() - 2, 0), match.start()) is not None
        and _BEHIND_BOX.match(text, match.end()) is not None
    )


def _house_end(text: str, match: "re.Match[str]") -> int:
    """Returns where a house with its way ends; 0 when the name is of a public place, or nothing follows."""
    words = {word.lower() for word in re.findall(r"\w+", match[0])}
    if words & PUBLIC:
        return 0
    if match["way"] is None:
        if match["own"] is None:
            return 0
        street_at = match.end()
        end = addresses.street_end_at(text, street_at)
        return building_parts.parts_end(text, end) if end else 0
    end = street_names.name_end(text, match.end())
    if not end:
        return 0
    if not any(map(str.isupper, text[match.end() : end])) and not (match["own"] and _BEFORE_TOWN.match(text, end)):
        return 0
    return addresses.tail_end(text, end)


def _number_end(text: str, match: "re.Match[str]") -> int:
    """Returns where the number behind a street ends; 0 when none stands there."""
    end = street_names.name_end(text, match.end())
    if not end:
        return 0
    number = _NUMBER.match(text, end)
    name = text[match.end() : end]
    if number is None or _ROADS.search(name):
        return 0
    is_told = number["sign"] is not None and number["sign"].strip().lower() != "au"
    is_named = any(sign.isupper() for sign in name) and not text.isupper()
    if not (is_told or is_named or _HOME.search(text, max(match.start() - 24, 0), match.start())):
        return 0
    return building_parts.parts_end(text, number.end())
