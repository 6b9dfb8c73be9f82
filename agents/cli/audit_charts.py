"""The charts of the report: who cannot tell the colours apart tells by pattern, shape and label."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from agents.cli.audit_svg import Markup, Scale, element, joined, ticks

WIDTH: Final = 720
_LEFT: Final = 62
_RIGHT: Final = 14
_TOP: Final = 14
_PLOT: Final = 210
_ROW: Final = 26
_LABEL: Final = 150
_VALUE: Final = 62
_SWATCH: Final = 22

Text = Callable[[float], str]


class Column(NamedTuple):
    """A column: the bar ends at `bar`, a line goes on to `far`, a diamond stands at `mark`; None is not drawn."""

    name: str
    bar: float | None
    far: float | None
    mark: float | None


class Line(NamedTuple):
    """A line through points, which may be few."""

    name: str
    points: Sequence[tuple[float, float]]


class Bar(NamedTuple):
    """A bar of parts, one behind the other, with the text at its end."""

    name: str
    parts: Sequence[float]
    told: str


def columns(title: str, rows: Sequence[Column], *, unit: str, x_title: str, told: Sequence[str]) -> Markup:
    """Returns columns under their names.

    Args:
        title: what a reader who sees no picture is told.
        rows: from left to right.
        unit: title of the axis of values.
        x_title: title of the axis of names.
        told: what bar, line and diamond mean.
    """
    most = max((value for row in rows for value in row[1:] if value is not None), default=0.0)
    steps = ticks(most)
    y = Scale(steps[-1], _TOP + _PLOT, _TOP)
    pitch = (WIDTH - _LEFT - _RIGHT) / max(len(rows), 1)
    drawn: list[str] = [_y_axis(steps, y, unit, _number)]
    for place, row in enumerate(rows):
        drawn += _column(row, _LEFT + pitch * (place + 0.5), min(pitch * 0.6, 46.0), y)
        drawn.append(_label(row.name, _LEFT + pitch * (place + 0.5), _TOP + _PLOT + 16, pitch))
    height = _TOP + _PLOT + 62
    drawn.append(element("text", x_title, x=_LEFT + (WIDTH - _LEFT - _RIGHT) / 2, y=_TOP + _PLOT + 36, class_="axis"))
    shapes = (
        lambda x, at: element("rect", x=x, y=at - 9, width=14, height=10, class_="bar"),
        lambda x, at: element("path", d=f"M{x + 7} {at + 1}v-10M{x + 2} {at - 9}h10", class_="far"),
        lambda x, at: _diamond(x + 7, at - 4),
    )
    drawn.append(_legend([(shape, words) for shape, words in zip(shapes, told, strict=True)], height - 6))
    return _svg(title, height, drawn)


def lines(title: str, curves: Sequence[Line], *, unit: str, x_title: str) -> Markup:
    """Returns lines of shares (0 to 1) over some x from 0 on, each in a pattern of its own."""
    most = max((x for curve in curves for x, _ in curve.points), default=1.0)
    steps = ticks(most)
    x_of = Scale(steps[-1], _LEFT, WIDTH - _RIGHT)
    y = Scale(1.0, _TOP + _PLOT, _TOP)
    drawn: list[str] = [_y_axis([0, 0.25, 0.5, 0.75, 1], y, unit, _percent)]
    drawn += [element("text", _number(step), x=x_of(step), y=_TOP + _PLOT + 16, class_="tick mid") for step in steps]
    drawn += [
        element("path", d=_path(curve.points, x_of, y), class_=f"line l{place % 4}")
        for place, curve in enumerate(curves)
    ]
    height = _TOP + _PLOT + 62
    drawn.append(element("text", x_title, x=_LEFT + (WIDTH - _LEFT - _RIGHT) / 2, y=_TOP + _PLOT + 36, class_="axis"))
    drawn.append(_legend([(_dash(place % 4), curve.name) for place, curve in enumerate(curves)], height - 6))
    return _svg(title, height, drawn)


def bars(title: str, rows: Sequence[Bar], *, top: float, x_title: str, classes: Sequence[str] = ()) -> Markup:
    """Returns horizontal bars; with `classes` they are stacked, and a legend of two rows names the parts.

    Args:
        title: what a reader who sees no picture is told.
        rows: from top to bottom.
        top: the value at the right end.
        x_title: title of the axis of values.
        classes: what the parts mean.
    """
    x = Scale(top or 1.0, _LABEL, WIDTH - _VALUE)
    drawn: list[str] = []
    for place, row in enumerate(rows):
        at = _TOP + _ROW * place
        drawn.append(element("text", row.name, x=_LABEL - 8, y=at + 15, class_="tick end"))
        begin = 0.0
        for part, value in enumerate(row.parts):
            if value > 0:
                style = f"s{part}" if classes else "bar"
                width = x(begin + value) - x(begin)
                drawn.append(element("rect", x=x(begin), y=at + 2, width=width, height=_ROW - 8, class_=style))
            begin += value
        drawn.append(element("text", row.told, x=x(begin) + 6, y=at + 15, class_="tick"))
    base = _TOP + _ROW * len(rows)
    drawn.append(element("path", d=f"M{_LABEL} {_TOP}V{base}", class_="base"))
    drawn.append(element("text", x_title, x=(_LABEL + WIDTH - _VALUE) / 2, y=base + 14, class_="axis"))
    if classes:
        half = (len(classes) + 1) // 2
        entries = [(_square(part), name) for part, name in enumerate(classes)]
        drawn += [_legend(entries[:half], base + 36), _legend(entries[half:], base + 56)]
    return _svg(title, base + (64 if classes else 22), drawn)


Shape = Callable[[float, float], Markup]


def _svg(title: str, height: float, drawn: Sequence[str]) -> Markup:
    box = f"0 0 {WIDTH} {height:g}"
    return element("svg", element("title", title), *drawn, viewBox=box, role="img", aria_label=title)


def _y_axis(steps: Sequence[float], y: Scale, unit: str, told: Text) -> Markup:
    middle = _TOP + _PLOT / 2
    drawn = [element("text", unit, transform=f"translate(14 {middle}) rotate(-90)", class_="axis")]
    for step in steps:
        drawn.append(element("path", d=f"M{_LEFT} {y(step):.1f}H{WIDTH - _RIGHT}", class_="grid"))
        drawn.append(element("text", told(step), x=_LEFT - 6, y=y(step) + 4, class_="tick end"))
    return joined(drawn)


def _column(row: Column, x: float, width: float, y: Scale) -> list[Markup]:
    drawn = []
    if row.bar is not None:
        drawn.append(
            element("rect", x=x - width / 2, y=y(row.bar), width=width, height=y(0) - y(row.bar), class_="bar")
        )
    if row.bar is not None and row.far is not None:
        end = f"M{x - width / 4:.1f} {y(row.far):.1f}h{width / 2:.1f}"
        drawn.append(element("path", d=f"M{x:.1f} {y(row.bar):.1f}V{y(row.far):.1f}{end}", class_="far"))
    if row.mark is not None:
        drawn.append(_diamond(x, y(row.mark)))
    return drawn


def _diamond(x: float, y: float) -> Markup:
    return element("path", d=f"M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5 -5z", class_="mark")


def _dash(place: int) -> Shape:
    return lambda x, at: element("path", d=f"M{x} {at - 4}h16", class_=f"line l{place}")


def _square(part: int) -> Shape:
    return lambda x, at: element("rect", x=x, y=at - 9, width=12, height=10, class_=f"s{part}")


def _legend(entries: Sequence[tuple[Shape, str]], at: float) -> Markup:
    """Returns the entries in one row, each as wide as its words need."""
    drawn, x = [], 10.0
    for shape, words in entries:
        drawn += [shape(x, at), element("text", words, x=x + _SWATCH, y=at, class_="tick")]
        x += _SWATCH + 6.2 * len(words) + 14
    return joined(drawn)


def _path(points: Sequence[tuple[float, float]], x: Scale, y: Scale) -> str:
    return "M" + "L".join(f"{x(one):.1f} {y(value):.1f}" for one, value in points) if points else ""


def _label(name: str, x: float, y: float, pitch: float) -> Markup:
    """Returns a name under its column, cut to what fits; the tables have it whole."""
    most = max(2, int(pitch / 6.2))
    return element("text", name if len(name) <= most else f"{name[: most - 1]}…", x=x, y=y, class_="tick mid")


def _number(value: float) -> str:
    return f"{value:g}"


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"
