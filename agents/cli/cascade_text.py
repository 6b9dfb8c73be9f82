"""What `dallosh cascade` tells, as people read it."""

from collections.abc import Iterator
from typing import Final

from agents.printable import printable
from streams.core.bert_heads import HEADS
from streams.core.explanation import Explanation
from streams.core.whatif import Played

HEAD: Final = (
    "cascade", "USD/M tweets", "calls", "climbed", "no answer", *(f"{head} acc/F1" for head in HEADS), "answers",
)  # fmt: skip


def played_cells(one: Played) -> list[str]:
    """Returns a cascade's line under HEAD."""
    usd = "unknown" if one.api_usd_per_million is None else f"{one.api_usd_per_million:.2f}"
    scores = [f"{one.accuracy[head]:.3f}/{one.macro_f1[head]:.3f}" for head in HEADS]
    by = ", ".join(f"{name} {n}" for name, n in one.by_target.items())
    return [
        printable(one.name), usd, str(one.n_calls), f"{one.escalated_share:.1%}", str(one.n_unanswered), *scores,
        printable(by),
    ]  # fmt: skip


def explanation_lines(found: Explanation) -> Iterator[str]:
    """Yields a tweet's way, a line for each step and what may follow."""
    yield f"{found.n_tokens} tokens, {'VIP: begins at the top rung' if found.vip else 'an ordinary tweet'}"
    if not found.steps:
        yield "no model of level 1 is configured, or none may be called: dallosh models tells"
    for i, step in enumerate(found.steps, start=1):
        cost = "cost unknown" if step.usd_per_1000 is None else f"{step.usd_per_1000:.4f} USD per 1,000 tweets"
        yield f"{i}. {step.name} ({cost}; sees: {step.sees})"
        yield f"   {step.why}"
    if found.climb:
        yield f"on doubt one rung up: {', '.join(found.climb)}"
    for rule in found.contradictions:
        yield f"would climb if labelled {rule}"
    yield f"then: {', '.join(found.then)}"
