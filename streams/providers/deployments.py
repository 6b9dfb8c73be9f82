"""Which models a deployment of ours may call, and which of those it asks for are left out and why.

Pure but for the variables that hold the keys: nothing is connected, no SDK is imported, nothing is logged.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from schemas.taxonomy import DataPolicy
from streams.core.profiles import SEED, Disabled, Profile, Target, Why
from streams.env_file import variable
from streams.errors import SettingsError
from streams.forms import require_key
from streams.providers.models_file import Adapter, DeploymentTable, given
from streams.providers.profiles import Models
from streams.settings import Settings

_ADD: Final = "add a [[profile]] for it to the file of DALLOSH_MODELS_FILE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A model as it is configured: where it is, with which key, and within which bounds.

    `label` tells several deployments of a model apart. `where` names the setting or the table that asks for it. A
    policy of None is the profile's; `bounds` are the profile's fields that this deployment has of its own.
    """

    adapter: Adapter
    model: str
    api_key: str = field(repr=False)
    key_variable: str
    where: str
    label: str = ""
    base_url: str = ""
    endpoint: str = ""
    azure_deployment: str = ""
    api_version: str = ""
    policy: DataPolicy | None = None
    weight: int = 1
    bounds: dict[str, Any] = field(default_factory=dict)

    @property
    def provider(self) -> str:
        """The provider, whichever of its SDKs is in use."""
        return "gemini" if self.adapter == "gemini-legacy" else self.adapter

    @property
    def name(self) -> str:
        """`provider/model`, with `@label` where there is one."""
        return f"{self.provider}/{self.model}" + (f"@{self.label}" if self.label else "")


@dataclass(frozen=True, slots=True)
class Planned:
    """A target that may be called, and where it is."""

    target: Target
    deployment: Deployment


@dataclass(frozen=True, slots=True)
class Plan:
    """What level 1 consists of, in the business's order, and what is left out."""

    ready: tuple[Planned, ...]
    disabled: tuple[Disabled, ...]


def plan(settings: Settings, models: Models, today: date, *, read: Callable[[str], str] = variable) -> Plan:
    """Sorts what is configured into what may be called and what may not.

    A retired model's successor takes its place and its role, unless it is configured already.

    Args:
        settings: keys, models and policies.
        models: what the models can do, and further deployments.
        today: from its `retires_on` a model counts as retired.
        read: returns the value of an environment variable, empty where there is none.

    Raises:
        SettingsError: a deployment's key is one that HTTP cannot carry.
    """
    wanted = list({one.name: one for one in _configured(settings, models, read)}.values())
    names = {one.name for one in wanted}
    ready: list[Planned] = []
    disabled: list[Disabled] = []
    for one in wanted:
        profile = models.profile(one.provider, one.model)
        found = _fault(one, profile, models, today, settings.api_policies)
        if found is not None:
            disabled.append(found)
        if profile is None or (found is not None and found.reason is not Why.RETIRED):
            continue
        heir = one if found is None else _heir(one, profile, models, today)
        if heir is not None and (heir is one or heir.name not in names):
            names.add(heir.name)
            ready.append(_planned(heir, models, profile))
    return Plan(tuple(sorted(ready, key=lambda one: SEED[one.target.profile.role])), tuple(disabled))


def _configured(settings: Settings, models: Models, read: Callable[[str], str]) -> Iterator[Deployment]:
    """Yields what the settings ask for, where a key is set, then what the file asks for."""
    if key := settings.gemini_api_key.get_secret_value():
        yield Deployment(
            adapter="gemini-legacy" if settings.gemini_sdk == "google-generativeai" else "gemini",
            model=settings.gemini_model, api_key=key, key_variable="GEMINI_API_KEY", where="DALLOSH_GEMINI_MODEL",
            base_url=settings.gemini_base_url, policy=DataPolicy(settings.gemini_policy),
        )  # fmt: skip
    if key := settings.mistral_api_key.get_secret_value():
        yield Deployment(
            adapter="mistral", model=settings.mistral_model, api_key=key, key_variable="MISTRAL_API_KEY",
            where="DALLOSH_MISTRAL_MODEL", base_url=settings.mistral_base_url,
            policy=DataPolicy(settings.mistral_policy),
        )  # fmt: skip
    if key := settings.openai_api_key.get_secret_value():
        for model in settings.openai_models:
            yield Deployment(
                adapter="openai", model=model, api_key=key, key_variable="OPENAI_API_KEY",
                where="DALLOSH_OPENAI_MODELS", base_url=settings.openai_base_url,
                policy=DataPolicy(settings.openai_policy),
            )  # fmt: skip
    yield from (_azure(settings, entry) for entry in settings.azure_deployments)
    yield from (_of_table(settings, table, read) for table in models.deployments)


