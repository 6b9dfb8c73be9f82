"""Every setting as a reader of the documents sees it: variable, default, description, under its heading."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import AliasChoices, SecretStr
from pydantic.fields import FieldInfo

from streams.settings import PREFIX, Settings

GROUPS: Final = {
    "data_dir": "Where things are",
    "kafka_bootstrap": "Kafka",
    "redis_url": "Redis",
    "worker_id": "Delivery",
    "official_handles": "Scrubber",
    "max_batch_tokens": "Batches",
    "model_breaker_failures": "Limits",
    "gemini_api_key": "Level 1",
    "vllm_base_url": "Level 2",
    "bert_dir": "Level 3",
    "prices_file": "Prices",
    "sla_high_s": "Reply audit",
    "procedures_file": "Crisis",
    "health_port": "Operating",
}
"""First setting of each group -> heading, as the comments in streams/settings.py have it (a test compares them)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    """One setting; `variables` are the names that it is read from, the first wins; `default` is as `.env` takes it."""

    name: str
    group: str
    variables: tuple[str, ...]
    default: str
    description: str
    secret: bool


def setting_rows() -> Iterator[SettingRow]:
    """Yields the settings in the order of the class."""
    group = ""
    for name, info in Settings.model_fields.items():
        group = GROUPS.get(name, group)
        yield SettingRow(
            name=name,
            group=group,
            variables=variables_of(name, info),
            default=as_written(info.default),
            description=info.description or "",
            secret=isinstance(info.default, SecretStr),
        )


def variables_of(name: str, info: FieldInfo) -> tuple[str, ...]:
    """Returns the environment variables of a setting, the strongest first."""
    if isinstance(info.validation_alias, AliasChoices):
        return tuple(str(choice) for choice in info.validation_alias.choices)
    return (f"{PREFIX}{name.upper()}",)


def as_written(value: Any) -> str:
    """Returns a value as one writes it in `.env`; a secret is always empty."""
    match value:
        case None | SecretStr():
            return ""
        case Path():
            return value.as_posix()
        case frozenset():
            return ",".join(sorted(value))
        case tuple():
            return ",".join(value)
        case _:
            return str(value)
