"""Level 2: a vLLM (or Ollama) server, spoken to with OpenAI's SDK."""

import asyncio
import json
from typing import Any, Final

import openai

from schemas.taxonomy import DataPolicy
from streams.core.prompt import Prompt
from streams.core.retry import Failure, FailureKind
from streams.providers.errors import ProviderError, provider_error
from streams.providers.openai import chat
from streams.providers.protocol import Completion

ONLY_ANSWER: Final = "dallosh"
_SELF_TEST_FORMAT: Final[dict[str, Any]] = {
    "type": "json_schema",
    "json_schema": {
        "name": "self_test",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"r": {"type": "string", "enum": [ONLY_ANSWER]}},
            "required": ["r"],
            "additionalProperties": False,
        },
    },
}
_SELF_TEST_PROMPT: Final = Prompt(
    system="Answer with one short French sentence, never with JSON.",
    user="Quelle heure est-il ?",
    n_items=1,
    max_output_tokens=64,
    policy=DataPolicy.LOCAL,
    policy_reason="self-test",
)


class VllmProvider:
    """One model of an OpenAI-compatible server of our own; `model` is empty until the server was asked for it."""

    name = "vllm"
    policy = DataPolicy.LOCAL

    def __init__(self, *, base_url: str, api_key: str = "none", model: str = "") -> None:
        self.model = model
        self.max_model_len: int | None = None
        self._client = openai.AsyncOpenAI(api_key=api_key or "none", base_url=base_url, max_retries=0)

    async def complete(self, prompt: Prompt, *, timeout_s: float) -> Completion:
        """Makes one call; see `Provider.complete`."""
        try:
            return await asyncio.wait_for(self._complete(prompt, timeout_s), timeout_s)
        except TimeoutError as error:
            raise provider_error(error) from None

    async def resolve(self, *, timeout_s: float) -> None:
        """Asks the server for its models; takes the first where none is configured, and its context length.

        Raises:
            ProviderError: the server is not there, or lists no model.
        """
        try:
            async with asyncio.timeout(timeout_s):  # the SDK's own starts again at every byte
                models: Any = (await self._client.models.list(timeout=timeout_s)).data
            found = next((one for one in models if self.model in ("", one.id)), None)
        except Exception as error:  # noqa: BLE001 - the SDK lets raw transport and parsing errors through
            raise provider_error(error) from None
        if found is None:
            raise ProviderError(Failure(FailureKind.NOT_FOUND))
        self.model = found.id
        length = getattr(found, "max_model_len", None)
        self.max_model_len = length if isinstance(length, int) else None

    async def constrains(self, *, timeout_s: float) -> bool:
        """Tells whether the server obeys a JSON schema: it is asked for what the schema forbids.

        Some versions ignore the constraint silently.

        Raises:
            ProviderError: the server did not answer.
        """
        if not self.model:
            await self.resolve(timeout_s=timeout_s)
        options = {"max_tokens": _SELF_TEST_PROMPT.max_output_tokens, "response_format": _SELF_TEST_FORMAT}
        said = await chat(self._client, self.model, _SELF_TEST_PROMPT, timeout_s=timeout_s, options=options)
        try:
            return bool(json.loads(said.text) == {"r": ONLY_ANSWER})
        except ValueError:
            return False

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()

    async def _complete(self, prompt: Prompt, timeout_s: float) -> Completion:
        if not self.model:
            await self.resolve(timeout_s=timeout_s)
        options = {"max_tokens": prompt.max_output_tokens, "temperature": 0.0}
        return await chat(self._client, self.model, prompt, timeout_s=timeout_s, options=options)
