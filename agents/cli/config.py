"""`dallosh config`: the settings in force and where each comes from."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Final, Literal

import click
from pydantic import SecretStr
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from agents.cli.table import print_table
from agents.documents.settings_rows import SettingRow, as_written, setting_rows
from agents.embedded import Part, connected
from streams.errors import FatalError
from streams.settings import PREFIX, Settings, load_settings, masked

Source = Literal["default", ".env", "environment", "embedded"]

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


@click.group()
def config() -> None:
    """Show the settings in force."""


@config.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a setting, a summary last.")
@click.option("--changed", is_flag=True, help="Only what is not at its default.")
def show(as_json: bool, changed: bool) -> None:
    """Print each setting, its value (secrets masked) and whether the environment, .env or the default says so.

    The source `embedded` marks the address of a running embedded Kafka or Redis.
    """
    everything = list(in_force(load_settings()))
    n_changed = sum(setting.source != "default" for setting in everything)
    shown = [setting for setting in everything if setting.source != "default" or not changed]
    for variable in unknown_variables():
        click.echo(f"note: {variable} is no setting and has no effect", err=True)
    if as_json:
        for setting in shown:
            click.echo(json.dumps(asdict(setting)))
        click.echo(json.dumps({"settings": len(everything), "changed": n_changed, "unknown": unknown_variables()}))
    else:
        print_table(("variable", "value", "source"), ((one.variable, one.value, one.source) for one in shown))
        click.echo(f"{n_changed} of {len(everything)} settings are not at their default", err=True)


def in_force(settings: Settings) -> Iterator[InForce]:
    """Yields every setting with its source; a secret's value is `***` when it is set, else empty."""
    sources: tuple[tuple[Source, Mapping[str, str]], ...] = (("environment", _environment()), (".env", _env_file()))
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
    found = {*_environment(), *_env_file()}
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
    return _set(DotEnvSettingsSource(Settings).env_vars)


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
