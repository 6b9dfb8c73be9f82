"""Mistral AI's chat completions, on its own SDK."""

import asyncio
from typing import Any, Final

from mistralai.client import Mistral

from schemas.taxonomy import DataPolicy
from streams.core.cascade import Finish
from streams.core.prompt import SCHEMA, Prompt
from streams.providers.errors import provider_error
from streams.providers.protocol import Completion, tokens_or_none

BASE_URL: Final = "https://api.mistral.ai"
_RESPONSE_FORMAT: Final[dict[str, Any]] = {
    "type": "json_schema",
    "json_schema": {"name": "labels", "strict": True, "schema_definition": SCHEMA},
}
_FINISH: Final[dict[str, Finish]] = {"length": "length", "model_length": "length", "content_filter": "safety"}


class MistralProvider:
    """One Mistral model."""

    name = "mistral"

    def __init__(self, *, model: str, api_key: str, base_url: str = "", policy: DataPolicy = DataPolicy.PUBLIC) -> None:
        self.model = model
        self.policy = policy
        self._client: Any = Mistral(api_key=api_key, server_url=base_url or BASE_URL)
        http: Any = self._client.sdk_configuration.async_client
        http.follow_redirects = False  # one would take the tweets where nobody decided what may be seen

    async def complete(self, prompt: Prompt, *, timeout_s: float) -> Completion:
        """Makes one call; see `Provider.complete`."""
        try:
            async with asyncio.timeout(timeout_s):  # the SDK's own starts again at every byte
                response: Any = await self._client.chat.complete_async(
                    model=self.model,
                    messages=[{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}],
                    response_format=_RESPONSE_FORMAT,
                    temperature=0.0,
                    max_tokens=prompt.max_output_tokens,
                    retries=None,
                    timeout_ms=max(1, int(timeout_s * 1000)),
                    **_quiet(self.model),
                )
            return _completion(response)
        except Exception as error:  # noqa: BLE001 - the SDK lets raw transport and parsing errors through
            raise provider_error(error) from None

    async def close(self) -> None:
        """Closes the connections of both clients that the SDK opened."""
        await self._client.__aexit__(None, None, None)
        self._client.__exit__(None, None, None)


def _completion(response: Any) -> Completion:
    choice, usage = response.choices[0], response.usage
    content = choice.message.content
    text = content if isinstance(content, str) else "".join(getattr(chunk, "text", "") for chunk in content or ())
    return Completion(
        text=text,
        finish=_FINISH.get(str(choice.finish_reason), "stop"),
        input_tokens=tokens_or_none(getattr(usage, "prompt_tokens", None)),
        output_tokens=tokens_or_none(getattr(usage, "completion_tokens", None)),
        cached_tokens=tokens_or_none(getattr(getattr(usage, "prompt_tokens_details", None), "cached_tokens", None)),
    )


def _quiet(model: str) -> dict[str, Any]:
    """No reasoning where a model can be asked for it; older models refuse the field itself."""
    return {"reasoning_effort": "none"} if model.startswith(("mistral-small-26", "mistral-small-latest")) else {}