def _azure(settings: Settings, entry: str) -> Deployment:
    deployment, _, model = entry.partition("=")
    return Deployment(
        adapter="azure", model=model or deployment, api_key=settings.azure_api_key.get_secret_value(),
        key_variable="AZURE_OPENAI_API_KEY", where="DALLOSH_AZURE_DEPLOYMENTS",
        label="" if deployment == (model or deployment) else deployment, endpoint=settings.azure_endpoint,
        azure_deployment=deployment, api_version=settings.azure_api_version, policy=DataPolicy(settings.azure_policy),
    )  # fmt: skip


def _of_table(settings: Settings, table: DeploymentTable, read: Callable[[str], str]) -> Deployment:
    azure = table.provider == "azure"
    return Deployment(
        adapter=table.provider, model=table.model, api_key=_key(table.api_key_env, read),
        key_variable=table.api_key_env, where=f"[[deployment]] {table.name}", label=table.name,
        base_url=table.base_url, endpoint=(table.endpoint or settings.azure_endpoint) if azure else "",
        azure_deployment=(table.azure_deployment or table.model) if azure else "",
        api_version=(table.api_version or settings.azure_api_version) if azure else "",
        policy=table.policy if isinstance(table.policy, DataPolicy) else None, weight=table.weight,
        bounds=given(table, "rpm", "tpm", "slots", "budget_usd_per_day"),
    )  # fmt: skip


def _key(name: str, read: Callable[[str], str]) -> str:
    try:
        require_key(key := read(name).strip())
    except ValueError as error:
        raise SettingsError(f"{name}: {error}", remedy="Mend the environment or .env") from None
    return key


def _fault(
    one: Deployment, profile: Profile | None, models: Models, today: date, allowed: frozenset[DataPolicy]
) -> Disabled | None:
    """Tells why a model cannot be called, None where it can."""
    if profile is None:
        words, remedy = "no profile says what this model can do", f"Mend {one.where}, or {_ADD}"
        return Disabled(name=one.name, reason=Why.UNKNOWN, words=words, remedy=remedy)
    if not one.api_key:
        words, remedy = f"{one.key_variable} is not set", f"Set {one.key_variable}"
        return Disabled(name=one.name, reason=Why.NO_KEY, words=words, remedy=remedy)
    if one.adapter == "azure" and not one.endpoint:
        words, remedy = "no endpoint is set", "Set DALLOSH_AZURE_ENDPOINT"
        return Disabled(name=one.name, reason=Why.NO_ENDPOINT, words=words, remedy=remedy)
    policy = one.policy or profile.policy
    if policy not in allowed:
        words, remedy = f"its data policy is {policy}", f"Set its policy to {' or '.join(sorted(allowed))}, by contract"
        return Disabled(name=one.name, reason=Why.POLICY, words=words, remedy=f"{remedy}, or DALLOSH_API_POLICIES")
    if not profile.is_retired(today):
        return None
    heir = _heir(one, profile, models, today)
    words = f"retired on {profile.retires_on}" + (f"; {heir.model} takes its place" if heir else "")
    remedy = f"Name {heir.model if heir else 'another model'} in {one.where}"
    return Disabled(name=one.name, reason=Why.RETIRED, words=words, remedy=remedy)


def _heir(one: Deployment, profile: Profile, models: Models, today: date) -> Deployment | None:
    """Returns the same deployment with the first successor that is known and not retired.

    On Azure there is none: a deployment there is of one model.
    """
    seen: set[str] = set()
    found: Profile | None = profile
    while found is not None and found.is_retired(today):
        if found.successor is None or found.successor in seen or one.adapter == "azure":
            return None
        seen.add(found.successor)
        found = models.profile(one.provider, found.successor)
    return None if found is None else replace(one, model=found.model)


def _planned(one: Deployment, models: Models, instead_of: Profile) -> Planned:
    """Makes the target; a successor plays the role of the model that it stands for."""
    profile = models.profile(one.provider, one.model)
    assert profile is not None, "only known models are planned"
    profile = replace(profile, role=instead_of.role, **one.bounds)
    policy = profile.policy if one.policy is None else one.policy
    return Planned(
        Target(
            name=one.name, provider=one.provider, model=one.model, policy=policy, profile=profile, weight=one.weight
        ),
        one,
    )
