"""Elements of SVG and HTML as text: every word and every attribute escaped, and axes with round numbers."""

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import Final, NamedTuple

N_TICKS: Final = 5


class Markup(str):
    """Text that is markup already; any other string is escaped where it is put into an element."""

    __slots__ = ()


def element(name: str, *children: str, **attributes: object) -> Markup:
    """Returns an element.

    Args:
        name: of the element.
        children: markup as it is, other strings escaped.
        attributes: `class_` is class, `_` in any other name is `-`; None leaves the attribute out.
    """
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_plain(value), quote=True)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{told}>{joined(children)}</{name}>")


def joined(parts: Iterable[str]) -> Markup:
    """Returns the parts one after the other, escaped where they are no markup."""
    return Markup("".join(part if isinstance(part, Markup) else escape(part, quote=False) for part in parts))


class Scale(NamedTuple):
    """Maps values from 0 to `top` to places from `start` to `end`."""

    top: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Returns the place of a value."""
        return self.start + (self.end - self.start) * value / self.top


def ticks(most: float) -> Sequence[float]:
    """Returns round numbers from 0 to the first that is not below `most`, some `N_TICKS` of them.

    Example: 17 gives 0, 5, 10, 15, 20.
    """
    if most <= 0:
        return (0.0, 1.0)
    rough = most / N_TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(one * power for one in (1, 2, 2.5, 5, 10) if one * power >= rough * (1 - 1e-9))
    return [step * i for i in range(math.ceil(most / step - 1e-9) + 1)]


def _plain(value: object) -> str:
    """Writes numbers with two digits at most, so that the file stays small."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
