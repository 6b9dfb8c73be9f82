"""`dallosh models`: what it tells of healthy, troubled, retired and unknown models, and a reset that is recorded."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agents import model_status as status_module
from agents.cli import models as module
from agents.cli.models import health, models
from schemas.operations import Command
from streams.core.breaker import BreakerState
from streams.core.limits import Ask, TargetState
from streams.errors import FatalError
from streams.settings import Settings

KEYS = {"GEMINI_API_KEY": "hunter2", "MISTRAL_API_KEY": "hunter2", "OPENAI_API_KEY": "hunter2"}
CLOSED = TargetState(breaker=BreakerState.CLOSED)


class FakeLimits:
    """The workers' state as a test sets it; `shared` is False when Redis does not answer."""

    def __init__(self, *, shared: bool = True, **states: TargetState) -> None:
        self.shared = shared
        self.given = states
        self.reset_names: list[str] = []
        self.closed = False

    async def states(self, asks: tuple[Ask, ...]) -> dict[str, TargetState]:
        def of(ask: Ask) -> TargetState:
            state = self.given.get(ask.target.partition("/")[0], CLOSED)
            return replace(state, rpm_left=ask.rpm, tpm_left=ask.tpm)

        return {ask.target: of(ask) for ask in asks}

    async def reset(self, target: str) -> None:
        self.reset_names.append(target)

    async def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DALLOSH_DATA_DIR", str(tmp_path / "data"))
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AZURE_OPENAI_API_KEY", raising=False)


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[Command]:
    found: list[Command] = []

    async def record(settings: Settings, command: Command) -> None:
        found.append(command)

    monkeypatch.setattr(module, "record_command", record)
    monkeypatch.setenv("DALLOSH_KAFKA_BOOTSTRAP", "127.0.0.1:9")
    return found


def use(monkeypatch: pytest.MonkeyPatch, limits: FakeLimits) -> None:
    monkeypatch.setattr(status_module, "_limits", lambda settings: limits)


def told(*arguments: str) -> Result:
    result = CliRunner().invoke(models, arguments)
    assert "hunter2" not in result.output
    return result


def rows() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    result = told("--json")
    assert result.exit_code == 0, result.output
    *found, summary = map(json.loads, result.stdout.splitlines())
    return found, summary


def test_every_model_with_its_place_and_price(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, limits := FakeLimits())
    found, summary = rows()
    assert {row["model"]: row["position"] for row in found} == {
        "gemini/gemini-2.5-flash-lite": 1, "openai/gpt-4o-mini": 2, "mistral/mistral-small-2603": 3,
        "openai/gpt-4o": None,
    }  # fmt: skip
    assert [row["rung"] for row in found] == [0, 1, 0, 2]
    assert all(row["health"] == "ok" and Decimal(row["usd_per_1000_tweets"]) > 0 for row in found)
    assert (found[0]["rpm"], found[0]["rpm_left"]) == (4000, 4000)
    assert (summary["models"], summary["left_out"], summary["missing"]) == (4, 0, [])
    assert summary["price_version"] not in ("", "none")
    assert limits.closed


def test_the_table_tells_health_rate_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, FakeLimits(gemini=TargetState(breaker=BreakerState.OPEN, open_for_s=12.0)))
    result = told()
    lines = result.stdout.splitlines()
    assert lines[0].split() == " ".join(module._HEAD).split()
    (gemini,) = (line for line in lines if "gemini" in line)
    assert gemini.startswith("-  gemini/gemini-2.5-flash-lite")
    assert "open 12 s" in gemini
    assert "breaker open for 12 s" in gemini
    assert "4,000/4,000" in gemini
    assert lines[1].startswith("1  openai/gpt-4o-mini")
    assert lines[1].endswith("the cheapest")
    assert "mean tweets a call" in result.stderr


def test_without_redis_the_rest_is_told_and_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    found, summary = rows()
    assert {row["health"] for row in found} == {"unknown"}
    assert [row["position"] for row in found] == [1, 2, 3, None]
    assert "no embedded one runs" in summary["missing"][0]
    use(monkeypatch, FakeLimits(shared=False))
    result = told()
    assert result.exit_code == 0
    assert "Redis does not answer" in result.stderr
    assert "unknown" in result.stdout
    assert "?/4,000" in result.stdout


def test_what_is_left_out_has_its_reason_and_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DALLOSH_GEMINI_MODEL", "gemini-1.5-flash")
    monkeypatch.setenv("DALLOSH_MISTRAL_MODEL", "mistral-none")
    use(monkeypatch, FakeLimits())
    found, summary = rows()
    left_out = {row["left_out"]: (row["reason"], row["remedy"]) for row in found if "left_out" in row}
    assert left_out["gemini/gemini-1.5-flash"][0] == "retired"
    assert "DALLOSH_MISTRAL_MODEL" in left_out["mistral/mistral-none"][1]
    assert (summary["models"], summary["left_out"]) == (3, 2)
    assert "LEFT OUT gemini/gemini-1.5-flash: retired on 2025-09-24" in told().stdout


def test_nothing_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.delenv(name)
    result = told()
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no model is configured" in result.stderr


def test_a_reset_closes_the_breaker_and_is_recorded(monkeypatch: pytest.MonkeyPatch, recorded: list[Command]) -> None:
    use(monkeypatch, limits := FakeLimits())
    result = told("reset", "openai/gpt-4o", "--why", "the bill is paid", "--json")
    assert result.exit_code == 0, result.output
    assert limits.reset_names == ["openai/gpt-4o"]
    (command,) = recorded
    assert (command.verb, command.arguments, command.why) == (
        "models reset", {"name": "openai/gpt-4o"}, "the bill is paid"
    )  # fmt: skip
    assert (command.outcome, command.n_records) == ("done", 0)
    assert json.loads(result.stdout) == {"reset": "openai/gpt-4o", "command_id": command.id, "recorded": True}


def test_a_reset_without_kafka_is_done_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, limits := FakeLimits())
    result = told("reset", "openai/gpt-4o")
    assert (result.exit_code, limits.reset_names) == (0, ["openai/gpt-4o"])
    assert "not recorded in ops.commands" in result.stderr


@pytest.mark.parametrize(
    ("name", "shared", "said"),
    [("openai/gpt-none", True, "One of: gemini/gemini-2.5"), ("openai/gpt-4o", False, "Redis does not answer")],
)
def test_a_reset_that_fails_is_recorded_as_failed(
    name: str, shared: bool, said: str, monkeypatch: pytest.MonkeyPatch, recorded: list[Command]
) -> None:
    use(monkeypatch, FakeLimits(shared=shared))
    result = told("reset", name)
    assert isinstance(result.exception, FatalError)
    assert said in str(result.exception)
    assert [command.outcome for command in recorded] == ["failed"]


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (None, "unknown"),
        (CLOSED, "ok"),
        (replace(CLOSED, failures=2), "ok, 2 failed"),
        (replace(CLOSED, breaker=BreakerState.OPEN, open_for_s=3.4), "open 3 s"),
        (replace(CLOSED, breaker=BreakerState.OPEN, disabled=True), "disabled"),
        (replace(CLOSED, breaker=BreakerState.HALF_OPEN), "probing"),
    ],
)
def test_health_in_a_word(state: TargetState | None, word: str) -> None:
    assert health(state) == word
