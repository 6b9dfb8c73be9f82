"""The error taxonomy on the wire: what each real SDK raises against the simulator, for every pair (provider, mode)."""

import asyncio
from typing import Final

import pytest

from schemas.taxonomy import DataPolicy
from streams.core.prompt import Prompt, render
from streams.core.retry import Failure, FailureKind
from streams.providers.errors import ProviderError
from streams.providers.protocol import Completion
from tests.contract.providers.conftest import Adapter, tweet
from tests.simulator.modes import BLOCKED_WORD, Mode

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
]

KIND = FailureKind
TIMEOUT_S: Final = 20.0
"""Much longer than a call takes, and shorter than the waits that the simulator asks for: a wait would be a timeout."""

SHORT_S: Final = 1.0
"""For the modes that never end; the adapter must keep it, and the call has reached the simulator long before."""

TOO_LONG_S: Final = 30.0
"""Who does not keep a timeout hangs for minutes."""

TEXTS: Final = [f"Plus de fibre depuis 3 jours {BLOCKED_WORD} {i}" for i in range(6)]

FAILING: Final[dict[Mode, Failure]] = {
    Mode.RATE_LIMITED: Failure(KIND.RATE_LIMITED, 429),
    Mode.RATE_LIMITED_SHORT: Failure(KIND.RATE_LIMITED, 429, 1.0),
    Mode.RATE_LIMITED_LONG: Failure(KIND.RATE_LIMITED, 429, 60.0),
    Mode.RETRY_INFO: Failure(KIND.RATE_LIMITED, 429, 60.0),
    Mode.TOO_LARGE: Failure(KIND.CONTEXT_LENGTH, 429),
    Mode.QUOTA: Failure(KIND.QUOTA, 429),
    Mode.UNAUTHORISED: Failure(KIND.UNAUTHORISED, 401),
    Mode.PAYMENT: Failure(KIND.PAYMENT, 402),
    Mode.FORBIDDEN: Failure(KIND.UNAUTHORISED, 403),
    Mode.NOT_FOUND: Failure(KIND.NOT_FOUND, 404),
    Mode.ERROR: Failure(KIND.UNAVAILABLE, 500),
    Mode.UNAVAILABLE: Failure(KIND.UNAVAILABLE, 503),
    Mode.UNAVAILABLE_LONG: Failure(KIND.UNAVAILABLE, 503, 60.0),
    Mode.HTML_502: Failure(KIND.UNAVAILABLE, 502),
    Mode.HTML_200: Failure(KIND.BAD_RESPONSE),
    Mode.DROPPED: Failure(KIND.CONNECTION),
    Mode.CUT_OFF: Failure(KIND.CONNECTION),
    Mode.BROKEN_JSON: Failure(KIND.BAD_RESPONSE),
    Mode.HANG: Failure(KIND.TIMEOUT),
    Mode.DRIP: Failure(KIND.TIMEOUT),
    Mode.BAD_REQUEST: Failure(KIND.BAD_REQUEST, 400),
    Mode.CONTEXT_LENGTH: Failure(KIND.CONTEXT_LENGTH, 400),
    Mode.OUTPUT_LIMIT: Failure(KIND.CONTEXT_LENGTH, 400),
}
"""Modes in which a call of six tweets fails; the cause, the name of a class, is not compared."""

OTHERWISE: Final[dict[tuple[str, Mode], Failure]] = {
    ("mistral", Mode.RETRY_INFO): Failure(KIND.RATE_LIMITED, 429),
    ("vllm", Mode.RETRY_INFO): Failure(KIND.RATE_LIMITED, 429),
    ("mistral", Mode.HTML_200): Failure(KIND.BAD_RESPONSE, 200),
    ("mistral", Mode.BROKEN_JSON): Failure(KIND.BAD_RESPONSE, 200),
    ("azure", Mode.SAFETY): Failure(KIND.SAFETY, 400),
}
"""Mistral and vLLM send no headers that tell a reset; Mistral's SDK keeps the status of a body that is no
answer; Azure refuses a prompt where others end an answer."""


def prompt(adapter: Adapter) -> Prompt:
    return render([tweet(text) for text in TEXTS], adapter.provider.policy)


async def failure_in(adapter: Adapter, mode: Mode) -> Failure:
    """Makes one call in a mode and returns its failure, without the cause."""
    adapter.plays(mode)
    timeout_s = SHORT_S if mode in (Mode.HANG, Mode.DRIP) else TIMEOUT_S
    with pytest.raises(ProviderError) as raised:
        async with asyncio.timeout(TOO_LONG_S):
            await adapter.provider.complete(prompt(adapter), timeout_s=timeout_s)
    found = raised.value.failure
    return Failure(found.kind, found.status, found.retry_after_s)


@pytest.mark.parametrize("mode", FAILING)
async def test_what_a_failed_call_means(adapter: Adapter, mode: Mode) -> None:
    assert await failure_in(adapter, mode) == OTHERWISE.get((adapter.name, mode), FAILING[mode])
    assert adapter.n_calls == 1


async def test_a_refused_prompt_is_azures_error_and_others_end(adapter: Adapter) -> None:
    if adapter.name == "azure":
        assert await failure_in(adapter, Mode.SAFETY) == OTHERWISE["azure", Mode.SAFETY]
        return
    adapter.plays(Mode.SAFETY)
    said = await adapter.provider.complete(prompt(adapter), timeout_s=TIMEOUT_S)
    assert (said.text, said.finish) == ("", "safety")


ENDS: Final = [(Mode.OK, "stop"), (Mode.LENGTH, "length"), (Mode.SAFETY_CUT, "safety"), (Mode.TRUNCATED, "stop")]


@pytest.mark.parametrize(("mode", "finish"), ENDS)
async def test_how_an_answer_ends(adapter: Adapter, mode: Mode, finish: str) -> None:
    adapter.plays(mode)
    said = await adapter.provider.complete(prompt(adapter), timeout_s=TIMEOUT_S)
    assert said.finish == finish


async def test_a_call_that_nobody_waits_for_any_more_leaves_nothing_behind(adapter: Adapter) -> None:
    """After a hang the same client answers the next call."""
    await failure_in(adapter, Mode.HANG)
    adapter.plays(Mode.OK)
    said = await adapter.provider.complete(prompt(adapter), timeout_s=TIMEOUT_S)
    assert isinstance(said, Completion)
    assert said.finish == "stop"


async def test_the_request_is_held_to_form_length_and_silence(adapter: Adapter) -> None:
    await adapter.provider.complete(prompt(adapter), timeout_s=TIMEOUT_S)
    (body,) = adapter.bodies
    assert str(prompt(adapter).max_output_tokens) in body
    assert '"temperature": 0' in body or '"temperature":0' in body
    assert "json" in body
    assert ('"reasoning_effort":"none"' in body) is (adapter.name == "mistral")
    assert ("thinking" in body) is (adapter.name == "gemini")
    assert adapter.provider.policy is (DataPolicy.LOCAL if adapter.name == "vllm" else DataPolicy.PUBLIC)
