"""Google Gemini on google-genai, the SDK that Google maintains: the default adapter."""

import asyncio
from typing import Any, Final

from google import genai
from google.genai import types

from schemas.taxonomy import DataPolicy
from streams.core.cascade import Finish
from streams.core.prompt import SCHEMA, Prompt
from streams.providers.errors import provider_error
from streams.providers.protocol import Completion, tokens_or_none

BASE_URL: Final = "https://generativelanguage.googleapis.com"

_BLOCKED: Final = frozenset({"SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "RECITATION", "MODEL_ARMOR"})
THINKING_RESERVE: Final = 1_024
"""Output tokens on top of the answer's for a model that cannot be kept from thinking: thoughts count as output."""

_HARMS: Final = (
    types.HarmCategory.HARM_CATEGORY_HARASSMENT,
    types.HarmCategory.HARM_CATEGORY_HATE_SPEECH,
    types.HarmCategory.HARM_CATEGORY_SEXUALLY_EXPLICIT,
    types.HarmCategory.HARM_CATEGORY_DANGEROUS_CONTENT,
)
_SAFETY: Final = [
    types.SafetySetting(category=category, threshold=types.HarmBlockThreshold.BLOCK_NONE) for category in _HARMS
]


class GeminiProvider:
    """One Gemini model."""

    name = "gemini"

    def __init__(self, *, model: str, api_key: str, base_url: str = "", policy: DataPolicy = DataPolicy.PUBLIC) -> None:
        self.model = model
        self.policy = policy
        # attempts=1 also turns off the SDK's own sleep of 1 to 10 s and second try after a dropped connection
        options = types.HttpOptions(
            base_url=base_url or BASE_URL,
            retry_options=types.HttpRetryOptions(attempts=1),
            async_client_args={"allow_redirects": False},  # one would take the key and the tweets along, to any host
        )
        self._client = genai.Client(api_key=api_key, vertexai=False, http_options=options)

    async def complete(self, prompt: Prompt, *, timeout_s: float) -> Completion:
        """Makes one call; see `Provider.complete`."""
        thinking = _thinking(self.model)
        room = 0 if thinking is None or thinking.thinking_budget == 0 else THINKING_RESERVE
        config = types.GenerateContentConfig(
            system_instruction=prompt.system,
            temperature=0.0,
            max_output_tokens=prompt.max_output_tokens + room,
            response_mime_type="application/json",
            response_json_schema=SCHEMA,
            safety_settings=_SAFETY,
            thinking_config=thinking,
            http_options=types.HttpOptions(timeout=max(1, int(timeout_s * 1000))),
        )
        try:
            async with asyncio.timeout(timeout_s):  # whatever the SDK makes of its own
                response: Any = await self._client.aio.models.generate_content(
                    model=self.model, contents=prompt.user, config=config
                )
            return _completion(response)
        except Exception as error:  # noqa: BLE001 - the SDK lets raw transport and parsing errors through
            raise provider_error(error) from None

    async def close(self) -> None:
        """Closes the connections of both clients that the SDK opened."""
        await self._client.aio.aclose()
        self._client.close()


def finish_of(block_reason: str | None, finish_reason: str | None) -> Finish:
    """Returns how an answer ended, from the names of Gemini's two enums."""
    if block_reason not in (None, "", "BLOCK_REASON_UNSPECIFIED") or finish_reason in _BLOCKED:
        return "safety"
    return "length" if finish_reason == "MAX_TOKENS" else "stop"


def _completion(response: Any) -> Completion:
    candidate = response.candidates[0] if response.candidates else None
    feedback, usage = response.prompt_feedback, response.usage_metadata
    block = getattr(getattr(feedback, "block_reason", None), "name", None)
    if candidate is None and block is None:
        raise ValueError("neither an answer nor a block")
    parts = getattr(getattr(candidate, "content", None), "parts", None) or ()
    return Completion(
        text="".join(part.text or "" for part in parts if not part.thought),
        finish=finish_of(block, getattr(getattr(candidate, "finish_reason", None), "name", None)),
        input_tokens=tokens_or_none(getattr(usage, "prompt_token_count", None)),
        output_tokens=tokens_or_none(getattr(usage, "candidates_token_count", None)),
        cached_tokens=tokens_or_none(getattr(usage, "cached_content_token_count", None)),
        thought_tokens=tokens_or_none(getattr(usage, "thoughts_token_count", None)),
    )


def _thinking(model: str) -> types.ThinkingConfig | None:
    """Thinking off where the model allows it, least where it does not; older models refuse the field itself."""
    if model.startswith("gemini-2.5-flash"):
        return types.ThinkingConfig(thinking_budget=0)
    if model.startswith("gemini-2.5"):
        return types.ThinkingConfig(thinking_budget=128)
    if model.startswith("gemini-3"):
        return types.ThinkingConfig(thinking_level=types.ThinkingLevel.MINIMAL)
    return None
