"""Who labelled how much when: a table by level and time, and what the calls cost, for people to read."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from schemas.spend import Spend
from schemas.taxonomy import Level
from tests.e2e.watch import Labelled

BUCKET_S: Final = 5
BAR: Final = {Level.API: "#", Level.GPU: "+", Level.BERT: "."}
WIDTH: Final = 40


@dataclass(frozen=True, slots=True)
class Phase:
    """What was played from an instant (seconds since 1970) on."""

    name: str
    at: float


def shares_over_time(labelled: Iterable[Labelled], phases: Sequence[Phase]) -> Iterator[str]:
    """Yields a line per bucket: seconds since the first phase, tweets and their share by level, what was played."""
    buckets: dict[int, Counter[Level]] = {}
    for one in labelled:
        buckets.setdefault(_bucket(one.classified_at.timestamp(), phases), Counter())[one.level] += 1
    yield f"{'s':>4} {'tweets':>6} {'api':>5} {'gpu':>5} {'bert':>5}  {'# api  + gpu  . bert':<{WIDTH}}  from here on"
    for bucket in range(min(buckets), max(buckets) + 1):
        counts = buckets.get(bucket, Counter())
        shares = [counts[level] / max(1, counts.total()) for level in BAR]
        percent = " ".join(f"{100 * one:4.0f}%" for one in shares)
        bar = "".join(mark * round(WIDTH * one) for mark, one in zip(BAR.values(), shares, strict=True))
        began = "; ".join(phase.name for phase in phases if _bucket(phase.at, phases) == bucket)
        yield f"{bucket * BUCKET_S:>4} {counts.total():>6} {percent}  {bar[:WIDTH]:<{WIDTH}}  {began}".rstrip()


def calls_by_target(spend: Iterable[Spend]) -> Iterator[str]:
    """Yields a line per target: calls, those that failed, tweets answered, and what they would have cost."""
    by_target: dict[str, list[Spend]] = {}
    for event in spend:
        by_target.setdefault(event.target or event.model, []).append(event)
    yield f"{'simulated model':<32} {'calls':>6} {'failed':>6} {'tweets':>7}  USD"
    for target, events in sorted(by_target.items()):
        n_failed = sum(event.outcome == "failed" for event in events)
        n_answered = sum(event.n_answered for event in events)
        yield f"{target:<32} {len(events):>6} {n_failed:>6} {n_answered:>7}  {_usd(known_usd(events))}"


def known_usd(spend: Iterable[Spend]) -> Decimal | None:
    """Returns the sum of the costs that are known; None where none is."""
    costs = [event.cost_usd for event in spend if event.cost_usd is not None]
    return sum(costs, Decimal(0)) if costs else None


def _usd(cost: Decimal | None) -> str:
    return "unknown" if cost is None else f"{cost:.6f}"


def _bucket(at: float, phases: Sequence[Phase]) -> int:
    return int((at - phases[0].at) // BUCKET_S)
