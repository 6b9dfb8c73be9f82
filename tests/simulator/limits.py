"""What a simulated model can take: context, output, requests and tokens a minute. Pure but for the caller's clock."""

from dataclasses import dataclass, fields
from typing import Final

MODEL_LEN: Final = 8_192
"""Context of the simulated vLLM and Ollama servers."""


@dataclass(slots=True, kw_only=True)
class Capacity:
    """Bounds of one model or of all models of a provider; None is unbounded (rpm, tpm) or the model's own."""

    context_tokens: int | None = None
    max_output_tokens: int | None = None
    rpm: float | None = None
    tpm: float | None = None

    @classmethod
    def parse(cls, text: str) -> "Capacity":
        """Reads `rpm:500,tpm:30000`.

        Raises:
            ValueError: a name that is none of the bounds, or no number.
        """
        pairs = dict(part.strip().split(":", 1) for part in text.split(",") if part.strip())
        unknown = set(pairs) - {field.name for field in fields(cls)}
        if unknown:
            raise ValueError(f"{', '.join(sorted(unknown))}: no such limit; known: {[f.name for f in fields(cls)]}")
        return cls(**{name: int(value) for name, value in pairs.items()})


_OWN: Final[tuple[tuple[str, int, int], ...]] = (
    ("gemini-", 1_048_576, 65_536),
    ("gpt-4", 128_000, 16_384),
    ("gpt-", 400_000, 128_000),
    ("mistral-", 131_072, 131_072),
    ("simulated-", MODEL_LEN, MODEL_LEN),
)
"""Prefix of a model's name -> its context and the most that it says."""


def own_limits(model: str) -> tuple[int, int]:
    """Returns a model's context and output limit, in its own tokens."""
    return next(((context, output) for prefix, context, output in _OWN if model.startswith(prefix)), (131_072, 16_384))


@dataclass(slots=True)
class Bucket:
    """So much a minute, refilled all the time; starts full."""

    per_minute: float
    level: float
    at: float

    @classmethod
    def full(cls, per_minute: float, now: float) -> "Bucket":
        return cls(per_minute, per_minute, now)

    def refill(self, now: float) -> None:
        self.level = min(self.per_minute, self.level + (now - self.at) * self.per_minute / 60)
        self.at = now

    def wait_s(self, amount: float, now: float) -> float:
        """Tells how long `amount` must wait; 0 where there is room."""
        self.refill(now)
        return max(0.0, (amount - self.level) * 60 / self.per_minute)


class Meter:
    """The requests and tokens that a minute leaves; takes both or neither."""

    def __init__(self) -> None:
        self.requests: Bucket | None = None
        self.tokens: Bucket | None = None

    def take(self, capacity: Capacity, n_tokens: int, now: float) -> float:
        """Takes a call and returns 0, or takes nothing and returns the seconds to wait."""
        self.requests = _fitted(self.requests, capacity.rpm, now)
        self.tokens = _fitted(self.tokens, capacity.tpm, now)
        pairs = [(bucket, n) for bucket, n in ((self.requests, 1), (self.tokens, n_tokens)) if bucket is not None]
        wait_s = max((bucket.wait_s(n, now) for bucket, n in pairs), default=0.0)
        if wait_s > 0:
            return wait_s
        for bucket, n in pairs:
            bucket.level -= n
        return 0.0


def _fitted(bucket: Bucket | None, per_minute: float | None, now: float) -> Bucket | None:
    if per_minute is None:
        return None
    return bucket if bucket is not None and bucket.per_minute == per_minute else Bucket.full(per_minute, now)
