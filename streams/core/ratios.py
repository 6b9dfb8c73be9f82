"""How far the offline token counts are off for each model, learnt from the usage that the providers report."""

from typing import Final

WEIGHT: Final = 0.2
"""Share of the newest call in the average: what a changed tokenizer did shows after about ten calls."""

LEAST: Final = 0.5
MOST: Final = 2.0
"""Bounds of a ratio: what lies beyond is a provider that counts wrongly, not a tokenizer."""


class Ratios:
    """Real input tokens per estimated one: an exponential average per model, 1.0 until a model has answered.

    Example: three calls estimated at 1,000 tokens that took 1,100 each give 1 + 0.1 * (1 - 0.8**3) = 1.049.
    """

    def __init__(self) -> None:
        self._ratios: dict[str, float] = {}
        self._cached: dict[str, float] = {}

    def observe(self, model: str, estimated: int, real: int | None) -> None:
        """Takes note of a call.

        Args:
            model: whose tokens they are.
            estimated: input tokens as counted offline, NOT corrected by this ratio: the average would chase itself.
            real: input tokens of the provider's usage; None or 0 where it reports none, which says nothing.
        """
        if estimated <= 0 or not real or real < 0:
            return
        seen = min(max(real / estimated, LEAST), MOST)
        before = self.ratio(model)
        self._ratios[model] = before + WEIGHT * (seen - before)

    def ratio(self, model: str) -> float:
        """Returns by what a model's estimate is multiplied, within [`LEAST`, `MOST`]."""
        return self._ratios.get(model, 1.0)

    def observe_cache(self, model: str, cached: int | None, real: int | None) -> None:
        """Takes note of how much of a call's input its provider had in its cache; None where it does not say."""
        if cached is None or not real or real < 0:
            return
        seen = min(max(cached / real, 0.0), 1.0)
        before = self.cached_share(model)
        self._cached[model] = before + WEIGHT * (seen - before)

    def cached_share(self, model: str) -> float:
        """Returns the share of a model's input tokens that is expected to be cached, in [0, 1]; 0 at first."""
        return self._cached.get(model, 0.0)
