"""Charts of an evaluation as plain SVG, which every browser draws with its own fonts.

Nothing is drawn into pixels here, so Chinese labels need no font of ours and no
plotting library. Every text goes through `Markup.format`, which escapes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from nlp_pipeline.learning._confidence import Bin, Cut

MAX_CLASSES = 20
"""A confusion of more classes shows the most frequent ones and folds the rest."""

REST = "其余"

_INK, _MUTED, _RULE, _EMPTY = "#1f2d3a", "#66757f", "#d9e0e5", "#f5f7f8"
_RIGHT, _WRONG, _SECOND = "#1f5f8b", "#c2603a", "#3c8d7d"
_FONTS = (
    "'Noto Sans CJK SC','Source Han Sans SC','PingFang SC','Microsoft YaHei',"
    "'WenQuanYi Micro Hei',SimHei,sans-serif"
)
_SIZE = 12
_READING = "柱顶高于虚线：比自报的更准；低于虚线：过于自信。"
_FOLDED = "“其余”合并了信件较少的类别；右下角的灰格里有对有错。"
_FEW = 20

Confusion = Sequence[Sequence[int]]


def fold_classes(
    labels: Sequence[str], confusion: Confusion, most: int = MAX_CLASSES
) -> tuple[list[str], list[list[int]]]:
    """Leave out classes that never occur and fold all but the most frequent.

    Frequent means gold. The classes shown keep their order; the folded ones come
    last as 其余. The sum of the confusion stays the same.
    """
    columns = [sum(column) for column in zip(*confusion, strict=True)]
    gold = [sum(row) for row in confusion]
    found = [i for i in range(len(labels)) if gold[i] + columns[i]]
    shown = sorted(sorted(found, key=lambda i: (-gold[i], -columns[i], i))[:most])
    groups = [[i] for i in shown]
    names = [labels[i] for i in shown]
    if len(shown) < len(found):
        groups.append([i for i in found if i not in shown])
        names.append(REST)
    folded = [
        [sum(confusion[i][j] for i in rows for j in columns) for columns in groups]
        for rows in groups
    ]
    return names, folded


def confusion_chart(labels: Sequence[str], confusion: Confusion) -> Markup:
    """Draw a confusion: gold labels in rows, first choices in columns.

    A cell is the darker the larger its share of the row; blue on the diagonal,
    where the choice is right, and red beside it. Where classes were folded, the
    last cell holds right and wrong choices alike and is grey.
    """
    names, counts = fold_classes(labels, confusion)
    side = min(58, max(27, 600 // len(names)))
    margin = max(_width(_short(name)) for name in names)
    left, top = margin + 44, margin * 0.72 + 46
    across, edge = side * len(names), left + side * len(names)
    parts = [
        _text(left + across / 2, 16, "机器的第一建议", anchor="middle", colour=_MUTED),
        _text(edge + 34, top - 12, "合计", anchor="middle", colour=_MUTED),
        _turned(14, top + across / 2, -90, "人工标签（正确答案）", "middle", _MUTED),
    ]
    for place, name in enumerate(names):
        middle = (place + 0.5) * side
        parts += [
            _text(left - 10, top + middle + 4, _short(name), anchor="end", title=name),
            _turned(left + middle + 3, top - 10, -45, _short(name), "start", _INK, name),
            _text(edge + 34, top + middle + 4, str(sum(counts[place])), "middle", _MUTED),
        ]
        for other, count in enumerate(counts[place]):
            corner = (left + other * side, top + place * side)
            share = count / max(1, sum(counts[place]))
            title = f"{name} → {names[other]}：{count} 封，占该类 {share:.1%}"
            colour = _WRONG if place != other else _MUTED if place >= MAX_CLASSES else _RIGHT
            parts.append(_cell(*corner, side, count, share, colour, title))
    width = edge + max(64.0, margin * 0.72 + 16)
    if len(names) > MAX_CLASSES:
        parts.append(_text(left, top + across + 22, _FOLDED, colour=_MUTED))
    return _svg(width, top + across + 32, "混淆矩阵", parts)


def reliability_chart(bins: Sequence[Bin], error: float) -> Markup:
    """Draw how often the model is right at each confidence, and how many letters.

    Bins of fewer than 20 letters are pale.
    """
    plot = _Plot(low=0.0)
    most = max(b.letters for b in bins)
    parts = plot.grid(0.2, "机器的把握", "实际准确率")
    for b in bins:
        if b.letters == 0:
            continue
        title = f"把握 {b.low:.0%}–{b.high:.0%}：{b.letters} 封，实际准确率 {b.accuracy:.1%}"
        strength = 0.8 if b.letters >= _FEW else 0.3
        tall = 44 * b.letters / most
        span = plot.x(b.high) - plot.x(b.low) - 2
        x = plot.x(b.low) + 1
        parts += [
            _bar(x, plot.y(b.accuracy), span, b.accuracy * plot.height, _RIGHT, strength, title),
            _bar(x, plot.bottom + 106 - tall, span, tall, _MUTED, 0.5, title),
        ]
    parts += [
        _line(plot.x(0), plot.y(0), plot.x(1), plot.y(1), _INK, "5 4"),
        _line(plot.x(0), plot.bottom + 106, plot.x(1), plot.bottom + 106, _RULE),
        _turned(16, plot.bottom + 84, -90, "信件数", "middle", _MUTED),
        _text(plot.x(0) - 8, plot.bottom + 72, str(most), "end", _MUTED),
        _text(plot.x(0), plot.bottom + 130, f"校准误差 {error:.1%}。{_READING}"),
    ]
    return _svg(480, plot.bottom + 146, "把握与实际准确率", parts)


def coverage_chart(cuts: Sequence[Cut], marks: Sequence[tuple[float, Cut | None]]) -> Markup:
    """Draw the accuracy of the letters that pass against their share.

    Args:
        cuts: by falling confidence. The first 2 % are left out: too few letters.
        marks: accuracies that are asked for, each with its widest cut.
    """
    drawn = [cut for cut in cuts if cut.share >= 0.02 or cut is cuts[-1]]
    lowest = min(cut.accuracy for cut in drawn)
    plot = _Plot(low=min(0.8, int(lowest * 10) / 10))
    step = 0.05 if plot.low >= 0.7 else 0.1
    points = [f"{plot.x(cut.share):.1f},{plot.y(cut.accuracy):.1f}" for cut in drawn]
    parts = plot.grid(step, "自动通过的信件占比（按把握从大到小）", "这些信的准确率")
    parts.append(
        Markup('<polyline points="{}" fill="none" stroke="{}" stroke-width="2.2"/>').format(
            " ".join(points), _RIGHT
        )
    )
    for place, ((wanted, cut), colour) in enumerate(zip(marks, (_SECOND, _WRONG), strict=False)):
        parts.append(_line(plot.x(0), plot.y(wanted), plot.x(1), plot.y(wanted), colour, "5 4"))
        said = f"准确率不低于 {wanted:.0%}：没有可自动通过的信"
        if cut is not None:
            said = (
                f"准确率不低于 {wanted:.0%}：可通过 {cut.share:.1%}"
                f"（把握 ≥ {cut.min_confidence:.3f}）"
            )
            parts.append(_dot(plot.x(cut.share), plot.y(cut.accuracy), colour, said, 5))
        parts.append(_legend(plot.x(0), plot.bottom + 68 + 24 * place, colour, said))
    return _svg(480, plot.bottom + 146, "通过比例与准确率", parts)


@dataclass(frozen=True)
class _Plot:
    """A square of axes: x from 0 to 1, y from `low` to 1."""

    low: float
    left: float = 62
    top: float = 16
    width: float = 396
    height: float = 270

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def x(self, value: float) -> float:
        return self.left + value * self.width

    def y(self, value: float) -> float:
        return self.bottom - (value - self.low) / (1 - self.low) * self.height

    def grid(self, step: float, across: str, up: str) -> list[Markup]:
        """Draw rules and their numbers, and name both axes."""
        middle = self.top + self.height / 2
        parts = [
            _text(self.x(0.5), self.bottom + 40, across, "middle", _MUTED),
            _turned(16, middle, -90, up, "middle", _MUTED),
        ]
        for part in range(6):
            share = part / 5
            parts.append(_text(self.x(share), self.bottom + 19, f"{share:.0%}", "middle", _MUTED))
        for part in range(round((1 - self.low) / step) + 1):
            value = self.low + part * step
            parts += [
                _line(self.x(0), self.y(value), self.x(1), self.y(value), _RULE),
                _text(self.x(0) - 8, self.y(value) + 4, f"{value:.0%}", "end", _MUTED),
            ]
        return parts


def _svg(width: float, height: float, name: str, parts: Sequence[Markup]) -> Markup:
    head = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{}" width="{:.0f}" '
        'height="{:.0f}" viewBox="0 0 {:.0f} {:.0f}" font-family="{}" font-size="{}">\n'
    ).format(name, width, height, width, height, _FONTS, _SIZE)
    return head + Markup("\n").join(parts) + Markup("\n</svg>\n")


def _text(
    x: float,
    y: float,
    content: str,
    anchor: str = "start",
    colour: str = _INK,
    title: str = "",
) -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}" fill="{}">{}{}</text>').format(
        x, y, anchor, colour, _title(title), content
    )


def _turned(
    x: float,
    y: float,
    degrees: int,
    content: str,
    anchor: str,
    colour: str,
    title: str = "",
) -> Markup:
    turn = Markup('<g transform="translate({:.1f} {:.1f}) rotate({})">').format(x, y, degrees)
    return turn + _text(0, 0, content, anchor, colour, title) + Markup("</g>")


def _cell(
    x: float, y: float, side: float, count: int, share: float, colour: str, title: str
) -> Markup:
    """Draw one cell; the root of the share lets single mistakes be seen."""
    corner, inner = (x + 0.75, y + 0.75), side - 1.5
    if count == 0:
        return _bar(*corner, inner, inner, _EMPTY, 1.0, title)
    strength = 0.1 + 0.9 * share**0.5
    parts = _bar(*corner, inner, inner, colour, strength, title)
    ink = "#ffffff" if strength >= 0.6 else _INK
    return parts + _text(x + side / 2, y + side / 2 + 4, str(count), "middle", ink)


def _bar(
    x: float, y: float, width: float, height: float, colour: str, strength: float, title: str
) -> Markup:
    return Markup(
        '<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="1.5" fill="{}" '
        'fill-opacity="{:.2f}">{}</rect>'
    ).format(x, y, width, height, colour, strength, _title(title))


def _dot(x: float, y: float, colour: str, title: str = "", radius: float = 3.5) -> Markup:
    return Markup(
        '<circle cx="{:.1f}" cy="{:.1f}" r="{}" fill="{}" stroke="#ffffff">{}</circle>'
    ).format(x, y, radius, colour, _title(title))


def _line(x: float, y: float, to_x: float, to_y: float, colour: str, dashes: str = "") -> Markup:
    return Markup(
        '<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="{}" stroke-dasharray="{}"/>'
    ).format(x, y, to_x, to_y, colour, dashes or "none")


def _legend(x: float, y: float, colour: str, content: str) -> Markup:
    return _dot(x + 4, y - 4, colour) + _text(x + 14, y, content)


def _title(content: str) -> Markup:
    return Markup("<title>{}</title>").format(content) if content else Markup()


def _short(label: str) -> str:
    """Take the middle out of a long label."""
    return label if len(label) < 14 else f"{label[:5]}…{label[-7:]}"


def _width(text: str) -> float:
    """Estimate a width in pixels: a Chinese character is as wide as it is high."""
    return _SIZE * sum(1.0 if character >= "⺀" or character == "…" else 0.58 for character in text)
