"""One provider's or one model's part in the simulator: how it behaves, what it can take, and what it saw."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.simulator.limits import Capacity, Meter
from tests.simulator.modes import Mode

KEPT_BODIES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Latency:
    """How long an answer takes: a time before it, and a time for each of its tokens."""

    base_s: float = 0.0
    per_token_s: float = 0.0

    @classmethod
    def parse(cls, text: str) -> "Latency":
        """Reads `400:8`: milliseconds before the answer, and for each output token."""
        base, _, token = text.partition(":")
        return cls(float(base) / 1000, float(token or 0) / 1000)

    def of(self, n_out: int) -> float:
        """Worked number: 400:8 and 600 tokens take 5.2 s."""
        return self.base_s + self.per_token_s * n_out


@dataclass(slots=True)
class Played:
    """A part: its mode (for `n_left` calls, then none of its own; None is for ever), its bounds and its counters.

    A model whose mode is None behaves as its provider does. `models` are the provider's known ones; empty: any.
    Input tokens and tweets are counted when a call arrives, output tokens and answered tweets when it is answered.
    """

    mode: Mode | None = None
    n_left: int | None = None
    capacity: Capacity = field(default_factory=Capacity)
    latency: Latency | None = None
    models: frozenset[str] = frozenset()
    meter: Meter = field(default_factory=Meter)
    n_calls: int = 0
    n_tweets: int = 0
    n_answered_tweets: int = 0
    input_tokens: int = 0
    paid_input_tokens: int = 0
    output_tokens: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    bodies: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_BODIES))

    def next_mode(self) -> Mode | None:
        """Returns how the next call is answered, and counts it where the mode is for so many."""
        mode = self.mode
        if mode is not None and self.n_left is not None:
            self.n_left -= 1
            if self.n_left <= 0:
                self.mode, self.n_left = None, None
        return mode

    def forget(self) -> None:
        """Starts anew: no mode, no bounds, no counts."""
        self.mode, self.n_left, self.capacity, self.latency = None, None, Capacity(), None
        self.models, self.meter = frozenset(), Meter()
        self.n_calls = self.n_tweets = self.n_answered_tweets = self.input_tokens = self.paid_input_tokens = (
            self.output_tokens
        ) = 0
        self.outcomes.clear()
        self.bodies.clear()

    def stats(self) -> dict[str, Any]:
        """Returns the counters; `statuses` has HTTP statuses, and `dropped` and `hang` where there was none."""
        return {
            "mode": (self.mode or Mode.OK).value,
            "calls": self.n_calls,
            "tweets": self.n_tweets,
            "answered_tweets": self.n_answered_tweets,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "statuses": dict(sorted(self.outcomes.items())),
        }


class Parts(dict[str, Played]):
    """Parts by provider ("openai"); those of models ("openai/gpt-4o") are made when they are first spoken of."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__({name: Played() for name in names})
        self.models: dict[str, Played] = {}

    def model(self, provider: str, model: str) -> Played:
        """Returns a model's part."""
        return self.models.setdefault(f"{provider}/{model}", Played())

    def named(self, name: str) -> Played:
        """Returns a part by its name.

        Raises:
            KeyError: no such provider.
        """
        provider, _, model = name.partition("/")
        found = self[provider]
        return self.model(provider, model) if model else found

    def mode_of_next(self, provider: str, model: str) -> Mode:
        """Returns how the next call is answered: as the model does, else as its provider does."""
        own = self.model(provider, model)
        return (own if own.mode is not None else self[provider]).next_mode() or Mode.OK

    def bounding(self, provider: str, model: str) -> Played:
        """Returns the part whose rate limits a call must keep: the model's where it has any."""
        own = self.model(provider, model)
        return own if (own.capacity.rpm, own.capacity.tpm) != (None, None) else self[provider]

    def latency(self, provider: str, model: str) -> Latency:
        """Returns how long this model's answers take."""
        own = self.model(provider, model)
        return own.latency or self[provider].latency or Latency()

    def forget(self) -> None:
        """Starts anew: every part behaves, is unbounded and has seen nothing."""
        self.models.clear()
        for part in self.values():
            part.forget()

    def stats(self) -> dict[str, dict[str, Any]]:
        """Returns the counters by provider, and under `models` those of each of its models."""
        found: dict[str, dict[str, Any]] = {name: {**part.stats(), "models": {}} for name, part in self.items()}
        for name, part in self.models.items():
            provider, _, model = name.partition("/")
            found[provider]["models"][model] = part.stats()
        return found
