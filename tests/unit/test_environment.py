"""A child process has exactly its parent's settings, whatever stands in its environment and in `.env`."""

import os
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin
from unittest.mock import patch

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import SecretStr

from agents.environment import FOREIGN_KEYS, child_environment
from schemas.taxonomy import DataPolicy
from streams.errors import SettingsError
from streams.settings import PREFIX, Settings, load_settings

WORDS: Final = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
HOSTILE: Final = {"kafka_password": "theirs", "redis_url": "redis://theirs:1", "vip_file": "/theirs", "partitions": "3",
                  "namespace": "theirs", "official_handles": "theirs", "openai_models": "theirs", "linger_s": "9",
                  "gemini_api_key": "theirs", "vllm_api_key": "theirs", "bert_dir": "/theirs"}  # fmt: skip


def values_of(name: str) -> st.SearchStrategy[Any]:
    """Values of one setting, as its class declares it."""
    info = Settings.model_fields[name]
    limits = {
        key: getattr(one, key) for one in info.metadata for key in ("ge", "gt", "le", "pattern") if hasattr(one, key)
    }
    if limits.get("pattern"):
        return st.from_regex(limits["pattern"].rstrip("$") + r"\Z")
    if name.endswith("_api_key"):
        return st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=8).map(SecretStr)
    low, high = limits.get("ge", limits.get("gt", 0)), limits.get("le", 10**9)
    kinds: dict[Any, st.SearchStrategy[Any]] = {
        str: WORDS, SecretStr: WORDS.map(SecretStr), Path: WORDS.map(Path), Path | None: st.none() | WORDS.map(Path),
        int: st.integers(low, high), float: st.floats(low, high),
        int | None: st.none() | st.integers(low, high), float | None: st.none() | st.floats(low, high),
        bool: st.booleans(), Decimal: st.decimals(low, min(high, 10**6), places=4),
        frozenset[str]: st.frozensets(WORDS), tuple[str, ...]: st.lists(WORDS).map(tuple),
        frozenset[DataPolicy]: st.frozensets(st.sampled_from(DataPolicy)),
    }  # fmt: skip
    if name == "azure_deployments":
        return st.lists(
            st.from_regex(r"\A[a-z]{1,4}(=[a-z]{1,4})?\Z"), unique_by=lambda one: one.partition("=")[0]
        ).map(tuple)
    if get_origin(info.annotation) is Literal:
        return st.sampled_from(get_args(info.annotation))
    return kinds[info.annotation]


SETTINGS: Final = st.fixed_dictionaries({}, optional={name: values_of(name) for name in Settings.model_fields})


@pytest.fixture(scope="module", autouse=True)
def _hostile_directory(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A working directory whose `.env` says otherwise, and so does the environment, in small letters."""
    folder = tmp_path_factory.mktemp("hostile")
    lines = [f"DALLOSH_{name.upper()}={value}" for name, value in HOSTILE.items()]
    (folder / ".env").write_text("\n".join([*lines, *(f"{key}=theirs" for key in FOREIGN_KEYS)]))
    changes = {f"{PREFIX.lower()}{name}": value for name, value in HOSTILE.items()} | {"openai_api_key": "theirs"}
    with pytest.MonkeyPatch.context() as monkeypatch, patch.dict(os.environ, changes):
        monkeypatch.chdir(folder)
        yield


@given(SETTINGS)
def test_a_child_has_its_parents_settings(values: dict[str, Any]) -> None:
    try:
        parent = load_settings(**values)
    except SettingsError:
        assume(False)
    with patch.dict(os.environ, child_environment(parent, {}), clear=True):
        assert load_settings() == parent


def test_what_is_empty_stays_empty() -> None:
    parent = load_settings(openai_models=(), official_handles=(), namespace="")
    with patch.dict(os.environ, child_environment(parent, {}), clear=True):
        child = load_settings()
    assert (child.openai_models, child.official_handles, child.namespace) == ((), frozenset(), "")
    assert child == parent


def test_the_changes_of_a_worker_win() -> None:
    made = child_environment(load_settings(linger_s=2.0), {"DALLOSH_LINGER_S": "0.5"})
    with patch.dict(os.environ, made, clear=True):
        assert load_settings().linger_s == 0.5


def test_the_keys_that_the_models_file_names_reach_a_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "models.toml"
    table = '[[deployment]]\nname = "{0}"\nprovider = "openai"\nmodel = "gpt-4o"\napi_key_env = "{1}"\n'
    file.write_text(table.format("eu", "DALLOSH_KEY_EU") + table.format("us", "KEY_US") + table.format("no", "KEY_NO"))
    (tmp_path / ".env").write_text("KEY_US=of-the-file\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DALLOSH_ENV_FILE", ".env")
    monkeypatch.setenv("DALLOSH_KEY_EU", "of-the-environment")
    made = child_environment(load_settings(models_file=file), {})
    assert (made["DALLOSH_KEY_EU"], made["KEY_US"]) == ("of-the-environment", "of-the-file")
    assert "KEY_NO" not in made
    file.write_text("nonsense")
    assert "KEY_US" not in child_environment(load_settings(models_file=file), {})
