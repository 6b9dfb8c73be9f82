"""What a router made of the script, phase by phase; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from tests.bench.router.script import Done, Phase

Calls = Mapping[str, int]
"""Model -> calls that it received."""


@dataclass(frozen=True, slots=True)
class Score:
    """One phase, or all of them. Times in seconds; `first_success_s` is None where nothing succeeded.

    A batch belongs to the phase in which it was due. `first_success_s` counts from the phase's begin to the end of the
    first batch of the phase that was answered; of the total it is the longest of all phases with a success.
    """

    name: str
    n_works: int
    n_failed: int
    n_calls: int
    n_calls_to_dead: int
    first_success_s: float | None
    p50_s: float
    p99_s: float

    def summary(self) -> dict[str, Any]:
        """Returns it as JSON has it."""
        return {
            "works": self.n_works,
            "failed": self.n_failed,
            "calls": self.n_calls,
            "calls_to_dead": self.n_calls_to_dead,
            "first_success_s": None if self.first_success_s is None else round(self.first_success_s, 3),
            "p50_s": round(self.p50_s, 3),
            "p99_s": round(self.p99_s, 3),
        }


def scores(phases: Sequence[Phase], phase_s: float, done: Sequence[Done], calls: Sequence[Calls]) -> list[Score]:
    """Scores each phase, and all of them under the name `total`.

    Args:
        phases: the script.
        phase_s: how long each phase is; the last goes on until the last batch has ended.
        done: every batch, in any order.
        calls: calls that each model received in each phase.
    """
    rows = []
    for i, (phase, received) in enumerate(zip(phases, calls, strict=True)):
        mine = [one for one in done if i * phase_s <= one.due_s < (i + 1) * phase_s]
        rows.append(_score(phase.name, mine, received, phase.dead, begin_s=i * phase_s))
    return [*rows, _total(rows, done)]


def quantile(values: Sequence[float], share: float) -> float:
    """Returns the smallest value that at least this share of the values does not exceed; 0 of none.

    Worked number: of 1 to 100, 0.99 gives 99.
    """
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else 0.0


def _score(name: str, done: Sequence[Done], received: Calls, dead: frozenset[str], *, begin_s: float) -> Score:
    took = [one.took_s for one in done]
    return Score(
        name=name,
        n_works=len(done),
        n_failed=sum(not one.ok for one in done),
        n_calls=sum(received.values()),
        n_calls_to_dead=sum(n for model, n in received.items() if model in dead),
        first_success_s=min((one.ended_s - begin_s for one in done if one.ok), default=None),
        p50_s=quantile(took, 0.5),
        p99_s=quantile(took, 0.99),
    )


def _total(rows: Sequence[Score], done: Sequence[Done]) -> Score:
    took = [one.took_s for one in done]
    return Score(
        name="total",
        n_works=len(done),
        n_failed=sum(row.n_failed for row in rows),
        n_calls=sum(row.n_calls for row in rows),
        n_calls_to_dead=sum(row.n_calls_to_dead for row in rows),
        first_success_s=max((row.first_success_s for row in rows if row.first_success_s is not None), default=None),
        p50_s=quantile(took, 0.5),
        p99_s=quantile(took, 0.99),
    )
