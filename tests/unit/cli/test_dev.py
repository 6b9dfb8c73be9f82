"""`dallosh dev`: foreign lines on their way to the terminal, and what a stale service has kept."""

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from agents.cli.dev import _print_new, dev
from streams import daemon
from streams.state.embedded import RedisState

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


def test_a_stale_redis_is_not_said_to_have_kept_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DALLOSH_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DALLOSH_ENV_FILE", "")
    state = RedisState(port=1, process=daemon.ProcessRef(pid=2**22 + 1, started_at_s=0.0), ready=True)
    (tmp_path / "redis").mkdir()
    (tmp_path / "redis" / "state.json").write_bytes(msgspec.json.encode(state))
    result = CliRunner().invoke(dev, ["status"])
    assert result.exit_code == 1
    assert "every 15 minutes; what came later is lost" in result.stderr
    assert "data are kept" not in result.stderr
