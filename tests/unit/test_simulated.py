"""The start of the simulator: what it prints is read, and waited for no longer than said."""

import os
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import BinaryIO

import pytest
from pydantic import SecretStr

from agents import simulated
from streams.errors import FatalError
from streams.providers.deployments import plan
from streams.providers.profiles import load_models
from streams.settings import Settings

LINE = b'{"env": {"DALLOSH_VLLM_BASE_URL": "http://127.0.0.1:1/vllm/v1"}}\n'


@pytest.fixture
def pipe() -> Iterator[tuple[BinaryIO, BinaryIO]]:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as read, os.fdopen(writing, "wb", buffering=0) as write:
        yield read, write


def test_the_settings_are_those_of_its_first_line(pipe: tuple[BinaryIO, BinaryIO]) -> None:
    pipe[1].write(LINE + b"more")
    assert simulated._changes(pipe[0]) == {"vllm_base_url": "http://127.0.0.1:1/vllm/v1"}


@pytest.mark.timeout(30)  # the default wait for its start is twice that
@pytest.mark.parametrize("said", [b"", LINE[:20]])
def test_one_that_says_nothing_more_is_given_up(
    said: bytes, pipe: tuple[BinaryIO, BinaryIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulated, "START_TIMEOUT_S", 0.1)
    pipe[1].write(said)
    with pytest.raises(FatalError, match="did not start"):
        simulated._changes(pipe[0])


@pytest.mark.parametrize("said", [b"", LINE[:20]])
def test_one_that_ends_at_once_is_told(said: bytes, pipe: tuple[BinaryIO, BinaryIO]) -> None:
    pipe[1].write(said)
    pipe[1].close()
    with pytest.raises(FatalError, match="did not start"):
        simulated._changes(pipe[0])


def test_another_shell_is_told_of_them_while_they_run(tmp_path: Path) -> None:
    path, said = tmp_path / "a folder" / "simulated.env", list[str]()
    changes = {"vllm_base_url": "http://127.0.0.1:1/vllm/v1", "openai_api_key": SecretStr("simulated")}
    with simulated._told(path, changes, said.append):
        shell = ["sh", "-c", f"{said[0].split('after: ')[1]} && env"]
        env = subprocess.run(shell, capture_output=True, text=True, timeout=10, check=True).stdout.splitlines()
        assert {"DALLOSH_VLLM_BASE_URL=http://127.0.0.1:1/vllm/v1", "DALLOSH_OPENAI_API_KEY=simulated"} <= set(env)
    assert not path.exists()


def test_no_configured_model_stays_a_real_one(tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    file.write_text('[[deployment]]\nname = "eu"\nprovider = "openai"\nmodel = "gpt-4o"\napi_key_env = "KEY_EU"\n')
    url = "http://127.0.0.1:1"
    parts = ("gemini", "mistral", "openai")
    changes = {f"{part}_base_url": url for part in parts} | {
        f"{part}_api_key": SecretStr("simulated") for part in parts
    }
    settings = Settings(
        models_file=file,
        azure_deployments=("gpt-4o",),
        azure_api_key=SecretStr("k"),
        azure_endpoint="https://azure.example",
        gpu_start_command="docker compose up -d gpu",
    )
    made = simulated.all_simulated(settings, changes)
    found = plan(made, load_models(made.models_file), date(2026, 11, 25), read=lambda name: "k")
    assert {one.deployment.base_url for one in found.ready} == {url}
    assert found.disabled == ()
    assert made.gpu_start_command == ""
