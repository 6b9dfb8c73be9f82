"""How many tweets may be escalated in an hour: a share of the answered ones, and an amount of money."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Final

from streams.core.budget import NANO_USD
from streams.core.limits import LimitRules

HOUR_S: Final = 3_600


def each_usd(cost_usd: Decimal | None, n_wanted: int) -> Decimal:
    """Returns one tweet's part of the cost of all, rounded up to what is shared; 0 where no price is known."""
    return (cost_usd / n_wanted).quantize(NANO_USD, ROUND_CEILING) if cost_usd and n_wanted > 0 else Decimal(0)


@dataclass(slots=True)
class ClimbCaps:
    """What a UTC hour has answered and escalated; the next hour begins at 0."""

    hour: int = 0
    n_answered: int = 0
    n_climbed: int = 0
    spent_usd: Decimal = Decimal(0)

    def grant(self, n_wanted: int, *, n_answered: int, cost_usd: Decimal | None, rules: LimitRules, now: float) -> int:
        """Counts answers and returns how many of the wanted, who cost so much together, may climb; counts these, too.

        1,000 answers allow 50 at a share of 0.05, and none are needed for the first 20.
        """
        self._turn(now)
        each = each_usd(cost_usd, n_wanted)
        self.n_answered += n_answered
        n_granted = max(0, min(n_wanted, self._n_by_share(rules), self._n_by_money(each, n_wanted, rules)))
        self.n_climbed += n_granted
        self.spent_usd += each * n_granted
        return n_granted

    def _turn(self, now: float) -> None:
        hour = int(now // HOUR_S)
        if hour not in (self.hour, self.hour - 1):
            self.hour, self.n_answered, self.n_climbed, self.spent_usd = hour, 0, 0, Decimal(0)

    def _n_by_share(self, rules: LimitRules) -> int:
        if rules.escalation_share <= 0:
            return 0
        return max(rules.escalation_floor, int(self.n_answered * rules.escalation_share)) - self.n_climbed

    def _n_by_money(self, each: Decimal, n_wanted: int, rules: LimitRules) -> int:
        if rules.escalation_usd_per_hour <= 0:
            return 0
        return int((rules.escalation_usd_per_hour - self.spent_usd) // each) if each else n_wanted
