"""Google Gemini on google-generativeai, the SDK that Google no longer maintains: the second adapter.

Its REST transport blocks, so each call has a thread of its own. It cannot turn thinking off and hides the thought
tokens (total - prompt - candidates), so the answer gets room for them.
"""

import asyncio
import contextlib
import threading
import warnings
from collections.abc import Callable
from typing import Any, Final, TypeVar

from google.api_core.exceptions import Unauthorized
from google.auth import api_key as auth

from schemas.taxonomy import DataPolicy
from streams.core.prompt import Prompt
from streams.providers.errors import provider_error
from streams.providers.gemini import finish_of
from streams.providers.protocol import Completion, tokens_or_none

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the end of its support, which this module's docstring states
    import google.generativeai as legacy
    from google.ai.generativelanguage import GenerativeServiceClient

BASE_URL: Final = "generativelanguage.googleapis.com"
THINKING_RESERVE: Final = 8_192
"""Output tokens on top of the answer's for a model that thinks as long as it likes."""

_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"r": {"type": "array", "items": {"type": "string"}}},
    "required": ["r"],
}
"""The part of the answer's schema that this SDK's form can say."""

_SAFETY: Final = dict.fromkeys(("HARASSMENT", "HATE", "SEXUAL", "DANGEROUS"), "BLOCK_NONE")

T = TypeVar("T")


class Key(auth.Credentials):
    """An API key that is never asked for again: google-auth would try a refused one twice more."""

    def __init__(self, token: str) -> None:
        super().__init__(token)  # type: ignore[no-untyped-call]

    def refresh(self, request: Any) -> None:
        """Is called after a 401 alone, and ends the call with it."""
        raise Unauthorized("the key was refused")


class GeminiLegacyProvider:
    """One Gemini model."""

    name = "gemini"

    def __init__(self, *, model: str, api_key: str, base_url: str = "", policy: DataPolicy = DataPolicy.PUBLIC) -> None:
        self.model = model
        self.policy = policy
        # not legacy.configure: that is one key and one endpoint for the whole process
        self._client: Any = GenerativeServiceClient(
            credentials=Key(api_key), transport="rest", client_options={"api_endpoint": base_url or BASE_URL}
        )
        transport: Any = self._client.transport
        transport._session.max_redirects = 0  # one would take the key and the tweets along, to any host

    async def complete(self, prompt: Prompt, *, timeout_s: float) -> Completion:
        """Makes one call in a thread; see `Provider.complete`. The thread may outlive the call, but not the process."""
        try:
            async with asyncio.timeout(timeout_s):
                return await _in_a_thread(lambda: self._generate(prompt, timeout_s))
        except Exception as error:  # noqa: BLE001 - the SDK lets raw transport and parsing errors through
            raise provider_error(error) from None

    async def close(self) -> None:
        """Closes the connections that no call holds."""
        self._client.transport.close()

    def _generate(self, prompt: Prompt, timeout_s: float) -> Completion:
        model = legacy.GenerativeModel(
            self.model,
            system_instruction=prompt.system,
            safety_settings=_SAFETY,
            generation_config=legacy.GenerationConfig(
                temperature=0.0,
                max_output_tokens=prompt.max_output_tokens + (0 if "lite" in self.model else THINKING_RESERVE),
                response_mime_type="application/json",
                response_schema=_SCHEMA,
            ),
        )
        model._client = self._client
        # without retry=None a 503 is tried again for 600 s, whatever the timeout says
        response = model.generate_content(prompt.user, request_options={"timeout": timeout_s, "retry": None})
        return _completion(response)


async def _in_a_thread(work: Callable[[], T]) -> T:
    """Waits for work in a thread that nothing waits for when its caller has gone.

    A pool's threads would keep the process from ending while a server drips, for requests counts its timeout anew at
    every byte.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def tell(result: T | None, error: Exception | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type] # None only where T is None

    def run() -> None:
        result, raised = None, None
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - carried to the caller
            raised = error
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(tell, result, raised)

    threading.Thread(target=run, name="gemini-legacy", daemon=True).start()
    return await done


def _completion(response: Any) -> Completion:
    candidate = response.candidates[0] if response.candidates else None
    block = response.prompt_feedback.block_reason.name
    if candidate is None and block == "BLOCK_REASON_UNSPECIFIED":
        raise ValueError("neither an answer nor a block")
    usage = response.usage_metadata
    n_in, n_out = tokens_or_none(usage.prompt_token_count), tokens_or_none(usage.candidates_token_count)
    thought = int(usage.total_token_count) - (n_in or 0) - (n_out or 0)
    return Completion(
        text="".join(part.text for part in candidate.content.parts) if candidate else "",
        finish=finish_of(block, candidate.finish_reason.name if candidate else None),
        input_tokens=n_in,
        output_tokens=n_out,
        cached_tokens=tokens_or_none(usage.cached_content_token_count),
        thought_tokens=tokens_or_none(max(0, thought)),
    )
