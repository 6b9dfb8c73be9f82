"""`dallosh dev logs`: foreign lines on their way to the terminal."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from agents.cli.dev import _print_new, dev

HOSTILE = "ready\x1b[2J\u202eevil\x9b1m\n"
SHOWN = "redis | ready [2Jevil 1m\n"


def test_a_log_cannot_play_with_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DALLOSH_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("agents.cli.dev._log_paths", lambda *_: [("redis", tmp_path / "redis.log")])
    (tmp_path / "redis.log").write_text(HOSTILE)
    result = CliRunner().invoke(dev, ["logs", "redis"])
    assert (result.exit_code, result.stdout) == (0, SHOWN)


def test_nor_can_a_line_that_comes_later(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "redis.log").write_text(HOSTILE)
    with (tmp_path / "redis.log").open() as file:
        _print_new([("redis", file)])
    assert capsys.readouterr().out == SHOWN
