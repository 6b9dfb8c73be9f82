"""Google Gemini on google-generativeai, the SDK that Google no longer maintains: the second adapter.

Its REST transport blocks, so calls run in threads of this adapter. `configure` is process-wide: one key and one
endpoint a process. It cannot turn thinking off and hides the thought tokens (total - prompt - candidates).
"""

import asyncio
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from schemas.taxonomy import DataPolicy
from streams.core.prompt import Prompt
from streams.providers.errors import provider_error
from streams.providers.gemini import finish_of
from streams.providers.protocol import Completion, int_or_none

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the end of its support, which this module's docstring states
    import google.generativeai as legacy

BASE_URL: Final = "generativelanguage.googleapis.com"
MAX_THREADS: Final = 8

_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"r": {"type": "array", "items": {"type": "string"}}},
    "required": ["r"],
}
"""The part of the answer's schema that this SDK's form can say."""

_HARMS: Final = ("HARASSMENT", "HATE", "SEXUAL", "DANGEROUS")


class GeminiLegacyProvider:
    """One Gemini model."""

    name = "gemini"

    def __init__(self, *, model: str, api_key: str, base_url: str = "", policy: DataPolicy = DataPolicy.PUBLIC) -> None:
        self.model = model
        self.policy = policy
        self._threads = ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="gemini-legacy")
        legacy.configure(api_key=api_key, transport="rest", client_options={"api_endpoint": base_url or BASE_URL})

    async def complete(self, prompt: Prompt, *, timeout_s: float) -> Completion:
        """Makes one call in a thread; see `Provider.complete`."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, self._generate, prompt, timeout_s)
        except Exception as error:  # noqa: BLE001 - the SDK lets raw transport and parsing errors through
            raise provider_error(error) from None

    async def close(self) -> None:
        """Lets go of the threads; one that still waits ends with its own timeout."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _generate(self, prompt: Prompt, timeout_s: float) -> Completion:
        model = legacy.GenerativeModel(
            self.model,
            system_instruction=prompt.system,
            safety_settings=dict.fromkeys(_HARMS, "BLOCK_NONE"),
            generation_config=legacy.GenerationConfig(
                temperature=0.0,
                max_output_tokens=prompt.max_output_tokens,
                response_mime_type="application/json",
                response_schema=_SCHEMA,
            ),
        )
        # without retry=None a 503 is tried again for 600 s, whatever the timeout says
        response = model.generate_content(prompt.user, request_options={"timeout": timeout_s, "retry": None})
        return _completion(response)


def _completion(response: Any) -> Completion:
    candidate = response.candidates[0] if response.candidates else None
    block = response.prompt_feedback.block_reason.name
    if candidate is None and block == "BLOCK_REASON_UNSPECIFIED":
        raise ValueError("neither an answer nor a block")
    usage = response.usage_metadata
    n_in, n_out = int_or_none(usage.prompt_token_count), int_or_none(usage.candidates_token_count)
    thought = int(usage.total_token_count) - (n_in or 0) - (n_out or 0)
    return Completion(
        text="".join(part.text for part in candidate.content.parts) if candidate else "",
        finish=finish_of(block, candidate.finish_reason.name if candidate else None),
        input_tokens=n_in,
        output_tokens=n_out,
        cached_tokens=int_or_none(usage.cached_content_token_count),
        thought_tokens=max(0, thought),
    )
