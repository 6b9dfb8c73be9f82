"""`dallosh config show`: values, sources, and no secret anywhere."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from agents.cli.config import config
from agents.documents.settings_rows import setting_rows
from agents.in_force import MASK
from streams.errors import SettingsError
from streams.settings import Settings, load_settings, masked

SECRET: Final = "hunter2-sesame"
URLS: Final = ("redis_url", "gemini_base_url", "mistral_base_url", "openai_base_url", "vllm_base_url")


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DALLOSH_ENV_FILE")


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every secret setting, and every URL, holds the word that must not be seen."""
    names = [row.name for row in setting_rows() if row.secret]
    for name in names:
        monkeypatch.setenv(f"DALLOSH_{name.upper()}", SECRET)
    for name in URLS:
        scheme = "redis" if name == "redis_url" else "http"
        monkeypatch.setenv(f"DALLOSH_{name.upper()}", f"{scheme}://me:{SECRET}@localhost:1/0")
    return names


def shown(*arguments: str) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    result = CliRunner().invoke(config, ["show", "--json", *arguments])
    assert result.exit_code == 0, result.output
    *rows, summary = [json.loads(line) for line in result.stdout.splitlines()]
    return {row["name"]: row for row in rows}, summary


def test_all_defaults() -> None:
    rows, summary = shown()
    assert list(rows) == list(Settings.model_fields)
    assert {row["source"] for row in rows.values()} == {"default"}
    assert summary == {"settings": len(rows), "changed": 0, "unknown": []}
    assert rows["openai_models"]["value"] == "gpt-4o-mini,gpt-4o"
    assert rows["vip_file"]["value"] == ""


def test_environment_wins_over_the_file_which_wins_over_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("DALLOSH_PARTITIONS=3\nDALLOSH_LINGER_S=2\nDALLOSH_NAMESPACE=\n")
    monkeypatch.setenv("DALLOSH_PARTITIONS", "4")
    monkeypatch.setenv("DALLOSH_REPLICATION", "")
    rows, summary = shown()
    assert (rows["partitions"]["value"], rows["partitions"]["source"]) == ("4", "environment")
    assert (rows["linger_s"]["value"], rows["linger_s"]["source"]) == ("2.0", ".env")
    assert rows["namespace"]["source"] == rows["replication"]["source"] == "default"
    assert summary["changed"] == 2
    assert list(shown("--changed")[0]) == ["partitions", "linger_s"]


@pytest.mark.parametrize(
    ("name", "value"), [("DALLOSH_GEMINI_API_KEY", SECRET), ("GEMINI_API_KEY", SECRET), ("gemini_api_key", SECRET)]
)
def test_a_key_is_named_by_the_variable_that_it_came_from(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    row = shown()[0]["gemini_api_key"]
    assert row == {
        "name": "gemini_api_key", "variable": name.upper(), "value": MASK, "source": "environment", "secret": True,
    }  # fmt: skip


def test_our_own_variable_wins_over_the_vendors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "theirs")
    monkeypatch.setenv("DALLOSH_GEMINI_API_KEY", "ours")
    assert shown()[0]["gemini_api_key"]["variable"] == "DALLOSH_GEMINI_API_KEY"
    assert load_settings().gemini_api_key.get_secret_value() == "ours"


def test_a_misspelt_variable_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DALLOSH_PARTITOINS", "3")
    Path(".env").write_text("DALLOSH_LINGERS=1\nPATH_OF_SOMEONE=x\n")
    result = CliRunner().invoke(config, ["show"])
    assert "note: DALLOSH_PARTITOINS is no setting" in result.stderr
    assert shown()[1]["unknown"] == ["DALLOSH_LINGERS", "DALLOSH_PARTITOINS"]


def test_another_file_is_named_as_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("DALLOSH_PARTITIONS=3\n")
    Path("prod.env").write_text("DALLOSH_LINGER_S=2\nDALLOSH_LINGERS=1\n")
    monkeypatch.setenv("DALLOSH_ENV_FILE", "prod.env")
    rows, summary = shown("--changed")
    assert {name: row["source"] for name, row in rows.items()} == {"linger_s": "prod.env"}
    assert summary["unknown"] == ["DALLOSH_LINGERS"]
    monkeypatch.setenv("DALLOSH_ENV_FILE", "")
    assert shown("--changed")[0] == {}


def test_secrets_are_never_shown(secrets: list[str]) -> None:
    settings = load_settings()
    assert settings.redis_url.count(SECRET) == 1  # it is really there
    assert len(secrets) >= 6
    for text in (repr(settings), str(settings), f"{settings}"):
        assert SECRET not in text
    for arguments in ((), ("--json",), ("--changed",)):
        result = CliRunner().invoke(config, ["show", *arguments])
        assert result.exit_code == 0
        assert SECRET not in result.output
    rows = shown()[0]
    assert {rows[name]["value"] for name in secrets} == {MASK}
    assert rows["redis_url"]["value"] == "redis://***@localhost:1/0"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DALLOSH_PARTITIONS", SECRET, "DALLOSH_PARTITIONS: "),
        ("DALLOSH_NAMESPACE", f"{SECRET}!", "DALLOSH_NAMESPACE: "),
        ("DALLOSH_KAFKA_SECURITY", SECRET, "DALLOSH_KAFKA_SECURITY: "),
        ("DALLOSH_KAFKA_SECURITY", "SASL_SSL", "DALLOSH_KAFKA_USERNAME"),
        ("DALLOSH_EXIT_TIMEOUT_S", "1", "settings: "),
        ("DALLOSH_KAFKA_CERT_FILE", "x", "go together"),
    ],
)
def test_errors_name_the_setting_and_never_a_secret(
    monkeypatch: pytest.MonkeyPatch, secrets: list[str], name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert said in str(caught.value)
    assert ".env" in caught.value.remedy
    assert SECRET not in str(caught.value)
    assert caught.value.__suppress_context__  # no traceback shows pydantic's own error, which quotes the input


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("redis://h:1/0", "redis://h:1/0"),
        ("redis://:p@h", "redis://***@h"),
        ("rediss://u:p@x@h/0", "rediss://***@h/0"),
        ("redis://h?password=p&x=1", "redis://h?password=***&x=1"),
        ("someone@else", "someone@else"),
        (3, 3),
    ],
)
def test_masked(value: object, expected: object) -> None:
    assert masked(value) == expected
