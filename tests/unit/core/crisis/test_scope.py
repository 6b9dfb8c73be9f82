"""Local, regional, national, or honestly unknown."""

import pytest

from streams.core.crisis.evidence import Located
from streams.core.crisis.scope import find_scope, odds
from streams.core.crisis.tuning import Reach
from tests.unit.core.crisis.crowd import FRANCE, REGION_OF


def located(*departments: str) -> list[Located]:
    return [Located(0, f"t{k}", k, 0.0, False, (code,), (REGION_OF[code],)) for k, code in enumerate(departments)]


@pytest.mark.parametrize(
    ("departments", "scope", "area"),
    [
        ([], "unknown", None),
        (["67", "67"], "unknown", None),
        (["67"] * 3, "local", "67"),
        (["67"] * 4 + ["75", "13"], "local", "67"),
        (["67", "67", "67", "75", "75", "13", "33", "69", "59"], "national", None),
        (["67", "68"] * 3, "regional", "44"),
        (["75", "93", "13", "33"], "unknown", None),
        (["75", "93", "13", "33", "69"], "national", None),
        (["75", "75", "75", "93", "13", "67", "33", "59"], "national", None),  # the capital's usual share
        (["75", "13", "75", "13", "75"], "unknown", None),  # two regions
    ],
)
def test_table(departments: list[str], scope: str, area: str | None) -> None:
    found = find_scope(located(*departments), lambda _: 0.01, FRANCE.shares.__getitem__, REGION_OF, Reach())
    assert (found.scope, found.area, found.n_located) == (scope, area, len(departments))


def test_one_author_is_no_department() -> None:
    same = [one._replace(author=1) for one in located("67", "67", "67", "67")]
    found = find_scope(same, lambda _: 0.01, FRANCE.shares.__getitem__, REGION_OF, Reach())
    assert found.scope == "unknown"


def test_what_was_expected_anyway_is_no_excess() -> None:
    usual = located(*["75"] * 20, *["67"] * 4)
    expected = {"75": 20.0}
    found = find_scope(usual, lambda code: expected.get(code, 0.1), FRANCE.shares.__getitem__, REGION_OF, Reach())
    assert found.area != "75"


def test_a_region_without_a_department_counts() -> None:
    whole = [one._replace(departments=()) for one in located("67", "68", "67", "68", "67")]
    found = find_scope(whole, lambda _: 0.01, FRANCE.shares.__getitem__, REGION_OF, Reach())
    assert (found.scope, found.area) == ("regional", "44")


def test_the_evidence_stands_by_department() -> None:
    found = find_scope(located("67", "67", "67", "75"), lambda _: 0.25, FRANCE.shares.__getitem__, REGION_OF, Reach())
    assert [(one.department, one.n, one.expected) for one in found.places] == [("67", 3, 0.25), ("75", 1, 0.25)]


def test_departments_with_as_many_complaints_stand_in_the_order_of_their_codes() -> None:
    codes = ["93", "69", "67", "59", "33", "13", "13"]
    found = find_scope(located(*codes), lambda _: 0.01, FRANCE.shares.__getitem__, REGION_OF, Reach())
    assert [place.department for place in found.places] == ["13", "33", "59", "67", "69", "93"]


def test_odds() -> None:
    assert odds(5, 8, 0.34) == pytest.approx(0.26, abs=0.01)
    assert odds(2, 8, 0.34) == 1.0
    assert odds(3, 3, 0.02) == pytest.approx(0.02**3)
    assert odds(4_000, 5_000, 0.3) < 1e-300 or odds(4_000, 5_000, 0.3) == 0.0
