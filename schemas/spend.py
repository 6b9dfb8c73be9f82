"""What one call to a model used and cost; the value of `ops.spend`. Never carries a text."""

from decimal import Decimal
from typing import Literal

import msgspec

from schemas.instant import Instant
from schemas.taxonomy import DataPolicy, Level

Outcome = Literal["ok", "partial", "failed"]


class Spend(msgspec.Struct, frozen=True, kw_only=True):
    """One call to a model, successful or not.

    `cost_usd` is None when no price is known: unknown is never 0. `policy_reason` says why the target saw what it saw.
    `target` names the deployment where one model has several. `n_by_service` counts the answered tweets by the service
    that their topic names (`Service`), so that a call's cost can be shared among the services; it sums to `n_answered`.
    `escalated`: a rung above where the tweets began; `n_vip` counts the VIPs among `n_tweets`.
    """

    id: str
    at: Instant
    stage: str
    level: Level
    provider: str
    model: str
    policy: DataPolicy
    policy_reason: str
    n_tweets: int
    n_answered: int
    attempt: int
    outcome: Outcome
    latency_s: float
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    thought_tokens: int | None = None
    price_version: str | None = None
    cost_usd: Decimal | None = None
    error: str | None = None
    target: str | None = None
    escalated: bool = False
    n_vip: int = 0
    n_by_service: dict[str, int] = {}
