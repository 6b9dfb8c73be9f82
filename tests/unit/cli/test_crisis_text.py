"""Alerts as a table."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from agents.cli.crisis_text import print_incidents
from streams.core.crisis.incidents import incidents
from tests.integration.notifier_rig import alert


@pytest.mark.parametrize("with_ids", [True, False])
def test_ids_stand_where_a_command_is_to_take_them(with_ids: bool, capsys: pytest.CaptureFixture[str]) -> None:
    record = alert(("open", "national"))
    print_incidents(incidents([record]), with_ids=with_ids)
    head, line = capsys.readouterr().out.splitlines()
    assert ("id" in head.split(), record.id in line.split()) == (with_ids, with_ids)
    assert "whole country" in line


def test_an_alert_inside_one_of_the_same_department_says_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    wide = replace(alert(("open", "local")), area_kind="department", area_code="67")
    inside = [replace(wide, id=f"network-{code}", area_code=code, parent=wide.id) for code in ("67", "68")]
    print_incidents(incidents([wide, *inside]))
    _, top, same, other = capsys.readouterr().out.splitlines()
    assert ("department 67  " in top, "by its own count" in top) == (True, False)
    assert (same[:2], "department 67, by its own count" in same) == ("  ", True)
    assert ("department 68" in other, "by its own count" in other) == (True, False)


def test_an_alert_of_the_last_day_there_is_can_be_listed(capsys: pytest.CaptureFixture[str]) -> None:
    last = datetime(9999, 12, 31, 23, 30, tzinfo=UTC)
    print_incidents(incidents([replace(alert(("open", "national")), first_seen_at=last, confirmed_at=last)]))
    assert "9999-12-31 23:30" in capsys.readouterr().out
