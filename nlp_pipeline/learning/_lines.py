"""Charts of figures over time or size as plain SVG: lines, points, and a limit.

They look like those of `_charts.py` and are drawn with its pieces; every text is escaped.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from nlp_pipeline.learning._charts import (
    _MUTED,
    _RIGHT,
    _RULE,
    _SECOND,
    _WRONG,
    _dot,
    _legend,
    _line,
    _svg,
    _text,
    _turned,
)

COLOURS = (_RIGHT, _WRONG, _SECOND, _MUTED)
"""In this order lines get their colours."""

Point = tuple[float, float]

_LEFT, _TOP, _HEIGHT = 62.0, 16.0, 250.0


@dataclass(frozen=True)
class Series:
    """One line: its name, its points in order of x, and whether it is dashed.

    `ranges` is, where given, from where to where each point may lie.
    """

    name: str
    points: tuple[Point, ...]
    is_dashed: bool = False
    ranges: tuple[Point, ...] = ()


@dataclass(frozen=True)
class Axes:
    """What the axes are called, and how their numbers are written.

    `names` are the names of x = 0, 1, 2 …, such as weeks; without them x is a number,
    written at the `ticks`.
    `limit` is a level that is drawn and named `limit_name`.
    """

    across: str
    up: str
    low: float = 0.0
    high: float = 1.0
    percent: bool = True
    names: tuple[str, ...] = ()
    ticks: tuple[float, ...] = ()
    limit: float | None = None
    limit_name: str = ""


def line_chart(title: str, series: Sequence[Series], axes: Axes, width: float = 640) -> Markup:
    """Draw lines over common axes, with a legend below.

    Args:
        title: what a screen reader says.
        series: at most four; those without points are named in the legend alone.
        axes: names, range and limit.
        width: of the whole, in pixels.
    """
    plot = _Frame(axes, [x for one in series for x, _ in one.points], width)
    parts = plot.grid()
    if axes.limit is not None:
        y = plot.y(axes.limit)
        parts.append(_line(_LEFT, y, plot.right, y, _WRONG, "5 4"))
        parts.append(_text(plot.right, y - 5, axes.limit_name, "end", _WRONG))
    for one, colour in zip(series, COLOURS, strict=False):
        parts += plot.draw(one, colour)
    for place, (one, colour) in enumerate(zip(series, COLOURS, strict=False)):
        parts.append(_legend(_LEFT, plot.bottom + 66 + 20 * place, colour, one.name))
    return _svg(width, plot.bottom + 70 + 20 * len(series), title, parts)


class _Frame:
    """Where a value lies on the paper."""

    def __init__(self, axes: Axes, xs: Sequence[float], width: float) -> None:
        self.axes = axes
        self.right = width - 20
        self.bottom = _TOP + _HEIGHT
        self.first = min(xs, default=0.0)
        self.last = max(max(xs, default=1.0), self.first + 1e-9)

    def x(self, value: float) -> float:
        share = (value - self.first) / (self.last - self.first)
        return _LEFT + 8 + share * (self.right - _LEFT - 16)

    def y(self, value: float) -> float:
        share = (value - self.axes.low) / (self.axes.high - self.axes.low)
        return self.bottom - min(max(share, 0.0), 1.0) * _HEIGHT

    def written(self, value: float) -> str:
        """Write a value of the axis that goes up."""
        return f"{value:.0%}" if self.axes.percent else f"{value:.2f}"

    def grid(self) -> list[Markup]:
        """Draw the rules and their numbers, and name both axes."""
        middle = (_LEFT + self.right) / 2
        parts = [
            _text(middle, self.bottom + 42, self.axes.across, "middle", _MUTED),
            _turned(16, _TOP + _HEIGHT / 2, -90, self.axes.up, "middle", _MUTED),
        ]
        for part in range(6):
            value = self.axes.low + part / 5 * (self.axes.high - self.axes.low)
            level = self.y(value)
            parts.append(_line(_LEFT, level, self.right, level, _RULE))
            parts.append(_text(_LEFT - 8, level + 4, self.written(value), "end", _MUTED))
        for place, name in self._ticks():
            parts.append(_text(self.x(place), self.bottom + 20, name, "middle", _MUTED))
        return parts

    def _ticks(self) -> list[tuple[float, str]]:
        names = self.axes.names
        if names:
            step = max(1, -(-len(names) // 8))
            return [(float(i), names[i]) for i in range(0, len(names), step)]
        return [(place, f"{place:g}") for place in self.axes.ticks or (self.first, self.last)]

    def draw(self, one: Series, colour: str) -> list[Markup]:
        """Draw one line with its points and, where given, their ranges."""
        places = [(self.x(x), self.y(y)) for x, y in one.points]
        parts = [
            _line(place, self.y(low), place, self.y(high), colour)
            for (place, _), (low, high) in zip(places, one.ranges, strict=False)
        ]
        parts.append(
            Markup(
                '<polyline points="{}" fill="none" stroke="{}" stroke-width="2" '
                'stroke-dasharray="{}"/>'
            ).format(
                " ".join(f"{x:.1f},{y:.1f}" for x, y in places),
                colour,
                "6 4" if one.is_dashed else "none",
            )
        )
        for (x, y), (at, value) in zip(places, one.points, strict=True):
            names = self.axes.names
            name = names[int(at)] if names and int(at) < len(names) else f"{at:g}"
            parts.append(_dot(x, y, colour, f"{name}：{self.written(value)}", 3))
        return parts
