"""Which departments tweets name: by population, Île-de-France more often, other ones each half-day."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

LOCATED_SHARE: Final = 0.096
"""Of all tweets: those that name a place."""
_CAPITAL_FACTOR: Final = 1.8
_CAPITAL: Final = frozenset({"75", "77", "78", "91", "92", "93", "94", "95"})
_HALF_DAY_CV: Final = 0.4
_HALF_DAY_MINUTES: Final = 720

THOUSANDS: Final[Mapping[str, int]] = {
    "01": 663, "02": 527, "03": 335, "04": 166, "05": 141, "06": 1104, "07": 332, "08": 267, "09": 155, "10": 311,
    "11": 377, "12": 280, "13": 2057, "14": 701, "15": 144, "16": 351, "17": 661, "18": 299, "19": 240, "21": 535,
    "22": 607, "23": 115, "24": 413, "25": 548, "26": 520, "27": 599, "28": 432, "29": 921, "2A": 162, "2B": 185,
    "30": 757, "31": 1434, "32": 192, "33": 1654, "34": 1201, "35": 1099, "36": 217, "37": 613, "38": 1284, "39": 259,
    "40": 422, "41": 328, "42": 770, "43": 228, "44": 1457, "45": 683, "46": 175, "47": 331, "48": 77, "49": 822,
    "50": 496, "51": 564, "52": 170, "53": 306, "54": 732, "55": 181, "56": 769, "57": 1050, "58": 203, "59": 2611,
    "60": 829, "61": 277, "62": 1460, "63": 663, "64": 691, "65": 230, "66": 487, "67": 1152, "68": 768, "69": 1894,
    "70": 233, "71": 549, "72": 567, "73": 442, "74": 841, "75": 2133, "76": 1255, "77": 1438, "78": 1456, "79": 375,
    "80": 569, "81": 392, "82": 263, "83": 1095, "84": 563, "85": 694, "86": 439, "87": 372, "88": 360, "89": 334,
    "90": 140, "91": 1313, "92": 1626, "93": 1668, "94": 1415, "95": 1256, "971": 384, "972": 361, "973": 286,
    "974": 871, "976": 270,
}  # fmt: skip
"""Inhabitants of the departments in 2021, thousands (INSEE)."""

CODES: Final = tuple(THOUSANDS)


def shares() -> NDArray[np.float64]:
    """Returns how often each department of `CODES` is named, of all places; the sum is 1."""
    named = np.array([n * (_CAPITAL_FACTOR if code in _CAPITAL else 1.0) for code, n in THOUSANDS.items()])
    return np.asarray(named / named.sum())


_SHARES: Final = shares()


class Geography:
    """Draws the departments of one stream's tweets."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def at(self, minute: int) -> NDArray[np.float64]:
        """Returns the shares in the half-day of a minute, gamma factors of mean 1 and CV .4 on the usual ones."""
        shape = _HALF_DAY_CV**-2
        rng = np.random.default_rng((self._seed, 5, minute // _HALF_DAY_MINUTES))
        named = _SHARES * rng.gamma(shape, 1 / shape, len(_SHARES))
        return np.asarray(named / named.sum())

    def draw(self, minute: int, n: int, rng: np.random.Generator) -> list[str | None]:
        """Returns for each of `n` tweets the department that it names, mostly none."""
        is_located = rng.random(n) < LOCATED_SHARE
        departments: list[str | None] = [None] * n
        there = np.flatnonzero(is_located)
        if len(there):
            codes = np.minimum(np.searchsorted(self.at(minute).cumsum(), rng.random(len(there))), len(CODES) - 1)
            for at, code in zip(there.tolist(), codes.tolist(), strict=True):
                departments[at] = CODES[code]
        return departments


def draw_department(rng: np.random.Generator) -> str:
    """Returns the department of a local incident."""
    return CODES[int(rng.choice(len(CODES), p=_SHARES))]
