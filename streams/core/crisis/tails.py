"""How unlikely a count is: the upper tail of the negative binomial."""

import math
from typing import Final

_ENOUGH: Final = 1e-12
"""Terms below this share of the sum end it."""
_LEAST: Final = 1e-300


def upper_tail(n: int, expected: float, dispersion: float) -> float:
    """Returns P(N >= n) of a negative binomial with a mean and a dispersion r; variance = mean + mean^2 / r.

    Summed term by term from n on, where the terms fall; above the mean it ends after some tens of them. Below the mean
    it is no tail and 1.0 is returned.

    Example: `upper_tail(3, 0.05, 6)` is 3.1e-05; the Poisson's is 2.0e-05.

    Source: the mass function in Hilbe, Negative Binomial Regression (2011), 8.2: C(n+r-1, n) p^n (1-p)^r with
    p = mean / (mean + r).
    """
    if n <= expected or expected <= 0:
        return 1.0 if n <= 0 or expected > 0 else 0.0
    share = expected / (expected + dispersion)
    log_term = (
        math.lgamma(n + dispersion) - math.lgamma(dispersion) - math.lgamma(n + 1)
        + n * math.log(share) + dispersion * math.log1p(-share)
    )  # fmt: skip
    term = total = math.exp(max(log_term, math.log(_LEAST)))
    while term > _ENOUGH * total:
        term *= share * (n + dispersion) / (n + 1)
        total += term
        n += 1
    return min(1.0, total)
