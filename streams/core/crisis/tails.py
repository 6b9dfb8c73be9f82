"""How unlikely a count is: the upper tails of the negative binomial and of the beta-binomial."""

import math
from typing import Final

import numpy as np

_ENOUGH: Final = 1e-12
"""Terms below this share of the sum end it."""
_LEAST: Final = 1e-300
_TERMS: Final = 1 << 14
"""That are summed at once."""


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


def upper_tail_of_share(n: int, n_all: int, share: float, correlation: float) -> float:
    """Returns P(N >= n) of a beta-binomial of `n_all` trials; variance = n_all s (1 - s) (1 + (n_all - 1) correlation).

    Summed term by term from n on. Not above the mean it is no tail and 1.0 is returned.

    Example: `upper_tail_of_share(21, 50, 0.09, 0.01)` is 2.1e-06; the binomial's is 5.5e-10.

    Args:
        n: successes.
        n_all: trials, at least n.
        share: of successes, in (0, 1).
        correlation: of two trials, in (0, 1).

    Source: the mass function in Johnson, Kemp and Kotz, Univariate Discrete Distributions (2005), 6.2.2, with
    a = s (1 / correlation - 1) and b = (1 - s) (1 / correlation - 1).
    """
    if n <= n_all * share:
        return 1.0
    strength = 1 / correlation - 1
    a, b = share * strength, (1 - share) * strength
    log_term = (
        math.lgamma(n_all + 1) - math.lgamma(n + 1) - math.lgamma(n_all - n + 1)
        + math.lgamma(n + a) + math.lgamma(n_all - n + b) - math.lgamma(n_all + strength)
        - math.lgamma(a) - math.lgamma(b) + math.lgamma(strength)
    )  # fmt: skip
    term = total = math.exp(max(log_term, math.log(_LEAST)))
    while n < n_all and term > _ENOUGH * total:
        k = np.arange(n, min(n + _TERMS, n_all), dtype=np.float64)
        terms = term * np.cumprod((n_all - k) * (k + a) / ((k + 1) * (n_all - k - 1 + b)))
        total += float(terms.sum())
        term, n = float(terms[-1]), n + len(k)
    return min(1.0, total)
