"""Where each model stands in the order of a batch and why, for people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from streams.core.breaker import BreakerState
from streams.core.bucket import Rate
from streams.core.limits import TargetState
from streams.core.order import ORDINARY, Load, Ranked, candidates, rank
from streams.core.pricing import Price, PriceTable
from streams.core.profiles import Target

TWEETS: Final = 1_000
"""Costs are told for so many tweets."""

_ALMOST: Final = 0.5
"""Tokens by which a bucket that is read a moment later may differ from a full one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One target: its place among those that ordinary tweets go to now, None where they do not, and why.

    `usd_per_1000` is None where no price is known. `state` is None where nothing is known of it.
    """

    target: Target
    position: int | None
    why: str
    price: Price | None
    usd_per_1000: Decimal | None
    state: TargetState | None


def standings(
    targets: Iterable[Target],
    prices: PriceTable,
    load: Load,
    states: Mapping[str, TargetState] | None = None,
    *,
    level_budget_usd: Decimal | None = None,
) -> tuple[Standing, ...]:
    """Returns all targets, first those that ordinary tweets go to, in that order.

    Args:
        targets: in the business's order.
        prices: the table in force.
        load: the batch that they are ranked for.
        states: by target's name; None where nobody knows, then all count as healthy.
        level_budget_usd: of one day, for all targets together; None: unbounded.
    """
    states = states or {}
    ranked = rank(targets, prices, load)
    ordinary = candidates(ranked, ORDINARY)
    barred = {
        one.target.name: words
        for one in ranked
        if (words := _barred(one, states.get(one.target.name), level_budget_usd))
    }
    open_now = [one for one in ordinary if one.target.name not in barred]
    rest = [one for one in ranked if one not in open_now]
    return tuple(
        Standing(
            target=one.target,
            position=None if one not in open_now else i,
            why=barred.get(one.target.name)
            or (_why(open_now, one) if one in open_now else "only escalated tweets and VIPs"),
            price=prices.price(one.target.profile.price_ref),
            usd_per_1000=None if one.cost_usd is None else one.cost_usd * TWEETS / load.n_tweets,
            state=states.get(one.target.name),
        )
        for i, one in enumerate((*open_now, *rest), start=1)
    )


def _why(open_now: Sequence[Ranked], one: Ranked) -> str:
    """Tells what gives a target its place among those that may answer."""
    peers = [peer for peer in open_now if peer.target.full_model == one.target.full_model]
    if len(peers) > 1:
        weights = sum(peer.target.weight for peer in peers)
        return f"shares the calls to {one.target.model}: {one.target.weight} of {weights}"
    if one.cost_usd is None:
        return "its price is unknown: behind all that are known"
    same = [peer.target.name for peer in open_now if peer.cost_usd == one.cost_usd and peer is not one]
    if same:
        return f"costs the same as {same[0]}: the business's order decides"
    cheapest = open_now[0].cost_usd
    if cheapest is None or one is open_now[0]:
        return "the cheapest"
    return f"{one.cost_usd / cheapest:.2f} times the cheapest" if cheapest else "dearer than the cheapest"


def _barred(one: Ranked, state: TargetState | None, level_budget_usd: Decimal | None) -> str:
    """Tells why a target takes no call now, empty where it does."""
    if state is None:
        return ""
    budget, tpm = one.target.profile.budget_usd_per_day, one.target.profile.tpm
    if state.breaker is BreakerState.OPEN:
        why = "disabled: its provider refuses it; probed in" if state.disabled else "breaker open for"
        return f"{why} {state.open_for_s:.0f} s"
    if words := _no_money(state.spent_today_usd, one.cost_usd, budget):
        return f"its budget of the day {words}"
    if words := _no_money(state.level_spent_today_usd, one.cost_usd, level_budget_usd):
        return f"the level's budget of the day {words}"
    if state.rpm_left is not None and state.rpm_left < 1:
        return "out of requests for the moment"
    if state.tpm_left is not None and tpm is not None and state.tpm_left < _needed(one, tpm):
        return "out of tokens for the moment"
    return ""


def _no_money(spent_usd: Decimal, cost_usd: Decimal | None, budget_usd: Decimal | None) -> str:
    """Tells why a budget refuses the call; reservations keep it from ever being spent to the last."""
    if budget_usd is None or not cost_usd:
        return ""
    if spent_usd >= budget_usd:
        return "is spent"
    return "has too little left for a full batch" if spent_usd + cost_usd > budget_usd else ""


def _needed(one: Ranked, tpm: int) -> float:
    """Returns the tokens at which the call may go; one that is larger than the bucket goes when that is full."""
    return min(one.usage.input_tokens + one.usage.output_tokens, Rate.of(tpm).capacity - _ALMOST)
