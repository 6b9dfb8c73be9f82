"""The settings as they are in force: each value, where it comes from, and variables that nothing reads."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from agents.documents.settings_rows import SettingRow, as_written, setting_rows
from agents.embedded import Part, connected
from streams.env_file import ENV_FILE_VARIABLE, env_file
from streams.errors import FatalError
from streams.settings import PREFIX, Settings, masked

Source = str
"""`default`, `environment`, `embedded`, or the file: `.env`, or the one that DALLOSH_ENV_FILE names."""

MASK: Final = "***"
_EMBEDDED: Final[tuple[tuple[Part, str], ...]] = (("kafka", "kafka_bootstrap"), ("redis", "redis_url"))


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """One setting as it is in force; `variable` is the one that it was read from, or would be."""

    name: str
    variable: str
    value: str
    source: Source
    secret: bool


def in_force(settings: Settings) -> Iterator[InForce]:
    """Yields every setting with its source; a secret's value is `***` when it is set, else empty."""
    sources: tuple[tuple[Source, Mapping[str, str]], ...] = (
        ("environment", _environment()), (str(env_file()), _env_file()),
    )  # fmt: skip
    running = _running(settings)
    for row in setting_rows():
        source, variable = _source(row, sources)
        value = getattr(settings, row.name)
        if row.name in running and not value:
            source, value = "embedded", running[row.name]
        yield InForce(
            name=row.name, variable=variable, value=shown_value(value), source=source, secret=row.secret
        )  # fmt: skip


def shown_value(value: object) -> str:
    """Returns a setting's value as it may be shown."""
    if isinstance(value, SecretStr):
        return MASK if value.get_secret_value() else ""
    return str(masked(as_written(value)))


def unknown_variables() -> list[str]:
    """Returns the variables that begin as ours do and that no setting reads: most likely misspelt."""
    known = {variable.lower() for row in setting_rows() for variable in row.variables}
    found = {*_environment(), *_env_file()} - {ENV_FILE_VARIABLE.lower()}
    return sorted(name.upper() for name in found if name.startswith(PREFIX.lower()) and name not in known)


def _source(row: SettingRow, sources: tuple[tuple[Source, Mapping[str, str]], ...]) -> tuple[Source, str]:
    for source, variables in sources:
        for variable in row.variables:
            if variable.lower() in variables:
                return source, variable
    return "default", row.variables[0]


def _environment() -> dict[str, str]:
    """The environment as pydantic reads it: names in lower case; an empty variable counts as not set."""
    return _set(EnvSettingsSource(Settings).env_vars)


def _env_file() -> dict[str, str]:
    return _set(DotEnvSettingsSource(Settings, env_file=env_file()).env_vars)


def _set(variables: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if value}


def _running(settings: Settings) -> dict[str, str]:
    """Returns the addresses of the embedded services that run, by the setting that they stand in for."""
    found: dict[str, str] = {}
    for part, name in _EMBEDDED:
        try:
            found[name] = getattr(connected(settings, (part,)), name)
        except FatalError:
            continue
    return found
