"""Names that the lists and the way of writing prove, without a word that announces them."""

import re
from typing import Final

from streams.core.pii import name_cues as cues
from streams.core.pii.name_reading import PLACE, Reading
from streams.core.pii.name_runs import begins_of, end_of, is_surname
from streams.core.pii.name_things import MAKES, is_thing
from streams.core.pii.names import (
    BIG,
    FIRST,
    INITIAL,
    LAST,
    NAME,
    NEVER,
    NO_NAME,
    PARTICLE,
    RARE,
    ROLE,
    TITLE,
    UNKNOWN,
    UPPER,
    WORD,
)

Span = tuple[int, int]
_PIECE: Final = re.compile(r"[.!?\n:;,|()\u00ab\u00bb\u2026]|\s[-\u2013\u2014/]\s|[\u2600-\u27bf\U0001f300-\U0001faff]")
MAX_SIGNED: Final = 5
_SIGNED_FROM: Final = 3
_BEHIND_SIGNATURE: Final = 5
MIN_SURNAME: Final = 5
"""Letters of a surname in no list and written small, behind a first name."""


def full(r: Reading, i: int) -> Span | None:
    """Finds a first name and a surname, both written big, in either order: "Rose Petit", "LE GALL Erwann"."""
    traits = r.traits[i]
    if not traits & NAME or not traits & BIG or traits & (TITLE | ROLE) or (is_thing(r, i) and not _is_borne(r, i)):
        return None
    end = end_of(r, i + 1 if traits & PLACE and r.is_joined(i + 1) else i, cued=False)
    if r.before(i) in cues.OF_STREETS or r.follows_postcode(begins_of(r, i, 0)):
        return None
    if traits & NEVER:  # "France Lambelin", but not "France Télévisions"
        if not (
            r.folded[i] in cues.REAL_NAMES
            and r.is_joined(i + 1)
            and is_surname(r, i + 1)
            and not r.traits[i + 1] & WORD
        ):
            return None
        end = end_of(r, i + 1, cued=False)
        return (i, end) if end > i + 1 else None
    start = begins_of(r, i, 0)
    if end - start < 2 or (end == i and start == i):
        return None
    rest = [k for k in range(start, end) if k != i and not r.traits[k] & PARTICLE]
    if not any((r.traits[k] & BIG and is_surname(r, k)) or r.traits[k] & INITIAL for k in rest):
        return None
    if traits & PLACE and r.before(i) in cues.OF_PLACES:
        return None
    if traits & PLACE and all(r.traits[k] & (PLACE | WORD) for k in rest) and not _deals(r, i, end):
        return None
    if r.before(start) in cues.OF_STREETS or (len(r.folded[i]) < 3 and not r.traits[i] & FIRST):
        return None
    if traits & UPPER and not traits & FIRST and all(r.traits[k] & UPPER and not r.traits[k] & LAST for k in rest):
        return None
    if traits & (WORD | RARE) and all(r.traits[k] & WORD and not r.traits[k] & LAST for k in rest):
        return None
    return start, max(end, i + 1)


def _deals(r: Reading, i: int, end: int) -> bool:
    """Tells whether a town's name and a surname do what a customer does: "Lorraine Meunier attend"."""
    return (
        bool(r.traits[i] & FIRST and r.traits[end - 1] & LAST and r.traits[end - 1] & BIG)
        and not r.traits[end - 1] & PLACE
        and r.after(end - 1) in cues.PERSON_DOES
    )


def _is_borne(r: Reading, i: int) -> bool:
    """Tells whether a surname that names no thing follows: "Mercedes Ortuño", "Zara Benali"."""
    return (
        r.is_joined(i + 1)
        and r.traits[i + 1] & BIG != 0
        and r.traits[i + 1] & (LAST | UNKNOWN) != 0
        and len(r.folded[i + 1]) > 2
        and not r.traits[i + 1] & (NAME | WORD | NEVER | PLACE | INITIAL)
        and r.before(i) not in MAKES
        and r.folded[i + 1] not in MAKES
    )


