"""Alerts as a table."""

import pytest

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
