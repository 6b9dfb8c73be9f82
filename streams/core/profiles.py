"""What a model can do, as data, and the deployments of it that a batch can go to.

The business table names four roles; which model plays a role today is data (streams/providers/data/models.toml).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal

from schemas.taxonomy import DataPolicy

Structured = Literal["json_schema", "response_schema", "regex", "json_object"]
"""How a model is held to the form of the answer."""

MAX_BATCH_TOKENS: Final = 4_400
"""Tweet tokens of one call where a profile says nothing: about 100 tweets."""


class Role(StrEnum):
    """The part that a model plays in the business's table, in the business's order."""

    MASS_SORTING = "mass_sorting"
    SOVEREIGN = "sovereign"
    REASONING = "reasoning"
    AMBIGUOUS = "ambiguous"


RUNGS: Final[dict[Role, int]] = {Role.MASS_SORTING: 0, Role.SOVEREIGN: 0, Role.REASONING: 1, Role.AMBIGUOUS: 2}
"""Role -> rung of the ladder that an escalation climbs, one at a time."""

TOP_RUNG: Final = 2
"""For escalated tweets and VIPs alone; an ordinary tweet never gets there."""

SEED: Final[dict[Role, int]] = {role: i for i, role in enumerate(Role)}
"""The business's order: of two models of the same price the first counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One model's capabilities.

    `context_tokens` and `max_output_tokens` are the model's own tokens, `token_ratio` its tokens per o200k token on
    French tweets, `max_batch_tokens` the tweet tokens of one call. `price_ref` is `provider/model` in the price table,
    None where no price is known. `rpm` and `tpm` bound a deployment's requests and tokens a minute (None: unbounded),
    `slots` one worker's calls at once. From `retires_on` the provider answers 404, and `successor` takes its place.
    """

    model: str
    provider: str
    role: Role
    context_tokens: int
    max_output_tokens: int
    structured: Structured
    token_ratio: float = 1.0
    price_ref: str | None = None
    policy: DataPolicy = DataPolicy.PUBLIC
    max_batch_tokens: int = MAX_BATCH_TOKENS
    rpm: int | None = None
    tpm: int | None = None
    slots: int = 8
    logprobs: bool = False
    budget_usd_per_day: Decimal | None = None
    retires_on: date | None = None
    successor: str | None = None

    @property
    def rung(self) -> int:
        """Where the model stands on the ladder of escalations."""
        return RUNGS[self.role]

    def is_retired(self, today: date) -> bool:
        """Whether the provider has withdrawn it."""
        return self.retires_on is not None and today >= self.retires_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One deployment of a model: a key, an endpoint, and what it may see.

    `name` is unique among a level's targets and names it in Redis, metrics and commands: "openai/gpt-4o-mini", or with
    the deployment's own name where one model has several: "openai/gpt-4o-mini@eu". Deployments of one model share its
    calls by `weight`.
    """

    name: str
    provider: str
    model: str
    policy: DataPolicy
    profile: Profile
    weight: int = 1

    def __str__(self) -> str:
        return self.name

    @property
    def full_model(self) -> str:
        """`provider/model`: what the deployments of one model have in common."""
        return f"{self.provider}/{self.model}"


class Why(StrEnum):
    """Why a configured model takes no calls; a label of the metric, so it stays a closed set."""

    UNKNOWN = "unknown"
    RETIRED = "retired"
    NO_KEY = "no_key"
    NO_ENDPOINT = "no_endpoint"
    POLICY = "policy"
    NOT_FOUND = "not_found"
    UNAUTHORISED = "unauthorised"
    PAYMENT = "payment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disabled:
    """A configured model that is left out; `words` tell a person the reason, `remedy` what to do."""

    name: str
    reason: Why
    words: str
    remedy: str