def alone(r: Reading, i: int) -> Span | None:
    """Finds a first name by itself, with what surname follows."""
    traits = r.traits[i]
    if not traits & NAME or traits & NO_NAME or not _is_likely(r, i) or (is_thing(r, i) and not _acts(r, i)):
        return None
    end = max(end_of(r, i, cued=False), i + 1)
    if not traits & BIG and r.before(i) in cues.ONE_IS:  # "c est jean michel tavernot"
        while end < r.n and r.is_joined(end) and r.traits[end] & UNKNOWN and len(r.folded[end]) >= MIN_SURNAME:
            end += 1
    if not traits & BIG and end == i + 1 and _is_presented_small(r, i):
        end += 1
    if not traits & BIG and end == i + 1 and _is_shouted(r, i):
        end += 1
    start = begins_of(r, i, 0) if traits & BIG else i
    return None if r.before(start) in cues.OF_STREETS else (start, end)


def _is_shouted(r: Reading, i: int) -> bool:
    """Tells whether a surname that is a word sets a sentence apart in a text in capitals: "! JEAN-YVES PETIT 4 RUE"."""
    k = i + 1
    if r.traits[i] & (WORD | PLACE) or not r.is_joined(k) or not (r.is_upper(i) and r.is_upper(k) and r.is_start(i)):
        return False
    is_last = k + 1 >= r.n or not r.folded[k + 1] or r.is_start(k + 1) or r.gap(k + 1)[:1] == ","
    return is_last and bool(r.traits[k] & LAST) and not r.traits[k] & (NO_NAME | PLACE | BIG)


def _is_presented_small(r: Reading, i: int) -> bool:
    """Tells whether a surname that is a word follows a first name, both small: "bjr sylvie marchand ici"."""
    k = i + 1
    if not r.is_joined(k) or not r.traits[k] & LAST or r.traits[k] & (NO_NAME | PLACE | BIG):
        return False
    is_led = i == 0 or r.before(i) in cues.GREETINGS or r.before(i) in cues.BEFORE_PERSONS
    return is_led and (r.after(k) in ("ici", "ma", "mon", "mes", "je", "j'") or r.behind(k)[:1] in (",", "(", ":"))


def _is_likely(r: Reading, i: int) -> bool:
    traits, folded, before = r.traits[i], r.folded[i], r.before(i)
    is_big = bool(traits & BIG)
    if before in cues.ARTICLES:
        return (
            is_big
            and before in cues.OF_SOMEBODY
            and (_acts(r, i) or bool(traits & FIRST and not traits & (WORD | PLACE)))
        )
    if len(folded) < 3 or (not is_big and before in cues.SUBJECTS):
        return False
    if folded in cues.FEASTS:
        return is_big and before in cues.HELLOS
    if (traits & PLACE and before in cues.OF_PLACES) or before in ("sur", "en"):
        return False
    if before == "a" and r.before(i - 1) in cues.LIVING:
        return False
    if traits & FIRST and not traits & (WORD | PLACE):
        return is_big or len(folded) > 3
    if is_big and before in ("c", "c'est") and traits & NAME and not traits & (WORD | PLACE):
        return True
    if _acts(r, i):
        return is_big or bool(traits & FIRST)
    if is_big and traits & FIRST and not traits & PLACE and _is_presented(r, i):
        return True
    if not is_big:
        return before in ("moi", "c") and r.before(i - (before == "moi")) != "a" and not traits & (WORD | PLACE)
    if before in cues.GREETINGS:
        return not traits & PLACE or before in cues.HELLOS
    if traits & FIRST and is_big and r.gap(i).endswith("(") and r.behind(i).startswith(")"):
        return True
    if traits & PLACE or not before or r.is_start(i):
        return False
    return bool(traits & FIRST) or not traits & WORD


