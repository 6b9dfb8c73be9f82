"""Settings as environment variables, so that a child process has exactly its parent's."""

import os
from collections.abc import Mapping
from typing import Final

from pydantic import SecretStr

from streams.settings import PREFIX, Settings

FOREIGN_KEYS: Final = ("GEMINI_API_KEY", "MISTRAL_API_KEY", "OPENAI_API_KEY")
"""Variables without our prefix that are settings, too (streams/settings.py)."""


def environment_of(settings: Settings) -> dict[str, str]:
    """Returns `DALLOSH_*` variables from which `load_settings` makes equal settings, secrets in clear.

    A setting that is None has no variable. Sets are sorted: `{"b", "a"}` is "a,b".
    """
    values = {name: getattr(settings, name) for name in Settings.model_fields}
    return {f"{PREFIX}{name.upper()}": _text(value) for name, value in values.items() if value is not None}


def child_environment(settings: Settings, changes: Mapping[str, str]) -> dict[str, str]:
    """Returns this process's environment with its settings replaced by those given; `changes` win."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    for name in FOREIGN_KEYS:
        kept.pop(name, None)
    return {**kept, **environment_of(settings), **changes}


def _text(value: object) -> str:
    match value:
        case SecretStr():
            return value.get_secret_value()
        case frozenset():
            return ",".join(sorted(map(str, value)))
        case tuple():
            return ",".join(map(str, value))
        case _:
            return str(value)
