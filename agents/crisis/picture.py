"""A picture of a family's complaints against what was expected of them, alerts shaded; drawn by matplotlib."""

import importlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Final

from streams.core.crisis.calendar import ZONE, instant_of
from streams.core.crisis.curve import BAND_SHARE, DAY, Curve
from streams.core.crisis.incidents import Incident
from streams.core.crisis.intake import ALL
from streams.errors import MissingToolError

_INCHES: Final = (12.0, 5.0)
_DPI: Final = 120
_COUNTED, _USUAL, _CONFIRMED, _SUSPECTED = "#1f4e79", "#7f7f7f", "#c0392b", "#d9a400"
_SPANS: Final = {60: "hour", DAY: "day"}


@dataclass(frozen=True, slots=True)
class Shade:
    """A stretch of the picture in which an alert was there."""

    start: datetime
    end: datetime
    label: str
    confirmed: bool


def load_matplotlib() -> None:
    """Imports what draws.

    Raises:
        MissingToolError: it is not installed.
    """
    try:
        importlib.import_module("matplotlib")
    except ImportError:
        raise MissingToolError(
            "matplotlib is not installed, and nothing else draws",
            remedy="Install the extra plot: pip install 'matplotlib>=3.10,<4' in the environment of dallosh",
        ) from None


def shades_of(found: Iterable[Incident], curve: Curve) -> list[Shade]:
    """Returns where alerts of a curve's family, or of `all`, lie in its span; one that goes on ends with the span."""
    first, last = instant_of(curve.start), instant_of(curve.end)
    shades = []
    for one in _with_children(found):
        end = one.closed_at or last
        if one.topic in (curve.family, ALL) and one.first_seen_at < last and end > first:
            is_confirmed = one.confirmed_at is not None
            shades.append(Shade(max(first, one.first_seen_at), min(last, end), _label(one), is_confirmed))
    return shades


def draw(curve: Curve, found: Iterable[Incident]) -> bytes:
    """Returns a PNG.

    Raises:
        MissingToolError: matplotlib is not installed.
    """
    load_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_INCHES, dpi=_DPI, layout="constrained")
    axes = figure.subplots()
    _draw_counts(axes, curve)
    _draw_shades(axes, shades_of(found, curve))
    _name(axes, curve)
    png = BytesIO()
    FigureCanvasAgg(figure).print_png(png)
    return png.getvalue()


def _draw_counts(axes: Any, curve: Curve) -> None:
    points = curve.points()
    edges = [*(point.start.astimezone(UTC) for point in points), instant_of(curve.end)]
    low, high = [point.low for point in points], [point.high for point in points]
    expected, counted = [point.expected for point in points], [point.n for point in points]
    axes.fill_between(edges, _closed(low), _closed(high), step="post", color=_USUAL, alpha=0.25, linewidth=0,
                      label=f"usual ({BAND_SHARE:.0%})")  # fmt: skip
    axes.step(edges, _closed(expected), where="post", color=_USUAL, linewidth=1, label="expected")
    axes.step(edges, _closed(counted), where="post", color=_COUNTED, linewidth=1.2, label="complaints")
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, max([4, *counted, *high]) * 1.15)


def _draw_shades(axes: Any, shades: Sequence[Shade]) -> None:
    """Shades alerts; labels stand upright at the left edge, so that those of neighbours do not run into each other."""
    for shade in shades:
        color = _CONFIRMED if shade.confirmed else _SUSPECTED
        axes.axvspan(shade.start, shade.end, color=color, alpha=0.15, linewidth=0)
        axes.axvline(shade.start, color=color, linewidth=0.8)
        axes.text(shade.start, 0.98, f" {shade.label}", transform=axes.get_xaxis_transform(), rotation=90, va="top",
                  ha="right", fontsize=8, color=color)  # fmt: skip


def _name(axes: Any, curve: Curve) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(tz=ZONE)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=ZONE))
    first, last = (instant_of(minute).astimezone(ZONE) for minute in (curve.start, curve.end))
    axes.set_title(f"{curve.family}: {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}, French time", loc="left")
    axes.set_ylabel(f"complaints per {_SPANS.get(curve.width, f'{curve.width} min')}")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, frameon=False, fontsize=8)


def _closed(values: Sequence[float]) -> list[float]:
    """Repeats the last value, which holds until the end of its span."""
    return [*values, values[-1]]


def _with_children(found: Iterable[Incident]) -> Iterator[Incident]:
    for one in found:
        yield one
        yield from one.children


def _label(incident: Incident) -> str:
    place = f" {incident.area.code}" if incident.scope in ("local", "regional") else ""
    return f"{incident.topic} {incident.scope}{place}" + ("" if incident.confirmed_at else ", suspected")
