"""Which models a deployment has, from its settings; an SDK is imported only when its model is configured."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final, assert_never

import structlog

from schemas.taxonomy import DataPolicy
from streams.core.profiles import Disabled, Profile, Role, Target, Why
from streams.core.retry import FailureKind
from streams.core.tokens import ratio_of
from streams.metrics import MODEL_DISABLED
from streams.providers.deployments import Planned, plan
from streams.providers.profiles import Models, load_models
from streams.providers.protocol import Deployed, Provider
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.providers.vllm import VllmProvider

log = structlog.get_logger()

REFUSALS: Final[dict[FailureKind, tuple[Why, str]]] = {
    FailureKind.NOT_FOUND: (Why.NOT_FOUND, "Name a model that the provider has, or its successor"),
    FailureKind.UNAUTHORISED: (Why.UNAUTHORISED, "Check the key, and that it may use this model"),
    FailureKind.PAYMENT: (Why.PAYMENT, "Settle the provider's account"),
}
"""What a provider answers while running that disables a target (404, 401 and 403, 402) -> reason and remedy."""


def api_targets(settings: Settings, models: Models | None = None, today: date | None = None) -> list[Deployed]:
    """Builds level 1 in the business's order; what is left out is logged and counted as disabled.

    Args:
        settings: keys, models and policies.
        models: what models can do; None: as the settings' file and the shipped one say.
        today: the UTC day by which models retire; None: this one.

    Raises:
        SettingsError: the file of DALLOSH_MODELS_FILE is wrong.
    """
    models = load_models(settings.models_file) if models is None else models
    found = plan(settings, models, today or datetime.now(UTC).date())
    for one in found.disabled:
        tell_left_out(one)
    return [Deployed(one.target, _provider(one)) for one in found.ready]


def tell_left_out(one: Disabled) -> None:
    """Alerts to a configured model that takes no calls, by the log and a metric."""
    log.error("model_disabled", target=one.name, reason=one.reason.value, words=one.words, remedy=one.remedy)
    MODEL_DISABLED.labels(one.name, one.reason.value).set(1)


def tell_disabled(target: str, reason: FailureKind) -> None:
    """Alerts to a model that its provider refused while running; other kinds of failure are no such refusal."""
    if reason in REFUSALS:
        why, remedy = REFUSALS[reason]
        tell_left_out(Disabled(name=target, reason=why, words="the provider refuses its calls", remedy=remedy))


def tell_enabled(target: str) -> None:
    """Ends the alert: the target answers again."""
    for sample in next(iter(MODEL_DISABLED.collect())).samples:
        if sample.labels["target"] == target and sample.value:
            log.info("model_enabled", target=target)
            MODEL_DISABLED.labels(target, sample.labels["reason"]).set(0)


def gpu_providers(settings: Settings) -> list["VllmProvider"]:
    """Builds level 2: the configured server, or none."""
    if not settings.vllm_base_url:
        return []
    from streams.providers.vllm import VllmProvider

    return [
        VllmProvider(
            base_url=settings.vllm_base_url,
            api_key=settings.vllm_api_key.get_secret_value(),
            model=settings.vllm_model,
            context_tokens=settings.vllm_context_tokens,
        )
    ]


def served(provider: "VllmProvider") -> Deployed:
    """Makes a server of ours a target; its model and its context are the server's own, asked when it answers."""
    profile = Profile(
        model=provider.model,
        provider=provider.name,
        role=Role.SOVEREIGN,
        context_tokens=provider.context_tokens,
        max_output_tokens=provider.context_tokens,
        structured=provider.form,
        token_ratio=ratio_of(provider.model),
        price_ref=f"{provider.name}/{provider.model}" if provider.model else None,
        policy=DataPolicy.LOCAL,
    )
    name = f"{provider.name}/{provider.model}" if provider.model else provider.name
    return Deployed(
        Target(name=name, provider=provider.name, model=provider.model, policy=DataPolicy.LOCAL, profile=profile),
        provider,
    )


def _provider(planned: Planned) -> Provider:
    one, policy = planned.deployment, planned.target.policy
    match one.adapter:
        case "gemini":
            from streams.providers.gemini import GeminiProvider

            return GeminiProvider(model=one.model, api_key=one.api_key, base_url=one.base_url, policy=policy)
        case "gemini-legacy":
            from streams.providers.gemini_legacy import GeminiLegacyProvider

            return GeminiLegacyProvider(model=one.model, api_key=one.api_key, base_url=one.base_url, policy=policy)
        case "mistral":
            from streams.providers.mistral import MistralProvider

            return MistralProvider(model=one.model, api_key=one.api_key, base_url=one.base_url, policy=policy)
        case "openai":
            from streams.providers.openai import OpenAIProvider

            logprobs = planned.target.profile.logprobs
            return OpenAIProvider(
                model=one.model, api_key=one.api_key, base_url=one.base_url, policy=policy, logprobs=logprobs
            )
        case "azure":
            return _azure(planned)
        case _:
            assert_never(one.adapter)


def _azure(planned: Planned) -> Provider:
    from streams.providers.openai import AzureOpenAIProvider

    one = planned.deployment
    return AzureOpenAIProvider(
        deployment=one.azure_deployment, model=one.model, endpoint=one.endpoint, api_version=one.api_version,
        api_key=one.api_key, policy=planned.target.policy, logprobs=planned.target.profile.logprobs,
    )  # fmt: skip
