"""In which order the targets get a batch: the cheapest first, by the price table and our own token counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from streams.core.limits import Ask
from streams.core.pricing import PriceTable, Usage, cost_of
from streams.core.profiles import SEED, TOP_RUNG, Target
from streams.core.prompt import OUT_TOKENS_PER_ITEM
from streams.core.ratios import Ratios

_UNKNOWN: Final = Decimal("Infinity")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A call as every target would get it, in o200k tokens: the fixed prompt, the lines, and how many of them."""

    prompt_tokens: int
    tweet_tokens: int
    n_tweets: int


@dataclass(frozen=True, slots=True)
class Need:
    """Which rungs may answer a part.

    Ordinary tweets take any rung below the top. An escalated one takes the lowest rung from `floor` on. A VIP begins at
    the top and comes down where the top cannot take it.
    """

    floor: int = 0
    vip: bool = False

    @property
    def escalated(self) -> bool:
        """Whether a lower rung has answered before."""
        return self.floor > 0


ORDINARY: Final = Need()
VIP: Final = Need(vip=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A target and what the call is expected to take of it; its cost is None where the price is unknown.

    `counted_tokens` are the input tokens before the correction by what the provider's usage has shown.
    """

    target: Target
    cost_usd: Decimal | None
    usage: Usage
    counted_tokens: int

    def ask(self, level_budget_usd: Decimal | None) -> Ask:
        """Returns what the call takes of the target's bounds and of the level's budget of the day."""
        target, profile = self.target, self.target.profile
        return Ask(
            target=target.name,
            model=target.full_model,
            n_tokens=self.usage.input_tokens + self.usage.output_tokens,
            cost_usd=self.cost_usd,
            rpm=profile.rpm,
            tpm=profile.tpm,
            budget_usd=profile.budget_usd_per_day,
            level_budget_usd=level_budget_usd,
        )


def expected_usage(target: Target, load: Load, seen: Ratios | None = None) -> Usage:
    """Returns what a call would take, in the model's own tokens, as its provider's past usage corrects it."""
    n_counted = counted_tokens(target, load)
    n_input = round(n_counted * (seen.ratio(target.model) if seen else 1.0))
    return Usage(
        input_tokens=n_input,
        output_tokens=round(load.n_tweets * OUT_TOKENS_PER_ITEM * target.profile.token_ratio),
        cached_tokens=round(n_input * seen.cached_share(target.model)) if seen else 0,
    )


def counted_tokens(target: Target, load: Load) -> int:
    """Returns a call's input tokens as counted offline."""
    return round((load.prompt_tokens + load.tweet_tokens) * target.profile.token_ratio)


def rank(targets: Iterable[Target], prices: PriceTable, load: Load, seen: Ratios | None = None) -> tuple[Ranked, ...]:
    """Returns the targets by the expected cost of this call; the business's order decides between equals.

    A target whose price is unknown stands behind all that are known: unknown is not cheap.

    Args:
        targets: who may be asked.
        prices: the table in force.
        load: the call.
        seen: what the providers' usage has shown; None: nothing yet.
    """
    ranked = []
    for target in targets:
        usage, price = expected_usage(target, load, seen), prices.price(target.profile.price_ref)
        cost = cost_of(price, usage) if price is not None else None
        ranked.append(Ranked(target=target, cost_usd=cost, usage=usage, counted_tokens=counted_tokens(target, load)))
    return tuple(sorted(ranked, key=_by_cost))


def candidates(ranked: Sequence[Ranked], need: Need) -> tuple[Ranked, ...]:
    """Returns who may answer, first choice first.

    The top rung answers ordinary tweets only in a deployment that has nothing below it.
    """
    if need.vip:
        return tuple(sorted(ranked, key=lambda one: -one.target.profile.rung))
    if not need.escalated:
        below = tuple(one for one in ranked if one.target.profile.rung < TOP_RUNG)
        return below or tuple(ranked)
    above = [one for one in ranked if one.target.profile.rung >= need.floor]
    rung = min((one.target.profile.rung for one in above), default=None)
    return tuple(one for one in above if one.target.profile.rung == rung)


@dataclass(slots=True)
class Rota:
    """Shares calls among the deployments of one model by their weights (smooth weighted round-robin, as in nginx).

    A deployment that takes no calls for a while is owed one round at most when it is back.
    """

    _owed: dict[str, int] = field(default_factory=dict)

    def spread(self, ranked: Sequence[Ranked]) -> tuple[Ranked, ...]:
        """Returns the same targets; where several are the same model, the one whose turn it is stands first."""
        groups: dict[str, list[Ranked]] = {}
        for one in ranked:
            groups.setdefault(one.target.full_model, []).append(one)
        turns = (sorted(group, key=lambda one: -self._after(one.target)) for group in groups.values())
        return tuple(one for group in turns for one in group)

    def took(self, taken: Target, ranked: Iterable[Ranked]) -> None:
        """Counts a call that one of the targets got; only then is it the turn of another deployment of that model."""
        peers = [one.target for one in ranked if one.target.full_model == taken.full_model]
        total = sum(one.weight for one in peers)
        for one in peers:
            owed = self._after(one) - (total if one.name == taken.name else 0)
            self._owed[one.name] = max(-total, min(total, owed))

    def _after(self, one: Target) -> int:
        return self._owed.get(one.name, 0) + one.weight


def _by_cost(one: Ranked) -> tuple[Decimal, int]:
    return (_UNKNOWN if one.cost_usd is None else one.cost_usd, SEED[one.target.profile.role])
