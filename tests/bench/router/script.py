"""The script that both routers live through, and the plan that tells a router's program its work; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from schemas.taxonomy import DataPolicy
from schemas.tweet import ScrubbedTweet
from streams.core.prompt import render

DEPLOYMENTS: Final[dict[str, str]] = {"cheap": "openai", "middle": "mistral", "dear": "vllm"}
"""Model -> the simulator's path that plays it; all three speak OpenAI's protocol. The cheapest first."""

CALL_TIMEOUT_S: Final = 10.0
"""Of one call, for both: ours shares its deadline of 30 s among three models, LiteLLM is told the same."""

DEADLINE_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of the script; `modes` says how the simulator plays a model, the others are well.

    `dead` are the models of which no call can succeed.
    """

    name: str
    modes: dict[str, str] = field(default_factory=dict)

    @property
    def dead(self) -> frozenset[str]:
        """Models that answer no call of this phase."""
        return frozenset(self.modes)


PHASES: Final = (
    Phase("healthy"),
    Phase("cheapest dead (500)", {"cheap": "error"}),
    Phase("cheapest limited (429, Retry-After 1 s)", {"cheap": "rate_limited_short"}),
    Phase("all dead (500)", dict.fromkeys(DEPLOYMENTS, "error")),
    Phase("recovery"),
    Phase("cheapest hangs", {"cheap": "hang"}),
)


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One batch: as tweets for our chain, and as the messages that our chain makes of it for the other router."""

    tweets: tuple[ScrubbedTweet, ...]
    messages: tuple[dict[str, str], ...]
    max_tokens: int


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a router's program is told: where the models are, the cheapest first, and a batch every `interval_s`."""

    base_urls: dict[str, str]
    works: tuple[Work, ...]
    n_works: int
    interval_s: float
    call_timeout_s: float = CALL_TIMEOUT_S
    deadline_s: float = DEADLINE_S


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """How a batch ended; both times are in seconds, the first since the script began, when it was due to start."""

    due_s: float
    took_s: float
    ok: bool

    @property
    def ended_s(self) -> float:
        """When it ended, in seconds since the script began."""
        return self.due_s + self.took_s


def works_of(tweets: Sequence[ScrubbedTweet], size: int) -> Iterator[Work]:
    """Yields batches of the same size with the prompt that our chain sends for them."""
    for some in (tuple(tweets[start : start + size]) for start in range(0, len(tweets), size)):
        prompt = render(some, DataPolicy.PUBLIC)
        messages = ({"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user})
        yield Work(tweets=some, messages=messages, max_tokens=prompt.max_output_tokens)
