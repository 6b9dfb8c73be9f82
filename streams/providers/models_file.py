"""The form of the files that describe models: `[[profile]]` and `[[deployment]]` tables of TOML.

A key that nothing reads is refused, and so is a secret: the file names environment variables. Messages name the file,
the table and the key, and never quote a value.
"""

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

import msgspec
from msgspec import UNSET, Meta, UnsetType

from schemas.taxonomy import DataPolicy
from streams.core.profiles import Role, Structured
from streams.forms import HTTP_URL
from streams.toml_tables import TableFile

Vendor = Literal["gemini", "mistral", "openai", "azure"]
Adapter = Literal["gemini", "gemini-legacy", "mistral", "openai", "azure"]

Tokens = Annotated[int, Meta(ge=1)]
PerMinute = Annotated[int, Meta(ge=0)]
Slots = Annotated[int, Meta(ge=1, le=1_000)]
Model = Annotated[str, Meta(pattern=r"^[!-~]{1,100}$")]
Url = Annotated[str, Meta(pattern=HTTP_URL)]

_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "role": tuple(Role),
    "structured": get_args(Structured),
    "policy": tuple(DataPolicy),
}


class ProfileTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[profile]]`: of a known model the keys that differ, of a new one all that have no default.

    `rpm` and `tpm` of 0 mean unbounded. `aliases` are other names that the provider knows the same model by.
    """

    provider: Vendor
    model: Model
    aliases: tuple[Model, ...] = ()
    role: Role | UnsetType = UNSET
    context_tokens: Tokens | UnsetType = UNSET
    max_output_tokens: Tokens | UnsetType = UNSET
    structured: Structured | UnsetType = UNSET
    token_ratio: Annotated[float, Meta(gt=0.1, lt=10)] | UnsetType = UNSET
    price_ref: Annotated[str, Meta(pattern=r"^[\w.-]+/[!-~]+$")] | UnsetType = UNSET
    policy: DataPolicy | UnsetType = UNSET
    max_batch_tokens: Annotated[int, Meta(ge=100)] | UnsetType = UNSET
    rpm: PerMinute | UnsetType = UNSET
    tpm: PerMinute | UnsetType = UNSET
    slots: Slots | UnsetType = UNSET
    logprobs: bool | UnsetType = UNSET
    budget_usd_per_day: Decimal | UnsetType = UNSET
    retires_on: date | UnsetType = UNSET
    successor: Model | UnsetType = UNSET


class DeploymentTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[deployment]]`: a further key, endpoint or model beside those of the settings.

    Without a policy the profile's counts, which is `public` unless a `[[profile]]` says otherwise: a contract is never
    assumed. `endpoint` and `api_version` of Azure are the settings' where they are left out, `azure_deployment` is the
    model's name. `rpm` and `tpm` of 0 mean unbounded.
    """

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,40}$")]
    provider: Adapter
    model: Model
    api_key_env: Annotated[str, Meta(pattern="^[A-Z][A-Z0-9_]{0,99}$")]
    base_url: Url = ""
    endpoint: Url = ""
    azure_deployment: str = ""
    api_version: str = ""
    policy: DataPolicy | UnsetType = UNSET
    weight: Annotated[int, Meta(ge=1, le=1_000)] = 1
    rpm: PerMinute | UnsetType = UNSET
    tpm: PerMinute | UnsetType = UNSET
    slots: Slots | UnsetType = UNSET
    budget_usd_per_day: Decimal | UnsetType = UNSET


class ModelsFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one file says."""

    profile: tuple[ProfileTable, ...] = ()
    deployment: tuple[DeploymentTable, ...] = ()


def _choices(table: str, key: str) -> tuple[str, ...]:
    vendors: tuple[str, ...] = get_args(Adapter if table == "deployment" else Vendor)
    return vendors if key == "provider" else _CHOICES.get(key, ())


FORM: Final = TableFile(
    kind=ModelsFile,
    remedy="Mend the file that DALLOSH_MODELS_FILE names; CONTRIBUTING.md (Add a model) says what it takes",
    env_remedy="Put the secret into an environment variable and its name into api_key_env",
    names=("name", "model"),
    choices=_choices,
)


def read_models_file(path: Path) -> ModelsFile:
    """Reads and checks a file.

    Raises:
        SettingsError: it is not there, is no TOML, or says something that nothing understands; the message names the
            table and the key.
    """
    found = FORM.read(path)
    _check(path, found)
    return found


def given(table: ProfileTable | DeploymentTable, *keys: str) -> dict[str, Any]:
    """Returns those of the keys that the table sets; a rate of 0 becomes None, which is unbounded."""
    values = {key: getattr(table, key) for key in keys}
    return {
        key: None if key in ("rpm", "tpm") and value == 0 else value
        for key, value in values.items()
        if value is not UNSET
    }


def _check(path: Path, found: ModelsFile) -> None:
    budgets = [("profile", i, one.model, one.budget_usd_per_day) for i, one in enumerate(found.profile)]
    budgets += [("deployment", i, one.name, one.budget_usd_per_day) for i, one in enumerate(found.deployment)]
    for kind, i, name, budget in budgets:
        if isinstance(budget, Decimal) and not (budget.is_finite() and budget > 0):
            raise FORM.wrong(path, kind, i, name, "key budget_usd_per_day: expected a positive amount")
    names = Counter(one.name for one in found.deployment)
    for i, one in enumerate(found.deployment):
        if names[one.name] > 1:
            raise FORM.wrong(path, "deployment", i, one.name, "key name: another deployment has the same")
        alien = ("base_url",) if one.provider == "azure" else ("endpoint", "azure_deployment", "api_version")
        if wrong := [key for key in alien if getattr(one, key)]:
            raise FORM.wrong(path, "deployment", i, one.name, f"key {wrong[0]}: {one.provider} has none")
