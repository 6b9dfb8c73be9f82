"""Where a burst is: in one department, in one region, in the whole country; `unknown` where too few say where."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from schemas.alert import PlaceEvidence, Scope
from streams.core.crisis.evidence import Located
from streams.core.crisis.tuning import Reach

WIDTH: Final[dict[Scope, int]] = {"unknown": 0, "local": 1, "regional": 2, "national": 3}
"""A scope widens at once and narrows only when the alert closes."""
MOST_PLACES: Final = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """A scope, the code of its department or region where it has one, and the complaints that speak for it."""

    scope: Scope
    area: str | None = None
    n_located: int = 0
    places: tuple[PlaceEvidence, ...] = ()


def find_scope(
    located: Sequence[Located],
    expected: Callable[[str], float],
    share_of: Callable[[str], float],
    region_of: Mapping[str, str],
    reach: Reach,
) -> Finding:
    """Tells where located complaints of a burst are.

    Args:
        located: counted complaints of the burst that name a place.
        expected: department -> how many of them were to be expected.
        share_of: department -> its usual share of all located complaints.
        region_of: department -> its region.
        reach: the limits.
    """
    departments = _by_author(located, lambda one: one.departments)
    regions = _by_author(located, lambda one: one.regions)
    usual = {code: expected(code) for code in region_of}
    places = tuple(
        PlaceEvidence(department=code, n=n, expected=round(usual.get(code, 0.0), 3))
        for code, n in sorted(departments.items(), key=lambda one: (-one[1], one[0]))[:MOST_PLACES]
    )
    of_regions: dict[str, float] = defaultdict(float)
    shares: dict[str, float] = defaultdict(float)
    for code, region in region_of.items():
        of_regions[region] += usual[code]
        shares[region] += share_of(code)
    n = len(located)
    in_department = _top(departments, usual, share_of, n)
    in_region = _top(regions, of_regions, lambda code: shares[code], n)
    if in_department.stands_out(reach.local_authors, reach.local_excess, reach.chance):
        return Finding("local", in_department.code, n, places)
    if in_region.stands_out(reach.regional_authors, reach.regional_excess, reach.chance):
        return Finding("regional", in_region.code, n, places)
    is_even = not in_region.stands_out(1, reach.regional_excess, reach.even_chance)
    if n >= reach.national_located and len(regions) >= reach.national_regions and is_even:
        return Finding("national", None, n, places)
    return Finding("unknown", None, n, places)


class _Top(NamedTuple):
    """The place with the largest excess: authors there, its share of all excess, the odds of so many by chance."""

    code: str
    n_authors: int
    share_of_excess: float
    odds: float

    def stands_out(self, least_authors: int, least_excess: float, most_odds: float) -> bool:
        return self.n_authors >= least_authors and self.share_of_excess >= least_excess and self.odds <= most_odds


def _top(
    counts: Mapping[str, int], usual: Mapping[str, float], share_of: Callable[[str], float], n_located: int
) -> _Top:
    excess = {code: max(0.0, n - usual.get(code, 0.0)) for code, n in counts.items()}
    if not (total := sum(excess.values())):
        return _Top("", 0, 0.0, 1.0)
    code = max(excess, key=lambda code: (excess[code], code))
    return _Top(code, counts[code], excess[code] / total, odds(counts[code], n_located, share_of(code)))


def odds(n: int, n_located: int, share: float) -> float:
    """Bounds the chance that at least `n` of `n_located` complaints fall into a place with this share of all.

    Example: `odds(5, 8, 0.34)` is 0.26; the binomial tail itself is 0.08.

    Source: Chernoff's bound for the binomial, exp(-n_located KL(n / n_located || share)).
    """
    seen, share = n / n_located, min(max(share, 1e-9), 1 - 1e-9)
    if seen <= share:
        return 1.0
    divergence = seen * math.log(seen / share)
    if seen < 1:
        divergence += (1 - seen) * math.log((1 - seen) / (1 - share))
    return math.exp(-n_located * divergence)


def _by_author(located: Iterable[Located], codes: Callable[[Located], Iterable[str]]) -> Counter[str]:
    """Counts each author once in each place."""
    return Counter(code for _, code in {(one.author, code) for one in located for code in codes(one)})
