"""What the UTC day has cost, by budget, against what it may cost."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

DAY_S: Final = 86_400
LEVEL: Final = ""
"""The name of the whole level's budget; no model has it."""

NANO_USD: Final = Decimal("1e-9")
"""The smallest amount that is shared: a token of the cheapest model costs fifty."""


def day_of(now: float) -> int:
    """Returns the UTC day of a moment, in days since 1970."""
    return int(now // DAY_S)


@dataclass(slots=True)
class DayBudget:
    """The spending of one day, reservations included; the next day begins at 0.

    A clock that steps back over midnight does not open the day before again.
    """

    day: int = 0
    spent: dict[str, Decimal] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)

    def turn(self, now: float) -> None:
        """Begins the day of `now` where it has not begun."""
        day = day_of(now)
        if day not in (self.day, self.day - 1):
            self.day = day
            self.spent.clear()
            self.told.clear()

    def takes(self, name: str, cost_usd: Decimal, budget_usd: Decimal | None) -> bool:
        """Tells whether a cost fits into what is left of a budget."""
        return budget_usd is None or not cost_usd or self.spent_usd(name) + cost_usd <= budget_usd

    def add(self, name: str, cost_usd: Decimal) -> None:
        """Counts a cost, negative where a reservation was too high, for its model and for the level."""
        for one in (name, LEVEL):
            self.spent[one] = max(Decimal(0), self.spent_usd(one) + cost_usd)

    def spent_usd(self, name: str) -> Decimal:
        """Returns what a budget has paid today."""
        return self.spent.get(name, Decimal(0))

    def is_soft_reached(self, name: str, budget_usd: Decimal | None, soft_share: float) -> bool:
        """Tells once a day that a budget's soft share is spent."""
        if budget_usd is None or name in self.told or self.spent_usd(name) < budget_usd * Decimal(str(soft_share)):
            return False
        self.told.add(name)
        return True

    def left_s(self, now: float) -> float:
        """Returns how long the day lasts."""
        return max(0.0, (self.day + 1) * DAY_S - now)
