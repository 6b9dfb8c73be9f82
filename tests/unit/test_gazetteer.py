"""The gazetteer that ships: whole, and known rows where they belong."""

import pytest

from schemas.taxonomy import PlaceKind
from streams.gazetteer import GAZETTEER, gazetteer

COMMUNES_2026 = 34_969
MOST_BYTES = 1_000_000


def communes() -> dict[str, str]:
    """INSEE code -> department, of every commune that a name leads to."""
    known = gazetteer()
    return {
        bearer.insee: bearer.department
        for word in known.names
        for name in known.named(word)
        for bearer in name.bearers
        if bearer.kind is PlaceKind.COMMUNE and bearer.insee and bearer.department
    }


def test_every_commune_has_a_name_and_a_department_with_a_region() -> None:
    found = communes()
    assert len(found) >= COMMUNES_2026
    assert {"75056", "13055", "69123", "97411", "98818", "2A004", "97502", "59355"} <= found.keys()
    assert set(found.values()) <= gazetteer().departments.keys()


def test_departments_lie_in_their_regions() -> None:
    departments = gazetteer().departments
    assert {code: departments[code] for code in ("31", "2B", "974", "78", "59")} == {
        "31": "76", "2B": "94", "974": "04", "78": "11", "59": "32",
    }  # fmt: skip
    assert sum(len(code) == len("01") for code in departments) == 96


@pytest.mark.parametrize(
    ("postcode", "department", "insee"),
    [("75017", "75", "75117"), ("69003", "69", "69383"), ("13013", "13", "13213"), ("97400", "974", "97411"),
     ("20000", "2A", "2A004"), ("13120", "13", "13041")],
)  # fmt: skip
def test_a_postcode_leads_to_its_commune_or_arrondissement(postcode: str, department: str, insee: str) -> None:
    found = gazetteer().postcodes[postcode]
    assert (found.department, found.insee) == (department, insee)


def test_bearers_of_a_name_stand_in_falling_order_of_population() -> None:
    known = gazetteer()
    for word in known.names:
        for name in known.named(word):
            sizes = [bearer.population for bearer in name.bearers]
            assert sizes == sorted(sizes, reverse=True), name.words
            assert word in name.words


def test_words_and_names_are_sorted_so_that_a_change_is_seen() -> None:
    known = gazetteer()
    assert list(known.names) == sorted(known.names)
    assert list(known.postcodes) == sorted(known.postcodes)
    assert known.source == "@etalab/decoupage-administratif 6.0.0"


def test_the_file_is_small() -> None:
    assert GAZETTEER.path.stat().st_size < MOST_BYTES
