"""How well places are found, against the places that people marked by their words."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple

import msgspec

from schemas.tweet import Place
from streams.core.places.folding import fold
from streams.core.places.vocabulary import STREETS

_CUT: Final = re.compile(r"[-\s'\u2019]+")


class Marked(NamedTuple):
    """A text with the line of the labels that it is of, the places that a person marked in it, and those found."""

    line: int
    text: str
    marked: tuple[str, ...]
    found: tuple[Place, ...]


class PlaceScore(msgspec.Struct, frozen=True, kw_only=True):
    """Counts and shares; a share is None where nothing was counted.

    `n_recalled` counts marked places that a found one overlaps or equals, `n_right` found places that do so with a
    marked one; a department is right when one of those found for a marked place lies there. `n_streets` counts the
    marked streets and house numbers that were not found, which are addresses and no places for us: they lower `recall`
    and `f1`, and are left out of `recall_but_streets`.
    """

    n_texts: int
    n_marked: int
    n_recalled: int
    n_found: int
    n_right: int
    n_streets: int
    precision: float | None
    recall: float | None
    f1: float | None
    recall_but_streets: float | None
    n_departments: int
    n_departments_right: int
    department_share: float | None


class PlaceMiss(msgspec.Struct, frozen=True, kw_only=True):
    """A marked place that was not found (`missed`), or a found one that nobody marked (`extra`), with its line."""

    line: int
    kind: Literal["missed", "extra"]
    place: str


def score(rows: Iterable[Marked], departments: Mapping[str, str]) -> tuple[PlaceScore, list[PlaceMiss]]:
    """Scores found places against marked ones.

    Args:
        rows: texts with both.
        departments: marked place as written -> code of its department; those not there are not checked.
    """
    n_texts = n_marked = n_recalled = n_found = n_right = n_streets = n_departments = n_departments_right = 0
    misses: list[PlaceMiss] = []
    for row in rows:
        n_texts += 1
        right: set[int] = set()
        for place in row.marked:
            hits = [index for index, found in enumerate(row.found) if _is_same(place, found, row.text)]
            right.update(hits)
            n_marked += 1
            n_recalled += bool(hits)
            n_streets += _is_street(place) and not hits
            if not hits:
                misses.append(PlaceMiss(line=row.line, kind="missed", place=place))
            elif (department := departments.get(place)) is not None:
                n_departments += 1
                n_departments_right += any(row.found[index].department == department for index in hits)
        n_found += len(row.found)
        n_right += len(right)
        misses += [
            PlaceMiss(line=row.line, kind="extra", place=found.text)
            for index, found in enumerate(row.found)
            if index not in right
        ]
    precision, recall = _share(n_right, n_found), _share(n_recalled, n_marked)
    return PlaceScore(
        n_texts=n_texts, n_marked=n_marked, n_recalled=n_recalled, n_found=n_found, n_right=n_right,
        n_streets=n_streets, precision=precision, recall=recall, f1=_harmonic(precision, recall),
        recall_but_streets=_share(n_recalled, n_marked - n_streets), n_departments=n_departments,
        n_departments_right=n_departments_right, department_share=_share(n_departments_right, n_departments),
    ), misses  # fmt: skip


def _is_same(marked: str, found: Place, text: str) -> bool:
    if _plain(marked) == _plain(found.text):
        return True
    pattern = r"[-\s'\u2019]+".join(map(re.escape, _CUT.split(marked)))
    return any(
        found.start < match.end() and match.start() < found.end
        for match in re.finditer(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE)
    )


def _is_street(place: str) -> bool:
    return not STREETS.isdisjoint(_plain(place).split())


def _plain(place: str) -> str:
    return _CUT.sub(" ", fold(place)).strip()


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _harmonic(precision: float | None, recall: float | None) -> float | None:
    """Returns the harmonic mean, F1: 0.9 and 0.8 give 0.847."""
    if precision is None or recall is None or precision + recall == 0:
        return None
    return round(2 * precision * recall / (precision + recall), 4)
