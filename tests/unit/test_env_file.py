"""`.env` and DALLOSH_ENV_FILE: which file is read, and that no test reads the machine's own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from streams.errors import SettingsError
from streams.settings import load_settings
from tests.e2e import command
from tests.integration import router_rig

HOSTILE = "OPENAI_API_KEY=paid\nDALLOSH_GEMINI_API_KEY=paid\nDALLOSH_PARTITIONS=7\n"
PRINT_KEYS = (
    "import json; from streams.settings import load_settings; made = load_settings();"
    "print(json.dumps([made.openai_api_key.get_secret_value(), made.gemini_api_key.get_secret_value()]))"
)


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory whose `.env` holds keys of paid models."""
    (tmp_path / ".env").write_text(HOSTILE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def keys_of_a_child(env: dict[str, str]) -> list[str]:
    here = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(
        [sys.executable, "-c", PRINT_KEYS], env={**env, "PYTHONPATH": here}, capture_output=True, text=True, check=True
    )
    found: list[str] = json.loads(done.stdout)
    return found


def test_the_suite_reads_no_file_of_the_working_directory() -> None:
    assert not load_settings().openai_api_key.get_secret_value()
    assert load_settings().partitions != 7


def test_no_child_of_the_suite_reads_it(tmp_path: Path) -> None:
    assert keys_of_a_child(command.environment(tmp_path)) == ["", ""]
    assert keys_of_a_child(router_rig.environment(load_settings())) == ["", ""]


def test_without_the_variable_dotenv_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DALLOSH_ENV_FILE")
    assert load_settings().partitions == 7
    assert load_settings().openai_api_key.get_secret_value() == "paid"


@pytest.mark.parametrize("variable", ["DALLOSH_ENV_FILE", "dallosh_env_file"])
def test_the_variable_names_another_file(variable: str, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / "other").write_text("DALLOSH_LINGER_S=3\n")
    monkeypatch.delenv("DALLOSH_ENV_FILE")
    monkeypatch.setenv(variable, str(checkout / "other"))
    made = load_settings()
    assert (made.linger_s, made.openai_api_key.get_secret_value()) == (3.0, "")
    assert made.partitions != 7


def test_the_environment_wins_over_the_named_file(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DALLOSH_ENV_FILE", ".env")
    monkeypatch.setenv("DALLOSH_PARTITIONS", "5")
    assert load_settings().partitions == 5


def test_a_named_file_that_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DALLOSH_ENV_FILE", "gone.env")
    with pytest.raises(SettingsError, match=r"no file gone\.env"):
        load_settings()


def test_a_file_that_is_no_text_is_told(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / "other").write_bytes(b"DALLOSH_NAMESPACE=\xff\n")
    monkeypatch.setenv("DALLOSH_ENV_FILE", "other")
    with pytest.raises(SettingsError, match="other cannot be read: UnicodeDecodeError"):
        load_settings()
