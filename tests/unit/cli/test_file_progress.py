"""How far a file is: a bar on a terminal, what is said above it."""

import io
import sys

import pytest

from agents.cli.file_progress import FileProgress, tell


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_a_bar_and_lines_above_it_whatever_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with FileProgress("[bold]x[/].csv", 1_000) as display:
        display.phase("classify")
        display.show(500, 1_200)
        display.say("line 7: no [red]id\x1b[2J")
    shown = terminal.getvalue()
    assert "classify [bold]x[/].csv" in shown
    assert "50%" in shown
    assert "1,200 rows, " in shown
    assert "[bold]x[/].csv, line 7: no [red]id [2J\n" in shown


class Full(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_the_work_goes_on_where_nobody_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Full())
    with FileProgress("x.csv", 1_000) as display:
        display.say("line 7: no id")
    tell("1,000 rows")
