"""Commands of an operator that a worker answers, late or never."""

from datetime import UTC, datetime

import pytest

from agents.cli import command_answer
from agents.cli.command_answer import answer_to
from schemas.operations import Command

COMMAND = Command(id="c1", at=datetime(2026, 3, 2, tzinfo=UTC), who="ana", verb="crisis ack", why="", arguments={})


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_answer, "POLL_S", 0.001)


def test_it_looks_until_there_is_an_answer() -> None:
    answers = iter([None, None, "seen"])

    async def look() -> str | None:
        return next(answers)

    assert answer_to(COMMAND, look, otherwise="nobody works") == "seen"


def test_without_an_answer_the_command_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def look() -> str | None:
        return None

    monkeypatch.setattr(command_answer, "ANSWER_TIMEOUT_S", 0.01)
    with pytest.raises(SystemExit) as caught:
        answer_to(COMMAND, look, otherwise="nobody works")
    assert caught.value.code == 1
    assert capsys.readouterr().err == "noted as command c1; nothing came of it within 0 s: nobody works\n"