def _acts(r: Reading, i: int) -> bool:
    """Tells whether a person is what the words behind speak of: "rose du support", "Pierre m'a dit"."""
    if i + 2 >= r.n:
        return False
    first, second = r.folded[i + 1], r.folded[i + 2]
    if r.gap(i + 1) not in (" ", "", ", ") and not (r.gap(i + 1)[:1] > "\u2000" and first == "qui"):
        return False
    if first in ("du", "de", "au", "chez"):
        return second in (cues.DESKS if r.traits[i] & BIG else cues.CARE)
    if first == "qui":
        return second in ("m'", "ma", "nous", "a", "signe", "repond", "decroche", "appelle")
    if first in ("m'", "t'", "l'", "nous", "vous", "n'"):
        return second in ("a", "avait", "est", "ai", "appelle", "ont") if first != "n'" else second in ("est", "a")
    return (first in ("ma", "a", "avait") and second in cues.SAID) or (first == "a" and second in ("ete", "su", "pu"))


def _is_presented(r: Reading, i: int) -> bool:
    """Tells whether an age or a town presents the person: "Pierre, 34 ans", "Marine, Brest", "Clément de Clermont"."""
    if i + 2 >= r.n:
        return False
    if r.folded[i + 1] in ("de", "d'"):
        return r.is_joined(i + 1) and r.is_joined(i + 2) and r.traits[i + 2] & PLACE != 0 and r.traits[i + 2] & BIG != 0
    if r.gap(i + 1) != ", ":
        return False
    if r.folded[i + 1] in cues.PRESENTED:
        return True
    is_age = r.folded[i + 1] == "" and r.folded[i + 2] == "ans"
    return is_age or (r.traits[i + 1] & PLACE != 0 and r.traits[i + 1] & BIG != 0)


def signature(r: Reading, i: int) -> Span | None:
    """Finds names that stand by themselves at the end: "... Merci. Solveig", ", P. Vandewalle, Apt"."""
    if not r.traits[i] & BIG or i < _SIGNED_FROM or r.is_joined(i) or _PIECE.search(r.gap(i)) is None or is_thing(r, i):
        return None
    end = end_of(r, i, cued=False)
    if end == i or end - i > MAX_SIGNED or not (end == r.n or _PIECE.search(r.gap(end))):
        return None
    if end == r.n and "?" in r.behind(end - 1):
        return None
    spoken = [r.traits[k] for k in range(i, end) if not r.traits[k] & PARTICLE]
    is_last = r.n - end <= _BEHIND_SIGNATURE
    if any(traits & NAME and not traits & (WORD | PLACE) for traits in spoken):
        return i, end
    if (
        all(traits & INITIAL for traits in spoken)
        or any(traits & PLACE for traits in spoken)
        or (i > 0 and not r.folded[i - 1] and r.gap(i).strip() == "")
    ):
        return None
    if len(spoken) > 1:
        return (i, end) if any(traits & (UNKNOWN | LAST) and not traits & WORD for traits in spoken) else None
    return (i, end) if is_last and spoken and _signs_alone(r, i) else None


def _signs_alone(r: Reading, i: int) -> bool:
    """Tells whether one word by itself signs.

    A first name does on a line of its own, or where nothing stands behind it; another name when it is no ordinary word;
    a word of no list behind a closing alone.
    """
    traits = r.traits[i]
    if traits & PLACE:
        return False
    if traits & FIRST and r.folded[i] not in cues.FEASTS:
        return "\n" in r.gap(i) or r.behind(i).strip(" ") == ""
    if i > 0 and r.folded[i - 1] in cues.CLOSINGS:
        return not traits & WORD
    return bool(traits & (RARE | LAST)) and not traits & (WORD | UPPER)


def foreign(r: Reading, i: int) -> Span | None:
    """Finds two words of no list, both with a capital, behind a word that leads to a person: "pour Oksana Hrynko"."""
    if r.before(i) not in cues.BEFORE_PERSONS or not r.is_joined(i + 1) or not _is_foreign(r, i):
        return None
    if not _is_foreign(r, i + 1) or (r.is_joined(i + 2) and r.traits[i + 2] & BIG and not _is_foreign(r, i + 2)):
        return None
    return i, end_of(r, i, cued=False)


def _is_foreign(r: Reading, i: int) -> bool:
    return (
        bool(r.traits[i] & UNKNOWN and r.traits[i] & BIG) and not r.traits[i] & (PLACE | UPPER) and len(r.folded[i]) > 3
    )
