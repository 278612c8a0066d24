"""Charts of a report, as options of ECharts; pure.

Colours stand 3:1 against light and dark, and differ to those who see colours otherwise; lines differ in their dashes
and points as well.  They are drawn as SVG, whose writing takes its colour from the style of the page.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

from bot.studio.insight.model import Report
from bot.studio.insight.words import insight_words

Options: TypeAlias = dict[str, Any]
COLOURS = ("#3b82c4", "#d55e00", "#109a72", "#b5628f", "#8a7a1f", "#7a74c9")
_DASHES = ("solid", "dashed", "dotted")
_POINTS = ("circle", "triangle", "diamond", "rect", "pin", "arrow")
_GRID = "rgba(128,140,150,0.28)"
_AXIS = "#808c96"
_MOST_BARS = 10


def resolution(report: Report) -> Options:
    """Resolved without a person, and how many of those came back."""
    words = insight_words()
    lines = {
        words.numbers["resolution"]: [_share(one.contacts.resolution) for one in report.days],
        words.numbers["repeat"]: [_share(one.contacts.repeat_share) for one in report.days],
        words.columns["handed_share"]: [_share(one.contacts.handed_share) for one in report.days],
    }
    return _lines(_days(report), lines, unit="%", most=100)


def understood(report: Report, names: Mapping[str, str]) -> Options:
    """By channel; the least used channels are left to the table."""
    busy = sorted(report.channels, key=lambda name: -sum(_heard(one.channels, name) for one in report.days))[:5]
    lines = {names.get(name, name): [_share(_understood(one.channels, name)) for one in report.days] for name in busy}
    return _lines(_days(report), lines, unit="%", most=100, least=_floor(lines.values()))


def _floor(lines: Iterable[Sequence[float | None]]) -> int:
    """A round share somewhat below all of them: lines that are close together would lie on each other from 0."""
    found = [value for values in lines for value in values if value is not None]
    return max(0, int((min(found) - 5) // 10) * 10) if found else 0


def ratings(report: Report) -> Options:
    words = insight_words().numbers
    lines = {
        words["by_bot"]: [_rounded(one.bot_ratings.mean) for one in report.days],
        words["by_agent"]: [_rounded(one.agent_ratings.mean) for one in report.days],
    }
    return _lines(_days(report), lines, unit="", most=5, least=1)


def asked(report: Report, names: Mapping[str, str]) -> Options:
    top = report.asked[:_MOST_BARS]
    return _bars([names.get(one.intent) or one.intent for one in top], [one.n for one in top], COLOURS[0])


def handed(report: Report) -> Options:
    words = insight_words().contacts
    ranked = sorted(report.contacts.handed.items(), key=lambda item: -item[1])[:_MOST_BARS]
    return _bars([words.get(why, why) for why, _ in ranked], [n for _, n in ranked], COLOURS[1])


def mended(report: Report) -> Options:
    """How many, and how long half of them took."""
    words = insight_words().columns
    days = {one.day: one for one in report.mended}
    n = [days[day].n if day in days else 0 for day in report.period.each()]
    hours = [days[day].median_h if day in days else None for day in report.period.each()]
    options = _lines(_days(report), {words["median_h"]: hours}, unit="")
    options["yAxis"] = [_value(""), {**_value(""), "splitLine": {"show": False}}]
    options["series"][0] |= {"yAxisIndex": 1, "connectNulls": True, "itemStyle": {"color": COLOURS[1]}}
    options["series"][0]["lineStyle"] |= {"color": COLOURS[1]}
    options["series"].insert(0, {"type": "bar", "name": words["mended"], "data": n, "itemStyle": {"color": COLOURS[0]}})
    options["legend"]["data"] = [words["mended"], words["median_h"]]
    return options


def _lines(
    days: Sequence[str],
    lines: Mapping[str, Sequence[float | None]],
    *,
    unit: str,
    most: int | None = None,
    least: int = 0,
) -> Options:
    has_points = len(days) <= 31
    series = [
        {
            "type": "line",
            "name": name,
            "data": list(values),
            "symbol": _POINTS[number % len(_POINTS)],
            "symbolSize": 7 if has_points else 0,
            "showSymbol": has_points,
            "lineStyle": {"width": 2.5, "type": _DASHES[number % len(_DASHES)], "color": COLOURS[number]},
            "itemStyle": {"color": COLOURS[number]},
        }
        for number, (name, values) in enumerate(lines.items())
    ]
    return {
        "animation": False,
        "aria": {"enabled": True},
        "grid": {"left": 8, "right": 12, "top": 36, "bottom": 6, "containLabel": True},
        "legend": {"top": 0, "left": 0, "itemWidth": 34, "textStyle": {"fontSize": 12}, "data": list(lines)},
        "tooltip": {"trigger": "axis", "confine": True},
        "xAxis": {"type": "category", "data": list(days), "axisLine": {"lineStyle": {"color": _AXIS}}},
        "yAxis": {**_value(unit), "max": most, "min": least},
        "series": series,
    }


def _bars(names: Sequence[str], values: Sequence[int], colour: str) -> Options:
    """Lying, the greatest on top, each with its number."""
    return {
        "animation": False,
        "aria": {"enabled": True},
        "grid": {"left": 8, "right": 56, "top": 4, "bottom": 4, "containLabel": True},
        "tooltip": {"trigger": "item", "confine": True},
        "xAxis": {**_value(""), "axisLabel": {"show": False}, "splitLine": {"show": False}},
        "yAxis": {
            "type": "category",
            "inverse": True,
            "data": list(names),
            "axisTick": {"show": False},
            "axisLine": {"lineStyle": {"color": _AXIS}},
            "axisLabel": {"width": 150, "overflow": "truncate"},
        },
        "series": [
            {
                "type": "bar",
                "data": list(values),
                "barMaxWidth": 18,
                "itemStyle": {"color": colour, "borderRadius": 3},
                "label": {"show": True, "position": "right"},
            }
        ],
    }


def _value(unit: str) -> Options:
    return {
        "type": "value",
        "axisLabel": {"formatter": "{value}" + unit},
        "splitLine": {"lineStyle": {"color": _GRID}},
    }


def _days(report: Report) -> list[str]:
    return [_day(one.day) for one in report.days]


def _day(day: date) -> str:
    return f"{day.month}-{day.day}"


def _share(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 1)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _heard(channels: Mapping[str, Any], name: str) -> int:
    return channels[name].n if name in channels else 0


def _understood(channels: Mapping[str, Any], name: str) -> float | None:
    return channels[name].understood if name in channels else None
