"""ADDRESS: homes told by the name of a place and a landmark: hamlets behind a town, sections and mornes overseas."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii import addresses, building_parts, zones
from streams.core.pii.spans import Found
from streams.core.pii.street_words import CAPITAL, PUBLIC

_WORD: Final = rf"{CAPITAL}[\w'\u2019\-]{{0,24}}+"
_JOINTS: Final = r"(?:(?:de\sla|des|du|de|aux|le|la|les|sur|sous|en)\s|(?:de\sl|d|l)['\u2019])"
_NAME: Final = rf"(?-i:{_JOINTS}{{0,2}}{_WORD}(?:\s{_JOINTS}?{_WORD}){{0,3}})"
_WHERE: Final = (
    r"(?:(?:juste\s)?(?:apr[èe]s|avant|derri[èe]re|devant|sous|face|en\sface|pr[èe]s|[àa]\sc[ôo]t[ée]|au\s(?:bout|fond|dessus)"
    r"|au-dessus|en\s(?:haut|bas|contrebas)|vis-[àa]-vis|[àa]\s(?:gauche|droite))"
    r"\s(?:(?:de\sla|de\sl['\u2019]|du|des|de|la|le|les|l['\u2019]|[àa]\sla|[àa]\sl['\u2019]|au|aux|d['\u2019])\s?))"
)
_SEEN_FROM_AFAR: Final = (
    r"(?:vieille\s|petite?\s|grande?\s|ancien(?:ne)?\s|station\s|arr[êe]t\s(?:de\s)?)?"
    r"(?:[ée]glise|[ée]cole|pompe|pont|stade|mairie|rond[ -]point|cimeti[èe]re|station|boutique|virage|croix|calvaire"
    r"|[ée]picerie|boulangerie|carrefour|snack|temple|case|maison|garage|pharmacie|terrain|bus|chapelle|usine|moulin|ch[âa]teau|poste|port"
    r"|lavoir|ferme|rivi[èe]re|fontaine|dispensaire|poterie|distillerie|citerne|manguier|fromager|transfo)"
)
_TO_THE_COMMA: Final = r"[\w'\u2019\- ]{0,30}?(?=\s?(?:[.,;:!?)\n]|$))"
_SIDE: Final = rf"{_WHERE}[^\W\d_]{_TO_THE_COMMA}"
_SIDE_ALONE: Final = rf"{_WHERE}{_SEEN_FROM_AFAR}(?!\w){_TO_THE_COMMA}"
_SEEN: Final = (
    r"(?:(?:premi[èe]re|deuxi[èe]me|derni[èe]re|petite|grande|[1-4](?:re|e|[èe]me))\s)?"
    r"(?:maison|case|villa|portail|barri[èe]re|volets"
    r"|porte|kaz)\s(?:bleue?s?|verte?s?|rouges?|jaunes?|blanche?s?|blancs?|roses?|oranges?|grise?s?|noire?s?|marrons?"
    r"|[àa]\s(?:gauche|droite|[ée]tages?)|en\s(?:bois|dur|pierre|tôle))"
)
LANDMARK: Final = rf"(?:,\s?(?:{_SEEN}(?:\s{_SIDE})?|{_SIDE_ALONE}))"
"""`, maison bleue après la pompe`, `, derrière l'église`."""
_FAR: Final = r"morne|ravine|fond|anse|habitation|quartier|cit[ée]|lotissement|domaine|rampe|trou|îlet|ilet|piton|bras"
_AHEAD: Final = r"(?=\s?(?:[.,;)\n]|$))"
_KINDS: Final = (
    r"hameau|ham\.|[ée]cart|lieu[ -]dit|ferme|mas|villa|lotissement|closerie|moulin|chalet|manoir|coron|courée"
    r"|béguinage|bastide|métairie|mazet|bergerie|cité|p[ée]niche|bateau"
)
_BEHIND_TOWN: Final = re.compile(
    rf"(?<=,\s)(?:{_KINDS})\s[\u00ab\"]?\s?{_NAME}\s?[\u00bb\"]?(?:{LANDMARK}{{1,2}}|{_AHEAD})", re.IGNORECASE
)
_TOWN: Final = re.compile(r"(?:^|[\s(])[A-ZÀ-Ý][\w'\u2019\-]{1,30},\s$")
_FAR_HOME: Final = re.compile(
    rf"(?<![\w@.\-])(?:(?P<outer>section|quartier)\s(?=(?:{_FAR})\s))?"
    rf"(?:section|{_FAR}|chemin|lieu[ -]dit|hameau|ferme|impasse|route|rue)\s{_NAME}(?P<mark>{LANDMARK}{{1,2}})?",
    re.IGNORECASE,
)
_OVERSEAS: Final = re.compile(
    r"guadeloup|martiniq|gwada|madinina|guyane|r[ée]union(?!\w)|mayotte|saint-martin|97[1-6]"
    r"|caraïb|antilles|cal[ée]donie|tahiti|polyn",
    re.IGNORECASE,
)
_OVERSEAS_KIND: Final = frozenset(
    {"section", "morne", "habitation", "ravine", "quartier", "lotissement", "cité", "fond"}
)
_PUBLIC: Final = PUBLIC - {"blanche"}
_BEFORE: Final = 34
_SOON: Final = re.compile(rf",\s?(?:(?:{_KINDS}|section|morne|habitation|ravine|fond)\s|{_SEEN}|{_SIDE_ALONE})")
"""The quick look, in lower case."""
_HOME: Final = re.compile(
    r"(?:adresse|habit\w{1,3}|demeur\w{1,4}|domicili\w{1,3}|livrer|livraison)\s?(?::|[àa]|au|aux|est|dans\sla)?\s(?:la\s)?$",
    re.IGNORECASE,
)


def may_hold(lower: str) -> bool:
    """Tells quickly whether such a home can be there; `lower` is the text in lower case."""
    return "section " in lower or "morne " in lower or _SOON.search(lower) is not None or zones.may_hold(lower)


def find(text: str) -> Iterator[Found]:
    """Finds zones, hamlets and houses behind a town and a comma, places that a landmark or an island makes a home."""
    yield from zones.find(text)
    for match in _BEHIND_TOWN.finditer(text):
        if _TOWN.search(text, max(match.start() - _BEFORE, 0), match.start()) and not _is_public(match[0]):
            yield addresses.found(text, match.start(), building_parts.parts_end(text, match.end()), "address_part")
    is_far = _OVERSEAS.search(text) is not None
    for match in _FAR_HOME.finditer(text):
        start = match.start() if match["outer"] is None else match.end("outer") + 1
        kind = text[start : match.end()].split(None, 1)[0].lower()
        is_home = match["mark"] is not None or (
            kind in _OVERSEAS_KIND
            and kind != "quartier"
            and (
                (is_far and _TOWN.search(text, max(match.start() - _BEFORE, 0), match.start()) is not None)
                or _HOME.search(text, max(match.start() - _BEFORE, 0), match.start()) is not None
            )
        )
        if is_home and not _is_public(match[0]):
            yield addresses.found(text, start, building_parts.parts_end(text, match.end()), "address_part")


def _is_public(written: str) -> bool:
    return not _PUBLIC.isdisjoint(re.findall(r"\w+", written.lower()))
