"""Which models a deployment has, from its settings; an SDK is imported only when its model is configured."""

from typing import TYPE_CHECKING

from schemas.taxonomy import DataPolicy
from streams.providers.protocol import Provider
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.providers.vllm import VllmProvider


def api_providers(settings: Settings) -> list[Provider]:
    """Builds level 1 in the business's order: Gemini, Mistral, then the OpenAI models, each where a key is set."""
    providers: list[Provider] = []
    if settings.gemini_api_key.get_secret_value():
        providers.append(_gemini(settings))
    if key := settings.mistral_api_key.get_secret_value():
        from streams.providers.mistral import MistralProvider

        providers.append(
            MistralProvider(
                model=settings.mistral_model,
                api_key=key,
                base_url=settings.mistral_base_url,
                policy=DataPolicy(settings.mistral_policy),
            )
        )
    if key := settings.openai_api_key.get_secret_value():
        from streams.providers.openai import OpenAIProvider

        policy, base_url = DataPolicy(settings.openai_policy), settings.openai_base_url
        providers += [
            OpenAIProvider(model=model, api_key=key, base_url=base_url, policy=policy)
            for model in settings.openai_models
        ]
    return providers


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
        )
    ]


def _gemini(settings: Settings) -> Provider:
    if settings.gemini_sdk == "google-generativeai":
        from streams.providers.gemini_legacy import GeminiLegacyProvider as Adapter
    else:
        from streams.providers.gemini import GeminiProvider as Adapter  # type: ignore[assignment]
    return Adapter(
        model=settings.gemini_model,
        api_key=settings.gemini_api_key.get_secret_value(),
        base_url=settings.gemini_base_url,
        policy=DataPolicy(settings.gemini_policy),
    )
