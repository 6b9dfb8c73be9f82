"""OpenAI's chat completions, on its own SDK."""

from typing import Any, Final

import openai

from schemas.taxonomy import DataPolicy
from streams.core.cascade import Finish
from streams.core.prompt import SCHEMA, Prompt
from streams.providers.errors import provider_error
from streams.providers.protocol import Completion, int_or_none

BASE_URL: Final = "https://api.openai.com/v1"
"""Given explicitly, or the SDK would take one from the environment."""

RESPONSE_FORMAT: Final[dict[str, Any]] = {
    "type": "json_schema",
    "json_schema": {"name": "labels", "strict": True, "schema": SCHEMA},
}
_FINISH: Final[dict[str | None, Finish]] = {"length": "length", "content_filter": "safety"}


class OpenAIProvider:
    """One OpenAI model."""

    name = "openai"

    def __init__(self, *, model: str, api_key: str, base_url: str = "", policy: DataPolicy = DataPolicy.PUBLIC) -> None:
        self.model = model
        self.policy = policy
        self._client = openai.AsyncOpenAI(api_key=api_key, base_url=base_url or BASE_URL, max_retries=0)

    async def complete(self, prompt: Prompt, *, timeout_s: float) -> Completion:
        """Makes one call; see `Provider.complete`."""
        options = {"max_completion_tokens": prompt.max_output_tokens, **_quiet(self.model)}
        return await chat(self._client, self.model, prompt, timeout_s=timeout_s, options=options)

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()


async def chat(
    client: openai.AsyncOpenAI, model: str, prompt: Prompt, *, timeout_s: float, options: dict[str, Any]
) -> Completion:
    """Makes one chat completion on any server that speaks OpenAI's protocol.

    Raises:
        ProviderError: whatever went wrong, an answer of another form included.
    """
    try:
        response: Any = await client.chat.completions.create(
            model=model,
            messages=[{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}],
            timeout=timeout_s,
            **{"response_format": RESPONSE_FORMAT, **options},
        )
        return _completion(response)
    except Exception as error:  # noqa: BLE001 - the SDK lets raw transport and parsing errors through
        raise provider_error(error) from None


def _completion(response: Any) -> Completion:
    choice, usage = response.choices[0], response.usage
    finish = "safety" if getattr(choice.message, "refusal", None) else _FINISH.get(choice.finish_reason, "stop")
    return Completion(
        text=choice.message.content or "",
        finish=finish,
        input_tokens=int_or_none(getattr(usage, "prompt_tokens", None)),
        output_tokens=int_or_none(getattr(usage, "completion_tokens", None)),
        cached_tokens=int_or_none(getattr(getattr(usage, "prompt_tokens_details", None), "cached_tokens", None)),
        thought_tokens=int_or_none(
            getattr(getattr(usage, "completion_tokens_details", None), "reasoning_tokens", None)
        ),
    )


def _quiet(model: str) -> dict[str, Any]:
    """No randomness for the models that take a temperature, no reasoning for those that would reason."""
    return {"temperature": 0.0} if model.startswith(("gpt-4", "gpt-3")) else {"reasoning_effort": "none"}
