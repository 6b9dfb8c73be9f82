"""OpenAI's chat completions on its own SDK: OpenAI itself, and the deployments of a model at Azure OpenAI."""

import asyncio
from typing import Any, Final

import openai

from schemas.taxonomy import DataPolicy
from streams.core.prompt import SCHEMA, Prompt
from streams.providers.chat_answer import completion_of
from streams.providers.errors import provider_error
from streams.providers.protocol import Completion

BASE_URL: Final = "https://api.openai.com/v1"
"""Given explicitly, or the SDK would take one from the environment."""

API_VERSION: Final = "2024-10-21"
"""Azure's version of the API: the oldest stable one with structured output."""

RESPONSE_FORMAT: Final[dict[str, Any]] = {
    "type": "json_schema",
    "json_schema": {"name": "labels", "strict": True, "schema": SCHEMA},
}
LOGPROBS: Final[dict[str, Any]] = {"logprobs": True, "top_logprobs": 2}
"""Options that make `chat` return margins; a model that reasons refuses them."""

REASONING_RESERVE: Final = 4_096
"""Output tokens on top of the answer's for a model that cannot be kept from reasoning: they count as output."""

_EFFORT: Final[tuple[tuple[str, str], ...]] = (
    ("gpt-5.", "none"),
    ("gpt-5", "minimal"),
    ("gpt-6.", "low"),
    ("gpt-", "none"),
    ("o", "low"),
)
"""Prefix of a model's name -> the least reasoning that it takes; the first that fits counts."""


class OpenAIProvider:
    """One OpenAI model. `logprobs`: the model gives probabilities of its tokens, so each answer has margins."""

    name = "openai"

    def __init__(
        self,
        *,
        model: str,
        api_key: str,
        base_url: str = "",
        policy: DataPolicy = DataPolicy.PUBLIC,
        logprobs: bool = False,
    ) -> None:
        self.model = model
        self.policy = policy
        self._logprobs = logprobs
        self._client = openai.AsyncOpenAI(
            api_key=api_key, base_url=base_url or BASE_URL, max_retries=0, http_client=staying()
        )

    async def complete(self, prompt: Prompt, *, timeout_s: float) -> Completion:
        """Makes one call; see `Provider.complete`."""
        options = quiet(self.model, prompt, logprobs=self._logprobs)
        return await chat(self._client, self.model, prompt, timeout_s=timeout_s, options=options)

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()


class AzureOpenAIProvider:
    """One deployment of an OpenAI model at Azure; `model` is what it is a deployment of, for prices and limits.

    `endpoint` is the resource's, https://NAME.openai.azure.com. `logprobs` is as for `OpenAIProvider`.
    """

    name = "azure"

    def __init__(
        self,
        *,
        deployment: str,
        model: str,
        endpoint: str,
        api_key: str,
        api_version: str = API_VERSION,
        policy: DataPolicy = DataPolicy.ZDR,
        logprobs: bool = False,
    ) -> None:
        self.deployment = deployment
        self.model = model
        self.policy = policy
        self._logprobs = logprobs
        self._client = openai.AsyncAzureOpenAI(
            azure_endpoint=endpoint, api_version=api_version, api_key=api_key, max_retries=0, http_client=staying()
        )

    async def complete(self, prompt: Prompt, *, timeout_s: float) -> Completion:
        """Makes one call; see `Provider.complete`."""
        options = quiet(self.model, prompt, logprobs=self._logprobs)
        if "temperature" in options:  # versions of the API know the newer name for models that reason alone
            options["max_tokens"] = options.pop("max_completion_tokens")
        return await chat(self._client, self.deployment, prompt, timeout_s=timeout_s, options=options)

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()


def staying() -> openai.DefaultAsyncHttpxClient:
    """Returns a client that follows no redirect: what a target may see was decided for its own endpoint alone."""
    return openai.DefaultAsyncHttpxClient(follow_redirects=False)


async def chat(
    client: openai.AsyncOpenAI, model: str, prompt: Prompt, *, timeout_s: float, options: dict[str, Any]
) -> Completion:
    """Makes one chat completion on any server that speaks OpenAI's protocol; `options` may hold `LOGPROBS`.

    Raises:
        ProviderError: whatever went wrong, an answer of another form included.
    """
    try:
        async with asyncio.timeout(timeout_s):  # the SDK's own starts again at every byte
            response: Any = await client.chat.completions.with_raw_response.create(
                model=model,
                messages=[{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}],
                timeout=timeout_s,
                **{"response_format": RESPONSE_FORMAT, **options},
            )
        return completion_of(response.content, prompt.n_items)
    except Exception as error:  # noqa: BLE001 - the SDK lets raw transport and parsing errors through
        raise provider_error(error) from None


def quiet(model: str, prompt: Prompt, *, logprobs: bool = False) -> dict[str, Any]:
    """Returns the options that keep a model to its answer.

    No randomness where it takes a temperature, the least reasoning where it would reason, and room for that and the
    answer alone.
    """
    asked = LOGPROBS if logprobs else {}
    if model.startswith(("gpt-4", "gpt-3")):
        return {"max_completion_tokens": prompt.max_output_tokens, "temperature": 0.0, **asked}
    effort = next((effort for prefix, effort in _EFFORT if model.startswith(prefix)), "low")
    room = prompt.max_output_tokens + (0 if effort == "none" else REASONING_RESERVE)
    return {"max_completion_tokens": room, "reasoning_effort": effort, **(asked if effort == "none" else {})}
