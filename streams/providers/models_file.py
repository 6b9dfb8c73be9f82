"""The form of the files that describe models: `[[profile]]` and `[[deployment]]` tables of TOML.

A key that nothing reads is refused, and so is a secret: the file names environment variables. Messages name the file,
the table and the key, and never quote a value.
"""

import re
import tomllib
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

import msgspec
from msgspec import UNSET, Meta, UnsetType

from schemas.taxonomy import DataPolicy
from streams.core.profiles import Role, Structured
from streams.errors import SettingsError
from streams.forms import HTTP_URL

Vendor = Literal["gemini", "mistral", "openai", "azure"]
Adapter = Literal["gemini", "gemini-legacy", "mistral", "openai", "azure"]

Tokens = Annotated[int, Meta(ge=1)]
PerMinute = Annotated[int, Meta(ge=0)]
Slots = Annotated[int, Meta(ge=1, le=1_000)]
Model = Annotated[str, Meta(pattern=r"^[!-~]{1,100}$")]
Url = Annotated[str, Meta(pattern=HTTP_URL)]

_REMEDY: Final = "Mend the file that DALLOSH_MODELS_FILE names; CONTRIBUTING.md (Add a model) says what it takes"
_AT: Final = re.compile(r"^(?P<words>.*?)(?: - at `\$\.(?P<table>\w+)\[(?P<index>\d+)\](?:\.(?P<key>\w+))?.*`)?$")
_SECRET: Final = re.compile(r"unknown field \w*(?:key|secret|password)$")
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


def read_models_file(path: Path) -> ModelsFile:
    """Reads and checks a file.

    Raises:
        SettingsError: it is not there, is no TOML, or says something that nothing understands; the message names the
            table and the key.
    """
    try:
        text = path.read_text(encoding="utf-8")
        raw = tomllib.loads(text)
        found = msgspec.convert(raw, ModelsFile)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {type(error).__name__}", remedy=_REMEDY) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is no TOML: {_where(error)}", remedy=_REMEDY) from None
    except msgspec.ValidationError as error:
        raise _invalid(path, raw, str(error)) from None
    _check(path, found)
    return found


def wrong_table(path: Path, table: str, index: int, name: str, words: str, remedy: str = _REMEDY) -> SettingsError:
    """Returns the error about one table: the file, which of its tables, and what is wrong."""
    named = f" ({name})" if name else ""
    return SettingsError(f"{path}: [[{table}]] number {index + 1}{named}: {words}", remedy=remedy)


def given(table: ProfileTable | DeploymentTable, *keys: str) -> dict[str, Any]:
    """Returns those of the keys that the table sets; a rate of 0 becomes None, which is unbounded."""
    values = {key: getattr(table, key) for key in keys}
    return {
        key: None if key in ("rpm", "tpm") and value == 0 else value
        for key, value in values.items()
        if value is not UNSET
    }


def _where(error: tomllib.TOMLDecodeError) -> str:
    """The parser's words about the place alone: what stands there may be a secret."""
    place = re.search(r"\(at (?:line \d+, column \d+|end of document)\)", str(error))
    return place[0].strip("()") if place else "it cannot be parsed"


def _invalid(path: Path, raw: dict[str, Any], complaint: str) -> SettingsError:
    found = _AT.match(complaint)
    if found is None or found["table"] is None:
        return SettingsError(f"{path}: {_plain(complaint)}", remedy=_REMEDY)
    table, index, key = found["table"], int(found["index"]), found["key"]
    words = f"key {key}: {_plain(found['words'], _choices(table, key))}" if key else _plain(found["words"])
    remedy = (
        "Put the secret into an environment variable and its name into api_key_env"
        if key == "api_key_env" or _SECRET.search(words)
        else _REMEDY
    )
    return wrong_table(path, table, index, _name(raw, table, index), words, remedy)


def _choices(table: str, key: str) -> tuple[str, ...]:
    vendors: tuple[str, ...] = get_args(Adapter if table == "deployment" else Vendor)
    return vendors if key == "provider" else _CHOICES.get(key, ())


def _plain(words: str, choices: tuple[str, ...] = ()) -> str:
    """Without the regular expression and the value that msgspec quotes."""
    words = re.sub(r" matching regex .*", " of another form", words).replace("Object", "it").replace("`", "")
    return re.sub(r"Invalid enum value .*", f"expected one of {', '.join(choices)}", words)


def _name(raw: dict[str, Any], table: str, index: int) -> str:
    """What the file calls one of its tables, where that is a name."""
    entry = raw[table][index]
    name = entry.get("name", entry.get("model", "")) if isinstance(entry, dict) else ""
    return name if isinstance(name, str) and re.fullmatch(r"[\w./:-]{1,60}", name) else ""


def _check(path: Path, found: ModelsFile) -> None:
    budgets = [("profile", i, one.model, one.budget_usd_per_day) for i, one in enumerate(found.profile)]
    budgets += [("deployment", i, one.name, one.budget_usd_per_day) for i, one in enumerate(found.deployment)]
    for kind, i, name, budget in budgets:
        if isinstance(budget, Decimal) and not (budget.is_finite() and budget > 0):
            raise wrong_table(path, kind, i, name, "key budget_usd_per_day: expected a positive amount")
    names = Counter(one.name for one in found.deployment)
    for i, one in enumerate(found.deployment):
        if names[one.name] > 1:
            raise wrong_table(path, "deployment", i, one.name, "key name: another deployment has the same")
        alien = ("base_url",) if one.provider == "azure" else ("endpoint", "azure_deployment", "api_version")
        if wrong := [key for key in alien if getattr(one, key)]:
            raise wrong_table(path, "deployment", i, one.name, f"key {wrong[0]}: {one.provider} has none")
