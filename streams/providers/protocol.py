"""What every generative model looks like to us, whatever SDK stands behind it."""

from dataclasses import dataclass
from typing import Any, Final, Protocol

from schemas.taxonomy import DataPolicy
from streams.core.cascade import Finish
from streams.core.profiles import Target
from streams.core.prompt import Prompt

MAX_TOKENS: Final = 4_000_000
"""No count of one call is higher: the largest context holds a million."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One answer. Token counts are the provider's own, None where it tells none.

    `safety` means that a filter cut or refused the answer; `length` that the output limit cut it. `output_tokens` are
    the answer's alone: `thought_tokens` come on top of them, and cost the same. `margins` tells by index of the item
    (1 to the prompt's `n_items`) how sure the model was of the labels (streams/core/margins.py), None where the API
    gives no probabilities.
    """

    text: str
    finish: Finish
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    thought_tokens: int | None = None
    margins: dict[int, float] | None = None


class Provider(Protocol):
    """One model at one provider. An adapter retries nothing and waits for nothing but the one call."""

    @property
    def name(self) -> str:
        """The provider, e.g. "mistral"."""

    @property
    def model(self) -> str:
        """The model's id at the provider."""

    @property
    def policy(self) -> DataPolicy:
        """What this target may see; the caller renders the prompt by it."""

    async def complete(self, prompt: Prompt, *, timeout_s: float) -> Completion:
        """Makes one call of at most `timeout_s` in all, whatever the SDK's own timeout counts.

        Raises:
            ProviderError: anything that the SDK or the network raised; never carries the provider's message.
        """

    async def close(self) -> None:
        """Closes the connections."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A target and the client that reaches it."""

    target: Target
    provider: Provider


def tokens_or_none(value: Any) -> int | None:
    """Returns a token count as the SDKs give it, None where they left it out, or where no call can have taken it.

    Worked number: -5 is None, so that no call gives money back; so is 10**18, or it would eat the day's budget.
    """
    return value if isinstance(value, int) and 0 <= value <= MAX_TOKENS else None
