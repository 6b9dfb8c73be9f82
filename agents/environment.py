"""Settings as environment variables, so that a child process has exactly its parent's."""

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from pydantic import SecretStr

from streams.channels.procedures_file import ProceduresFile, load_procedures, secrets_of
from streams.env_file import ENV_FILE_VARIABLE, variable
from streams.errors import SettingsError
from streams.providers.profiles import load_models
from streams.settings import PREFIX, Settings

FOREIGN_KEYS: Final = ("GEMINI_API_KEY", "MISTRAL_API_KEY", "OPENAI_API_KEY", "AZURE_OPENAI_API_KEY")
"""Variables without our prefix that are settings, too (streams/settings.py)."""


def environment_of(settings: Settings) -> dict[str, str]:
    """Returns `DALLOSH_*` variables from which `load_settings` makes equal settings, secrets in clear.

    A setting that is None has no variable: nothing else may name it (`child_environment`). Sets are sorted:
    `{"b", "a"}` is "a,b", and an empty one ",", because an empty variable counts as not set.
    """
    values = {name: getattr(settings, name) for name in Settings.model_fields}
    return {f"{PREFIX}{name.upper()}": _text(value) for name, value in values.items() if value is not None}


def child_environment(settings: Settings, changes: Mapping[str, str]) -> dict[str, str]:
    """Returns this process's environment with its settings replaced by those given; `changes` win.

    The child reads no `.env`: it would fill in what is empty here, and so the keys that the models file names and the
    secrets that the file of procedures names travel along. Names are compared as settings are read, without regard to
    case.
    """
    kept = {name: value for name, value in os.environ.items() if not _is_ours(name.upper())}
    names: set[str] = set()  # none of a file that is wrong: a child that needs it will say so
    with suppress(SettingsError):
        names |= _keys_of_models(settings)
    with suppress(SettingsError):
        names |= secrets_of(load_procedures(settings.procedures_file))
    named = {name: value for name in sorted(names) if (value := variable(name))}
    return {**kept, ENV_FILE_VARIABLE: "", **environment_of(settings), **named, **changes}


def secret_names(settings: Settings, procedures: ProceduresFile) -> set[str]:
    """Returns the variables with secrets that the models file and the file of procedures name.

    Raises:
        SettingsError: the models file is wrong.
    """
    return _keys_of_models(settings) | secrets_of(procedures)


def _keys_of_models(settings: Settings) -> set[str]:
    return {one.api_key_env for one in load_models(settings.models_file).deployments}


def _is_ours(name: str) -> bool:
    return name.startswith(PREFIX) or name in FOREIGN_KEYS


def _text(value: object) -> str:
    match value:
        case SecretStr():
            return value.get_secret_value()
        case frozenset():
            return ",".join(sorted(map(str, value))) or ","
        case tuple():
            return ",".join(map(str, value)) or ","
        case _:
            return str(value)
