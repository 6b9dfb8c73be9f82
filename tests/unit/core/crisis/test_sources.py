"""Event time over several sources, of which some fall behind and some stop."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from schemas.operations import Coverage
from streams.core.crisis.sources import Sources

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def said(source: str, until: int, at: int) -> Coverage:
    """Returns a report: read up to some minutes after noon, at some minutes after noon."""
    return Coverage(source=source, covered_until=after(until), at=after(at))


def after(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def heard(*reports: Coverage) -> Sources:
    sources = Sources()
    for one in reports:
        sources.take(one)
    return sources


def test_before_the_first_report_nothing_is_covered() -> None:
    assert Sources().until() is None


def test_the_source_that_is_behind_holds_event_time_back_while_it_reports() -> None:
    sources = heard(said("a", 60, 60), said("b", 10, 61))
    assert sources.until() == after(10)
    for minute in range(62, 70):
        sources.take(said("a", minute, minute))
    assert sources.until() == after(10), "b said nothing since, but only for minutes"
    sources.take(said("b", 40, 71))
    assert (sources.until(), sources.fell_silent()) == (after(40), [])


@pytest.mark.parametrize(("minutes", "until", "silent"), [(15, 0, []), (16, 16, ["b"])])
def test_a_source_that_stopped_holds_it_back_no_longer_and_is_told_once(
    minutes: int, until: int, silent: list[str]
) -> None:
    sources = heard(said("b", 0, 0), said("a", minutes, minutes))
    assert (sources.until(), sources.fell_silent()) == (after(until), silent)
    sources.take(said("a", minutes, minutes))
    assert sources.fell_silent() == []


def test_a_source_that_comes_back_counts_again() -> None:
    sources = heard(said("b", 0, 0), said("a", 30, 30), said("b", 20, 31))
    assert (sources.until(), sources.fell_silent()) == (after(20), [])
    sources.take(said("a", 50, 50))
    assert (sources.until(), sources.fell_silent()) == (after(50), ["b"])


def test_a_lone_source_never_falls_silent() -> None:
    sources = heard(said("a", 0, 0), said("a", 600, 600))
    assert (sources.until(), sources.fell_silent()) == (after(600), [])


def test_no_source_is_read_further_than_it_said_so() -> None:
    assert heard(said("a", 90, 60), said("b", 70, 60)).until() == after(60)


def test_the_order_of_sources_in_a_compacted_topic_changes_nothing() -> None:
    reports = [said("a", 60, 60), said("b", 50, 58), said("long over", 0, 1)]
    for order in permutations(reports):
        sources = heard(*order)
        assert (sources.until(), sources.fell_silent()) == (after(50), ["long over"])
