"""The file that settings are read from beside the environment: `.env`, another one, or none."""

import os
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from streams.errors import SettingsError

ENV_FILE: Final = ".env"
ENV_FILE_VARIABLE: Final = "DALLOSH_ENV_FILE"
"""Names another file; set and empty, it turns the file off. No setting: it says where settings are."""
OTHER_FILE: Final = f"Mend {ENV_FILE_VARIABLE}, which names the file; empty, it turns the file off"


def env_file() -> Path | None:
    """Returns the file; None where it is turned off."""
    name = os.environ.get(ENV_FILE_VARIABLE, os.environ.get(ENV_FILE_VARIABLE.lower(), ENV_FILE))
    return Path(name) if name else None


def require_env_file() -> None:
    """Refuses a named file that is not there; only `.env` may be missing.

    Raises:
        SettingsError: it is not there.
    """
    file = env_file()
    if file is not None and file != Path(ENV_FILE) and not file.exists():
        raise SettingsError(f"there is no file {file}", remedy=OTHER_FILE)


def variable(name: str) -> str:
    """Returns a variable of the environment or else of the file; empty where neither has it."""
    if value := os.environ.get(name):
        return value
    file = env_file()
    return (dotenv_values(file, encoding="utf-8").get(name) or "") if file is not None and file.exists() else ""
