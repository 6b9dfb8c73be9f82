"""The three levels: which are configured, and whether what stands on this machine works. No paid call is made."""

from collections.abc import AsyncIterator
from typing import Final

from agents.checks.check import Check, failed, of_error, ok, skipped, warning
from streams.errors import FatalError
from streams.providers.errors import ProviderError
from streams.providers.levels import gpu_providers
from streams.providers.onnx_bert import OnnxBert
from streams.providers.ranks import load_encoding
from streams.settings import Settings, masked

GPU_TIMEOUT_S: Final = 5.0
_KEYS: Final = "Set GEMINI_API_KEY, MISTRAL_API_KEY or OPENAI_API_KEY; until then levels 2 and 3 classify"
_SENTENCE: Final = "plus d'internet depuis ce matin"


async def model_checks(settings: Settings) -> AsyncIterator[Check]:
    """Checks keys, the server of level 2, the model of level 3, and the table that counts tokens."""
    yield key_check(settings)
    yield await _gpu(settings)
    yield _bert(settings)
    yield _ranks()


def key_check(settings: Settings) -> Check:
    """Says which providers have a key, never the key; whether it is valid only a paid call would tell."""
    found = [
        f"{name} ({', '.join(models)}; sees {'text as written' if policy == 'zdr' else 'scrubbed text'})"
        for name, key, models, policy in (
            ("Gemini", settings.gemini_api_key, (settings.gemini_model,), settings.gemini_policy),
            ("Mistral", settings.mistral_api_key, (settings.mistral_model,), settings.mistral_policy),
            ("OpenAI", settings.openai_api_key, settings.openai_models, settings.openai_policy),
        )
        if key.get_secret_value()
    ]
    if not found:
        return warning("level 1", "no provider has a key", _KEYS)
    return ok("level 1", f"keys are set, not tried: {'; '.join(found)}")


async def _gpu(settings: Settings) -> Check:
    providers = gpu_providers(settings)
    if not providers:
        return skipped("level 2", "no server is configured (DALLOSH_VLLM_BASE_URL)")
    where, provider = masked(settings.vllm_base_url), providers[0]
    try:
        await provider.resolve(timeout_s=GPU_TIMEOUT_S)
    except ProviderError as error:
        model = f" with the model {settings.vllm_model}" if settings.vllm_model else ""
        return failed(
            "level 2",
            f"{where} does not answer as an OpenAI-compatible server{model}: {error}",
            "Start the server, or check DALLOSH_VLLM_BASE_URL (with /v1), DALLOSH_VLLM_API_KEY and DALLOSH_VLLM_MODEL",
        )
    finally:
        await provider.close()
    context = f", context {provider.max_model_len} tokens" if provider.max_model_len else ""
    return ok("level 2", f"{where}: {provider.model}{context}")


def _bert(settings: Settings) -> Check:
    try:
        model = OnnxBert.load(settings.bert_dir, threads=settings.bert_threads)
        model.classify([_SENTENCE], [None])
    except FatalError as error:
        return of_error("level 3", error)
    return ok("level 3", f"{model.model_id} loads and classifies")


def _ranks() -> Check:
    try:
        load_encoding()
    except FatalError as error:
        return of_error("tokens", error)
    return ok("tokens", "the table that counts tokens is whole")
