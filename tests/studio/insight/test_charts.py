from datetime import date

from bot.studio.insight.model import Asked, Contacts, DayNumbers, Heard, MendedDay, Period, Ratings, Report
from bot.studio.ui.insight import charts

DAY = date(2026, 3, 4)


def make_report(**changes):
    channels = {"web": Heard(100, 8), "sms": Heard(10, 3)}
    day = DayNumbers(
        DAY, Contacts(resolved=3, handed={"asked": 1}), Heard(110, 11), channels, Ratings({5: 1}), Ratings()
    )
    values = {
        "period": Period(DAY, DAY),
        "channel": None,
        "channels": ("sms", "web"),
        "counted_at": None,
        "days": (day,),
        "contacts": Contacts(handed={"asked": 1, "vip": 5}),
        "before": Contacts(),
        "heard": Heard(),
        "heard_before": Heard(),
        "bot_ratings": Ratings(),
        "agent_ratings": Ratings(),
        "asked": (Asked("query_eta", 9, 2),),
        "entries": (),
        "unanswered": 0,
        "mended": (MendedDay(DAY, 4, 2.5),),
    }
    return Report(**values | changes)


def test_understanding_is_drawn_by_channel_the_busiest_first_from_a_round_share():
    options = charts.understood(make_report(), {"web": "网页"})

    assert [(line["name"], line["data"]) for line in options["series"]] == [("网页", [92.0]), ("sms", [70.0])]
    assert options["yAxis"]["min"] == 60


def test_lines_differ_in_more_than_colour():
    lines = charts.resolution(make_report())["series"]

    assert len({(line["symbol"], line["lineStyle"]["type"]) for line in lines}) == len(lines)


def test_what_is_most_stands_on_top():
    options = charts.handed(make_report())

    assert options["yAxis"]["data"] == ["重点客户转人工", "客户要求人工"]
    assert options["series"][0]["data"] == [5, 1]


def test_how_many_were_mended_and_how_long_it_took_have_an_axis_each():
    bars, line = charts.mended(make_report())["series"]

    assert (bars["data"], line["data"], line["yAxisIndex"]) == ([4], [2.5], 1)


def test_a_period_without_anything_can_be_drawn():
    empty = make_report(days=(), channels=(), asked=(), mended=(), contacts=Contacts())

    for draw in (charts.resolution, charts.ratings, charts.mended, charts.handed):
        assert draw(empty)["animation"] is False
    assert charts.understood(empty, {})["series"] == []
    assert charts.asked(empty, {})["series"][0]["data"] == []
