"""The departments of a gazetteer, and how often complaints name each."""

from collections import defaultdict
from typing import Final

from streams.core.crisis.evidence import France
from streams.core.places.gazetteer import Gazetteer

_ILE_DE_FRANCE: Final = "11"
_CAPITAL_FACTOR: Final = 1.8
"""Île-de-France has 34 % of the places that customers name, 19 % of the people."""


def france_of(gazetteer: Gazetteer) -> France:
    """Returns departments with their regions and the usual shares of located complaints, by population."""
    people: defaultdict[str, float] = defaultdict(float)
    seen: set[str] = set()
    for encoded in gazetteer.names:
        for name in gazetteer.named(encoded):
            for bearer in name.bearers:
                if bearer.insee and bearer.department and bearer.population and bearer.insee not in seen:
                    seen.add(bearer.insee)
                    factor = _CAPITAL_FACTOR if gazetteer.departments.get(bearer.department) == _ILE_DE_FRANCE else 1.0
                    people[bearer.department] += bearer.population * factor
    total = sum(people.values())
    shares = {code: people[code] / total for code in gazetteer.departments}
    return France(shares=shares, region_of=dict(gazetteer.departments))
