"""Facts about days and hours that customers name; the clock stands on Wednesday 2026-03-04."""

import pytest

from bot.waybills.source import InMemoryWaybillSource
from tests.builders import make_waybill
from tests.fakes import LittleRasa

NO = "YD2026000000011"


@pytest.fixture(autouse=True)
def parcel(waybills: InMemoryWaybillSource) -> None:
    waybills.add(make_waybill(NO))


async def ask_for_a_time(chat: LittleRasa) -> None:
    await chat.hear(f"换个时间送 {NO} 尾号1234", "reschedule_delivery", waybill_no=NO, phone_tail="1234")


@pytest.mark.parametrize(
    ("typed", "facts", "said"),
    [
        ("明天下午", {"date": "明天", "time_period": "下午"}, "3月5日（周四）下午"),
        ("下周二", {"date": "下周二"}, "3月10日（周二）"),
        ("周末", {"date": "周末"}, "3月7日（周六）至3月8日（周日）"),
        ("今晚八点后", {"time_period": "今晚八点后"}, "3月4日（周三）晚八点后"),
        ("清明节后吧", {"date": "清明节后"}, "4月7日（周二）起"),
        ("晚上七点", {"time_period": "晚上七点"}, "晚上七点"),
        ("过几天", {"date": "过几天"}, "过几天"),
        ("昨天没人在家，明天送", {"date": ["昨天", "明天"]}, "3月5日（周四）"),
    ],
)
async def test_the_day_is_said_in_full(chat: LittleRasa, typed: str, facts: dict[str, str], said: str) -> None:
    await ask_for_a_time(chat)
    [done] = await chat.hear(typed, "inform", **facts)
    assert done.response == "utter_reschedule_delivery_done"
    assert said in done.values["details"]


async def test_a_day_that_is_over_is_refused(chat: LittleRasa) -> None:
    await ask_for_a_time(chat)
    [refused] = await chat.hear("上周五", "inform", date="上周五")
    assert (refused.response, refused.values["day"]) == ("utter_past_day", "2月27日（周五）")
    [done] = await chat.hear("这周五", "inform", date="这周五")
    assert done.response == "utter_reschedule_delivery_done"


async def test_a_day_that_is_over_is_refused_at_once_where_it_is_what_is_wanted(chat: LittleRasa) -> None:
    words = f"{NO} 尾号1234 改到昨天送"
    said = await chat.hear(words, "reschedule_delivery", waybill_no=NO, phone_tail="1234", date="昨天")
    assert said[-1].response == "utter_past_day"


@pytest.mark.parametrize(
    ("typed", "dates", "hour", "said"),
    [
        ("今天别送了 改明天下午", ["今天", "明天"], "下午", "3月5日（周四）下午"),
        ("今天家里没人，后天上午送", ["今天", "后天"], "上午", "3月6日（周五）上午"),
        ("不要明天，约周六", ["明天", "周六"], "", "3月7日（周六）"),
    ],
)
async def test_of_several_days_the_wanted_one_counts(
    chat: LittleRasa, typed: str, dates: list[str], hour: str, said: str
) -> None:
    facts = {"time_period": hour} if hour else {}
    words = f"{NO} 尾号1234 {typed}"
    [done] = await chat.hear(words, "reschedule_delivery", waybill_no=NO, phone_tail="1234", date=dates, **facts)
    assert done.response == "utter_reschedule_delivery_done"
    assert said in done.values["details"]


async def test_a_part_of_today_that_is_over_is_refused(chat: LittleRasa) -> None:
    await ask_for_a_time(chat)
    [refused] = await chat.hear("今天凌晨", "inform", date="今天", time_period="凌晨")
    assert refused.response == "utter_past_day"


async def test_a_day_that_is_only_asked_about_is_proposed(chat: LittleRasa) -> None:
    await chat.hear(f"{NO} 尾号1234 到哪了", "query_waybill", waybill_no=NO, phone_tail="1234")
    [proposed] = await chat.hear("那周末呢", "reschedule_delivery", confidence=0.3, date="周末")
    [done] = await chat.hear("好的", "affirm")
    assert (proposed.response, proposed.values["when"]) == ("utter_propose_when", "3月7日（周六）至3月8日（周日）")
    assert "3月7日（周六）至3月8日（周日）" in done.values["details"]


async def test_a_proposed_day_can_be_tapped(chat: LittleRasa) -> None:
    await chat.hear(f"{NO} 尾号1234 到哪了", "query_waybill", waybill_no=NO, phone_tail="1234")
    [proposed] = await chat.hear("那周末下午呢", "reschedule_delivery", date="周末", time_period="下午")
    [done] = await chat.tap(proposed.buttons[0])
    assert "3月7日（周六）至3月8日（周日）下午" in done.values["details"]


async def test_a_proposed_day_is_dropped_when_something_else_is_said(chat: LittleRasa) -> None:
    await chat.hear(f"{NO} 尾号1234 到哪了", "query_waybill", waybill_no=NO, phone_tail="1234")
    await chat.hear("那周末呢", "reschedule_delivery", confidence=0.3, date="周末")
    [said] = await chat.hear("谢谢", "thank")
    assert (said.response, chat.form) == ("utter_thank", None)


async def test_a_day_told_in_passing_is_no_answer(chat: LittleRasa) -> None:
    words = f"{NO} 尾号1234 昨天没送到，换个时间"
    said = await chat.hear(words, "reschedule_delivery", waybill_no=NO, phone_tail="1234", date="昨天")
    assert said[-1].response == "utter_need_delivery_when"
