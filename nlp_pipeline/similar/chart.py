"""Chart: the weeks of a hot topic as a small SVG, which every browser draws.

Bars are persons by week; the weeks of the window are dark. Every text goes through
`Markup.format`, which escapes it.
"""

from datetime import date

from markupsafe import Markup

from nlp_pipeline.similar.hot import HotTopic

_WIDTH, _HEIGHT = 14, 48
_GAP, _FOOT = 4, 16
_INK, _DARK, _LIGHT = "#1f2d3a", "#c2603a", "#b9c6cf"
_BAR = Markup('<rect x="{}" y="{}" width="{}" height="{}" fill="{}"><title>{}</title></rect>')
_TEXT = Markup(
    '<text x="{}" y="{}" font-size="11" fill="{}" text-anchor="{}" '
    "font-family=\"'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif\">{}</text>"
)
_FRAME = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{w}" height="{h}" '
    'viewBox="0 0 {w} {h}"><title>{title}</title>{parts}</svg>'
)


def topic_chart(topic: HotTopic, since: date) -> Markup:
    """Draw the persons of each week.

    Args:
        topic: from `hot_topics`.
        since: first day of the window; weeks that reach into it are dark.
    """
    most = max((count for _, count in topic.weekly), default=0) or 1
    parts = []
    for place, (first, count) in enumerate(topic.weekly):
        height = round(_HEIGHT * count / most)
        colour = _DARK if (since - first).days < 7 else _LIGHT
        told = f"{first.isoformat()} 起一周：{count} 人"
        x = place * (_WIDTH + _GAP)
        parts.append(_BAR.format(x, _HEIGHT - height, _WIDTH, height, colour, told))
    width = max(len(topic.weekly) * (_WIDTH + _GAP) - _GAP, 1)
    if topic.weekly:
        first, last = topic.weekly[0][0], topic.weekly[-1][0]
        foot = _HEIGHT + _FOOT - 3
        parts.append(_TEXT.format(0, foot, _INK, "start", f"{first:%m-%d}"))
        parts.append(_TEXT.format(width, foot, _INK, "end", f"{last:%m-%d}"))
    title = " ".join(filter(None, (topic.place, *topic.words))) or "热点"
    return _FRAME.format(w=width, h=_HEIGHT + _FOOT, title=title, parts=Markup().join(parts))
