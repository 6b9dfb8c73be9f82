"""What each SDK takes of one call with a full batch, against the simulator in a process of its own on loopback.

CPU time is this process's: the SDK and our adapter. Wall time holds the simulator's work, too.
"""

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from agents.simulated import simulated_models
from schemas.taxonomy import DataPolicy
from schemas.tweet import ScrubbedTweet
from streams.core.prompt import Prompt, render
from streams.providers.protocol import Provider
from streams.settings import Settings, load_settings

N_TWEETS: Final = 90
N_CALLS: Final = 40
N_WARM: Final = 3
TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class SdkTime:
    """Medians over the calls, in microseconds."""

    sdk: str
    cpu_us: float
    wall_us: float
    n_tweets: int

    def __str__(self) -> str:
        return (
            f"  {self.sdk:<20} {self.cpu_us:>8,.0f} microseconds of CPU a call ({self.cpu_us / self.n_tweets:>5.1f} a "
            f"tweet), {self.wall_us:>8,.0f} of wall time with the simulator's part"
        )


def measure_sdks(tweets: Sequence[ScrubbedTweet]) -> list[SdkTime]:
    """Calls the simulator through every adapter, one call after another."""
    prompt = render(tweets[:N_TWEETS], DataPolicy.PUBLIC)
    with simulated_models(load_settings()) as settings:
        return [asyncio.run(_measure(sdk, make, settings, prompt)) for sdk, make in ADAPTERS.items()]


async def _measure(sdk: str, make: Callable[[Settings], Provider], settings: Settings, prompt: Prompt) -> SdkTime:
    provider = make(settings)
    for _ in range(N_WARM):
        await provider.complete(prompt, timeout_s=TIMEOUT_S)
    times = [await _call(provider, prompt) for _ in range(N_CALLS)]
    await provider.close()
    cpu_us, wall_us = (statistics.median(one[i] for one in times) * 1e6 for i in (0, 1))
    return SdkTime(sdk, cpu_us, wall_us, prompt.n_items)


async def _call(provider: Provider, prompt: Prompt) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    await provider.complete(prompt, timeout_s=TIMEOUT_S)
    return time.process_time() - cpu, time.perf_counter() - wall


def _gemini(settings: Settings) -> Provider:
    from streams.providers.gemini import GeminiProvider

    return GeminiProvider(model=settings.gemini_model, api_key="simulated", base_url=settings.gemini_base_url)


def _gemini_legacy(settings: Settings) -> Provider:
    from streams.providers.gemini_legacy import GeminiLegacyProvider

    return GeminiLegacyProvider(model=settings.gemini_model, api_key="simulated", base_url=settings.gemini_base_url)


def _mistral(settings: Settings) -> Provider:
    from streams.providers.mistral import MistralProvider

    return MistralProvider(model=settings.mistral_model, api_key="simulated", base_url=settings.mistral_base_url)


def _openai(settings: Settings) -> Provider:
    from streams.providers.openai import OpenAIProvider

    return OpenAIProvider(model=settings.openai_models[0], api_key="simulated", base_url=settings.openai_base_url)


def _vllm(settings: Settings) -> Provider:
    from streams.providers.vllm import VllmProvider

    return VllmProvider(base_url=settings.vllm_base_url)


ADAPTERS: Final[dict[str, Callable[[Settings], Provider]]] = {
    "google-genai": _gemini,
    "google-generativeai": _gemini_legacy,
    "mistralai": _mistral,
    "openai": _openai,
    "openai to vllm": _vllm,
}
