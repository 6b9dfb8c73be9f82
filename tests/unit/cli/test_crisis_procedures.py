"""`dallosh crisis procedures|test`: what is configured, what it lacks, and a marked message to one channel."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agents.cli.main import dallosh
from agents.environment import child_environment
from streams.errors import SettingsError
from streams.settings import load_settings
from tests.integration.notifier_rig import write_file
from tests.receivers import receiver

HOOK = '[[channel]]\nname = "{}"\nkind = "{}"\nurl_env = "HOOK_URL"\n'


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = write_file(tmp_path, HOOK.format("cell", "slack") + HOOK.format("spare", "webhook"), "cell")
    monkeypatch.setenv("DALLOSH_PROCEDURES_FILE", str(path))
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(dallosh, ["crisis", *arguments])


def test_without_a_file_there_are_steps_and_nobody_is_told() -> None:
    result = run("procedures", "--check")
    assert result.exit_code == 0
    assert "network-national" in result.stdout
    assert "nobody is told" in result.stderr


def test_what_channels_lack_is_listed_and_fails_the_check(configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run("procedures")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-2:] == [
        "cell     slack    $HOOK_URL  HOOK_URL is not set", "spare    webhook  $HOOK_URL  HOOK_URL is not set",
    ]  # fmt: skip
    assert run("procedures", "--check").exit_code == 1
    monkeypatch.setenv("HOOK_URL", "https://hooks.example/s3cret")
    result = run("procedures", "--check", "--json")
    assert result.exit_code == 1, "nobody uses the spare one"
    report = json.loads(result.stdout)
    assert [one["lacks"] for one in report["channels"]] == ["", "no procedure names it"]
    assert report["procedures"][0]["channels"] == ["cell"]
    assert "s3cret" not in result.output


@pytest.mark.parametrize(("status", "code"), [(200, 0), (500, 1), (403, 1)])
async def test_a_marked_message(status: int, code: int, configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiver() as one:
        one.otherwise = status
        monkeypatch.setenv("HOOK_URL", one.url)
        slack = await asyncio.to_thread(run, "test", "cell", "--json")
        plain = await asyncio.to_thread(run, "test", "spare")
    assert (slack.exit_code, plain.exit_code) == (code, code)
    said = json.loads(slack.stdout)
    assert (said["taken"], said["answer"]) == (code == 0, f"HTTP {status}")
    assert f"HTTP {status}" in plain.stdout
    (first, second) = one.came
    assert first[0] == said["key"]
    assert first[1]["text"].startswith("TEST, no alert: ")
    assert second[1]["is_test"] is True


def test_a_command_that_is_tried_sees_no_key_of_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, models = tmp_path / "environment", tmp_path / "models.toml"
    models.write_text(
        '[[deployment]]\nname = "eu"\nprovider = "openai"\nmodel = "gpt-4o"\napi_key_env = "PAID_MODELS"\n'
    )
    path = write_file(tmp_path, f'[[channel]]\nname = "c"\nkind = "command"\nargv = ["sh", "-c", "env > {out}"]\n', "c")
    monkeypatch.setenv("DALLOSH_PROCEDURES_FILE", str(path))
    monkeypatch.setenv("DALLOSH_MODELS_FILE", str(models))
    monkeypatch.setenv("PAID_MODELS", "s3cret")
    assert run("test", "c").exit_code == 0
    assert "IDEMPOTENCY_KEY=" in out.read_text()
    assert "s3cret" not in out.read_text()


def test_an_unknown_channel_and_a_secret_that_is_missing(configured: Path) -> None:
    result = run("test", "nobody")
    assert result.exit_code == 3
    assert "cell, spare" in result.stderr
    assert isinstance(run("test", "cell").exception, SettingsError)


def test_what_nobody_thought_of_is_an_answer(configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> str:
        raise LookupError("s3cret")

    monkeypatch.setenv("HOOK_URL", "https://hooks.example/s3cret")
    monkeypatch.setattr("streams.channels.webhook.Webhook.tell", broken)
    result = run("test", "cell")
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert "cell: NOT taken, unexpected LookupError" in result.stdout
    assert "s3cret" not in result.output


def test_a_wrong_file_is_told_before_anything_is_started(configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr("agents.embedded.ensure", started)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    configured.write_text("nonsense")
    result = CliRunner().invoke(dallosh, ["up"])
    assert isinstance(result.exception, SettingsError)
    assert "is no TOML" in str(result.exception)
    assert isinstance(CliRunner().invoke(dallosh, ["up", "--only", "router"]).exception, AssertionError)


def test_the_secrets_that_the_file_names_reach_a_worker(configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (configured.parent / ".env").write_text("HOOK_URL=https://of.the/file\n")
    monkeypatch.setenv("DALLOSH_ENV_FILE", ".env")
    assert child_environment(load_settings(), {})["HOOK_URL"] == "https://of.the/file"
    configured.write_text("nonsense")
    assert "HOOK_URL" not in child_environment(load_settings(), {})
