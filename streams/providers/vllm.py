"""Level 2: a vLLM (or Ollama) server, spoken to with OpenAI's SDK."""

import asyncio
from typing import Any, Final

import openai

from schemas.taxonomy import DataPolicy
from streams.core.prompt import OUT_TOKENS_RESERVE, SYSTEM, Prompt, parse
from streams.core.retry import Failure, FailureKind
from streams.providers.answer_forms import FORMS, Form, options_of, self_test_answers, self_test_options
from streams.providers.errors import ProviderError, provider_error
from streams.providers.openai import LOGPROBS, chat, staying
from streams.providers.protocol import Completion

UNTOLD_CONTEXT: Final = 4_096
"""The context of a server that does not tell one: what Ollama takes where its operator says nothing."""

MIN_BYTES_PER_TOKEN: Final = 3
"""Fewer than these vocabularies have on French tweets (3.3 and more): what fits by it fits."""

_REFUSED: Final = (FailureKind.BAD_REQUEST, FailureKind.UNAVAILABLE)
"""How a server refuses a form that it does not know: as a bad request or, in some versions, by an error of its own."""

_FORBIDDEN: Final = Prompt(
    system="Answer with one short French sentence.",
    user="Quelle heure est-il ?",
    n_items=1,
    max_output_tokens=OUT_TOKENS_RESERVE,
    policy=DataPolicy.LOCAL,
    policy_reason="self-test",
)
REHEARSAL: Final = Prompt(
    system=SYSTEM,
    user="1|Plus d'internet depuis hier\n2|Merci pour votre aide\n3|Quel est le prix de la fibre ?",
    n_items=3,
    max_output_tokens=OUT_TOKENS_RESERVE,
    policy=DataPolicy.LOCAL,
    policy_reason="self-test",
)
"""What a self-test has labelled: nobody's tweets."""


class VllmProvider:
    """One model of an OpenAI-compatible server of our own.

    What the server told stays until `resolve` or `constrains` asks again: `model` (empty before), `max_model_len`
    (None: it tells none), `form` (how its answers are held to their form) and `prompt_tokens` (of the guidelines and
    three short lines, in its own tokens; None before a self-test).

    Args:
        base_url: with `/v1`.
        api_key: where the server asks for one.
        model: the wanted one; empty: the first that the server lists.
        context_tokens: of a server that does not tell; 0: `UNTOLD_CONTEXT`.
        logprobs: asks for probabilities, so that answers have margins.
    """

    name = "vllm"
    policy = DataPolicy.LOCAL

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str = "none",
        model: str = "",
        context_tokens: int = 0,
        logprobs: bool = False,
    ) -> None:
        self.model = model
        self.max_model_len: int | None = None
        self.form: Form = "json_schema"
        self.prompt_tokens: int | None = None
        self._wanted = model
        self._untold_context = context_tokens or UNTOLD_CONTEXT
        self._logprobs = logprobs
        self._health_url = f"{base_url.rstrip('/').removesuffix('/v1')}/health"
        self._client = openai.AsyncOpenAI(
            api_key=api_key or "none", base_url=base_url, max_retries=0, http_client=staying()
        )

    @property
    def context_tokens(self) -> int:
        """Tokens of prompt and answer together."""
        return self.max_model_len or self._untold_context

    async def complete(self, prompt: Prompt, *, timeout_s: float) -> Completion:
        """Makes one call; see `Provider.complete`."""
        try:
            return await asyncio.wait_for(self._complete(prompt, timeout_s), timeout_s)
        except TimeoutError as error:
            raise provider_error(error) from None

    async def health(self, *, timeout_s: float) -> None:
        """Returns when the server can answer: `/health` of vLLM, which is 503 when its engine is dead.

        A server that has no such path (Ollama) is well when it lists its models.

        Raises:
            ProviderError: it is not there, or not well.
        """
        try:
            async with asyncio.timeout(timeout_s):
                await self._client.get(self._health_url, cast_to=object, options={"timeout": timeout_s})
        except Exception as error:  # noqa: BLE001 - the SDK lets raw transport and parsing errors through
            found = provider_error(error)
            if found.failure.kind is not FailureKind.NOT_FOUND:
                raise found from None
            await self.resolve(timeout_s=timeout_s)

    async def resolve(self, *, timeout_s: float) -> None:
        """Asks the server for its models; takes the first where none is configured, and its context length.

        Raises:
            ProviderError: the server is not there, or lists no such model.
        """
        try:
            async with asyncio.timeout(timeout_s):  # the SDK's own starts again at every byte
                models: Any = (await self._client.models.list(timeout=timeout_s)).data
            found = next((one for one in models if self._wanted in ("", one.id)), None)
        except Exception as error:  # noqa: BLE001 - the SDK lets raw transport and parsing errors through
            raise provider_error(error) from None
        if found is None:
            raise ProviderError(Failure(FailureKind.NOT_FOUND))
        self.model = found.id
        length = getattr(found, "max_model_len", None)
        self.max_model_len = length if isinstance(length, int) and length > 0 else None

    async def constrains(self, *, timeout_s: float) -> bool:
        """Tells whether the server holds answers to their form, and finds the form that it obeys.

        It is asked for what the form forbids (some versions ignore a form silently), then to label three lines. The
        server is asked anew for its model and context. Each call has `timeout_s`.

        Raises:
            ProviderError: the server did not answer.
        """
        await self.resolve(timeout_s=timeout_s)
        for form in FORMS:
            if await self._obeys(form, timeout_s):
                self.form = form
                return await self._rehearses(timeout_s)
        return False

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()

    async def _obeys(self, form: Form, timeout_s: float) -> bool:
        options = {**self._quiet(_FORBIDDEN), **self_test_options(form)}
        try:
            said = await chat(self._client, self.model, _FORBIDDEN, timeout_s=timeout_s, options=options)
        except ProviderError as error:
            if form != FORMS[-1] and error.failure.kind in _REFUSED:
                return False
            raise
        return "".join(said.text.split()) == self_test_answers(form)

    async def _rehearses(self, timeout_s: float) -> bool:
        said = await self.complete(REHEARSAL, timeout_s=timeout_s)
        self.prompt_tokens = said.input_tokens
        return bool(parse(said.text, REHEARSAL.n_items).labels)

    async def _complete(self, prompt: Prompt, timeout_s: float) -> Completion:
        if not self.model:
            await self.resolve(timeout_s=timeout_s)
        self._check_length(prompt)
        options = {**self._quiet(prompt), **options_of(self.form, prompt.n_items)}
        return await chat(self._client, self.model, prompt, timeout_s=timeout_s, options=options)

    def _quiet(self, prompt: Prompt) -> dict[str, Any]:
        asked = LOGPROBS if self._logprobs else {}
        return {"max_tokens": prompt.max_output_tokens, "temperature": 0.0, **asked}

    def _check_length(self, prompt: Prompt) -> None:
        """Refuses what may be too long for a server that tells no context: such a one drops tweets silently."""
        n_bytes = len(prompt.system.encode()) + len(prompt.user.encode())
        if self.max_model_len is None and n_bytes > self._untold_context * MIN_BYTES_PER_TOKEN:
            raise ProviderError(Failure(FailureKind.CONTEXT_LENGTH))
