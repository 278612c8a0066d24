"""Charts of satisfaction.  Drawn as SVG, so that the style sheet colours their words in light and dark alike.

No text of anybody is in them: only days, stars and numbers.
"""

from collections.abc import Sequence
from typing import Any

from nicegui import ui

from bot.desk.leading.satisfaction_schemas import DayLine, Figures
from bot.desk.leading.words import leading_words

_LINE = "#12929e"
"""At least 3:1 against the surfaces of both themes."""
_STARS = ("#c4483f", "#c4483f", "#b8791a", _LINE, _LINE)
_GRID = "rgba(128,140,152,.28)"
_TIP = "background:var(--surface);color:var(--text);border-color:var(--line);box-shadow:var(--shadow)"
_SAY_DAY = """(points) => {
  const [mean, low, width] = ['mean', 'low', 'band'].map((id) => points.find((one) => one.seriesId === id)?.value);
  const two = (number) => Number(number).toFixed(2);
  const shown = mean == null ? '—' : two(mean);
  const band = low == null ? '' : `<br>95%: ${two(low)} – ${two(low + width)}`;
  return `${points[0].axisValue}<br><b>${shown}</b>${band}`;
}"""


def trend(days: Sequence[DayLine]) -> ui.echart:
    """The mean of each day with its interval."""
    words = leading_words().satisfaction
    intervals = [line.figures.interval for line in days]
    hidden = {"type": "line", "stack": "band", "symbol": "none", "lineStyle": {"opacity": 0}, "silent": True}
    series: list[dict[str, Any]] = [
        {**hidden, "id": "low", "data": [_two(one[0]) if one else None for one in intervals]},
        {
            **hidden,
            "id": "band",
            "name": words["band"],
            "data": [_two(one[1] - one[0]) if one else None for one in intervals],
            "areaStyle": {"color": _LINE, "opacity": 0.2},
        },
        {
            "id": "mean",
            "name": words["mean"],
            "type": "line",
            "data": [_two(line.figures.mean) for line in days],
            "symbolSize": 6,
            "lineStyle": {"width": 2.5},
            "itemStyle": {"color": _LINE},
        },
    ]
    options = _options(f"{words['trend']}、{words['band']}") | {
        "xAxis": {"type": "category", "data": [f"{line.day:%m-%d}" for line in days], **_axis()},
        "yAxis": {"type": "value", "min": 1, "max": 5, "interval": 1, **_axis()},
        "tooltip": {"trigger": "axis", "extraCssText": _TIP, ":formatter": _SAY_DAY},
        "series": series,
    }
    return ui.echart(options, renderer="svg").classes("chart")


def stars(total: Figures) -> ui.echart:
    """How many gave how many stars."""
    words = leading_words().satisfaction
    bars = [{"value": count, "itemStyle": {"color": _STARS[n]}} for n, count in enumerate(total.stars)]
    options = _options(words["stars"]) | {
        "grid": {"left": 8, "right": 44, "top": 8, "bottom": 4, "containLabel": True},
        "yAxis": {"type": "category", "data": [words["star"].format(n=n) for n in range(1, 6)], **_axis()},
        "xAxis": {"type": "value", "minInterval": 1, "show": False},
        "tooltip": {"show": False},
        "series": [{"type": "bar", "data": bars, "barWidth": "58%", "label": {"show": True, "position": "right"}}],
    }
    return ui.echart(options, renderer="svg").classes("chart")


def _options(said: str) -> dict[str, Any]:
    return {
        "animation": False,
        "aria": {"enabled": True, "label": {"description": said}},
        "grid": {"left": 8, "right": 14, "top": 14, "bottom": 4, "containLabel": True},
    }


def _axis() -> dict[str, Any]:
    return {
        "axisLine": {"lineStyle": {"color": _GRID}},
        "axisTick": {"show": False},
        "splitLine": {"lineStyle": {"color": _GRID}},
        "axisLabel": {"fontSize": 12},
    }


def _two(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
