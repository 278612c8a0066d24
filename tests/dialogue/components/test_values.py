"""Facts about what words mean.  Unless said otherwise it is Friday, 2026-11-20."""

from datetime import date

import pytest

from bot.dialogue.components.values import normalized
from bot.dialogue.components.values.amount import read_amount
from bot.dialogue.components.values.dates import read_date
from bot.dialogue.components.values.dimensions import read_dimensions
from bot.dialogue.components.values.holidays import is_workday
from bot.dialogue.components.values.lunar import lunar_day
from bot.dialogue.components.values.numerals import read_digits, read_number
from bot.dialogue.components.values.phone import read_phone
from bot.dialogue.components.values.regions import read_region
from bot.dialogue.components.values.times import Hours, read_time
from bot.dialogue.components.values.waybill import OWN, read_waybill
from bot.dialogue.components.values.weight import read_weight

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3.5", 3.5),
        ("1,200", 1200),
        ("两千八", 2800),
        ("一百零五", 105),
        ("1万5", 15000),
        ("两万三千", 23000),
        ("三百来", 300),
        ("十多", 10),
        ("二十五六", 26),
        ("三点二五", 3.25),
        ("一亿", 100_000_000),
        ("半", 0.5),
        ("壹佰", 100),
    ],
)
def test_a_number_is_read_as_it_is_said(text: str, number: float) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize("text", ["", "几十", "十几", "很多", "苹果", "1" * 30])
def test_what_is_no_number_is_none(text: str) -> None:
    assert read_number(text) is None


def test_digits_are_read_one_by_one() -> None:
    assert read_digits("幺三八 00-一二") == "1380012"
    assert read_digits("十三") is None


@pytest.mark.parametrize(
    ("text", "kg"),
    [("四斤八两", 2.4), ("两斤三", 1.15), ("一吨半", 1500), ("10来斤", 5), ("七两", 0.35), ("２０ＫＧ", 20)],
)
def test_a_weight_is_in_kilograms(text: str, kg: float) -> None:
    assert read_weight(text) == pytest.approx(kg)


@pytest.mark.parametrize("text", ["几公斤", "十几斤", "公斤"])
def test_a_weight_nobody_knows_is_none(text: str) -> None:
    assert read_weight(text) is None


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("300块", 300),
        ("三百来块", 300),
        ("十二块五", 12.5),
        ("3块5毛", 3.5),
        ("八毛", 0.8),
        ("￥268", 268),
        ("1千元", 1000),
        ("2万", 20000),
        ("1.5万", 15000),
        ("三百八", 380),
        ("人民币500元整", 500),
        ("几百块", None),
    ],
)
def test_money_is_in_yuan(text: str, yuan: float | None) -> None:
    assert read_amount(text) == yuan


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("40*30*20", (40, 30, 20)),
        ("６０×４０×３５", (60, 40, 35)),
        ("长四十宽三十高二十", (40, 30, 20)),
        ("0.4米x0.3米x0.2米", (40, 30, 20)),
        ("两米乘一米五乘二十公分", (200, 150, 20)),
        ("0.5*0.4*0.3米", (50, 40, 30)),
        ("400mm*300mm*200mm", (40, 30, 20)),
        ("40", None),
        ("40*30*20*10", None),
    ],
)
def test_sides_are_in_centimetres(text: str, sides: tuple[float, ...] | None) -> None:
    assert read_dimensions(text) == sides


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("+86 138-0013-8000", "13800138000"),
        ("幺三八零零幺三八零零零", "13800138000"),
        ("（020）3884 6721", "02038846721"),
        ("0755-26839910-8012", "075526839910"),
        ("12345", "12345"),
        ("1234", None),
    ],
)
def test_a_phone_is_digits(text: str, digits: str | None) -> None:
    assert read_phone(text) == digits


ONE_DAY = [
    ("今儿个", "2026-11-20"),
    ("大后天", "2026-11-23"),
    ("前天", "2026-11-18"),
    ("听日", "2026-11-21"),
    ("下周二", "2026-11-24"),
    ("下下周一", "2026-11-30"),
    ("上周五", "2026-11-13"),
    ("周五", "2026-11-20"),
    ("礼拜三", "2026-11-25"),
    ("五号", "2026-12-05"),
    ("二十号", "2026-11-20"),
    ("3月5号", "2027-03-05"),
    ("9月28日", "2026-09-28"),
    ("12/24", "2026-12-24"),
    ("2026年12月1日", "2026-12-01"),
    ("月底", "2026-11-30"),
    ("下月初", "2026-12-01"),
    ("下个月15号", "2026-12-15"),
    ("三天后", "2026-11-23"),
    ("半个月前", "2026-11-05"),
    ("年底", "2026-12-31"),
    ("初八", "2027-02-13"),
    ("腊月二十八", "2027-02-04"),
    ("除夕", "2027-02-05"),
    ("双十一", "2026-11-11"),
    ("端午节", "2027-06-09"),
    ("母亲节", "2027-05-09"),
    ("节后第一天", "2027-01-04"),
]


@pytest.mark.parametrize(("text", "day"), ONE_DAY)
def test_a_day_is_found_from_today(text: str, day: str) -> None:
    days = read_date(text, TODAY)
    assert days is not None
    assert str(days.single) == day


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("周末", "2026-11-21", "2026-11-22"),
        ("下周末", "2026-11-28", "2026-11-29"),
        ("周一到周三", "2026-11-23", "2026-11-25"),
        ("下周", "2026-11-23", "2026-11-29"),
        ("12月中旬", "2026-12-11", "2026-12-20"),
        ("三天内", "2026-11-20", "2026-11-23"),
        ("节后", "2027-01-04", "None"),
        ("过完年", "2027-02-15", "None"),
        ("节前", "None", "2026-12-31"),
    ],
)
def test_a_stretch_has_a_first_and_a_last_day(text: str, first: str, last: str) -> None:
    days = read_date(text, TODAY)
    assert days is not None
    assert (str(days.first), str(days.last)) == (first, last)


@pytest.mark.parametrize(
    ("text", "day"), [("周三", "2026-11-18"), ("15号", "2026-11-15"), ("25号", "2026-10-25"), ("3月5号", "2026-03-05")]
)
def test_a_day_that_has_been_is_the_last_one(text: str, day: str) -> None:
    days = read_date(text, TODAY, past=True)
    assert days is not None
    assert str(days.single) == day


@pytest.mark.parametrize("text", ["改天", "过几天", "2月30号", "32号", "明天见", ""])
def test_a_day_nobody_knows_is_none(text: str) -> None:
    assert read_date(text, TODAY) is None


@pytest.mark.parametrize(
    ("today", "text", "first"),
    [
        (date(2026, 9, 20), "国庆后", "2026-10-08"),
        (date(2026, 2, 10), "节后第一天", "2026-02-24"),
        (date(2026, 2, 18), "节后", "2026-02-24"),
        (date(2026, 4, 28), "五一假期后", "2026-05-06"),
    ],
)
def test_after_a_holiday_work_begins_again(today: date, text: str, first: str) -> None:
    days = read_date(text, today)
    assert days is not None
    assert str(days.first) == first


def test_a_make_up_saturday_is_a_workday() -> None:
    assert is_workday(date(2026, 10, 10))
    assert not is_workday(date(2026, 10, 1))
    assert not is_workday(date(2031, 10, 1)), "by the general rule, where no notice is out yet"


@pytest.mark.parametrize(("year", "day"), [(2023, "2023-01-22"), (2026, "2026-02-17"), (2042, "2042-01-22")])
def test_the_lunar_new_year_is_known(year: int, day: str) -> None:
    assert str(lunar_day(year, 1, 1)) == day
    assert lunar_day(1999, 1, 1) is None


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("下午三点后", Hours(15, 18)),
        ("上午9点到11点", Hours(9, 11)),
        ("下午两点到四点", Hours(14, 16)),
        ("14:00-16:00", Hours(14, 16)),
        ("早上八点前", Hours(None, 8)),
        ("晚上七点以后", Hours(19, 22)),
        ("三点半", Hours(15.5, 15.5)),
        ("中午十二点到一点", Hours(12, 13)),
        ("今晚八点后", Hours(20, 22)),
        ("晚饭后", Hours(19, 22)),
        ("上午", Hours(9, 12)),
        ("二十五点", None),
    ],
)
def test_hours_of_the_day(text: str, hours: Hours | None) -> None:
    assert read_time(text) == hours


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("沪", "310000"),
        ("浦东", "310115"),
        ("广州天河", "440106"),
        ("内蒙", "150000"),
        ("长春朝阳", "220104"),
        ("朝阳", "110105"),
        ("佛山顺德", "440606"),
        ("杭州市西湖区文三路398号", "330106"),
    ],
)
def test_a_region_has_its_code(text: str, code: str) -> None:
    region = read_region(text)
    assert region is not None
    assert region.code == code


@pytest.mark.parametrize("text", ["", "火星", "文三路398号", "某某县"])
def test_what_names_no_region_is_none(text: str) -> None:
    assert read_region(text) is None


@pytest.mark.parametrize(
    ("text", "carrier"),
    [
        ("YD1234567890123", OWN),
        ("268123456789", OWN),
        ("ＳＦ１３５０９８２２７７６１４", "shunfeng"),
        ("JDVB12345678901-1-1-", "jd"),
        ("YT 1234567890123", "yuantong"),
        ("DPK123456789012", "debangkuaidi"),
    ],
)
def test_the_likeliest_carrier_comes_first(text: str, carrier: str) -> None:
    assert read_waybill(text)[0].carrier == carrier


def test_a_number_that_fits_several_carriers_keeps_them_all() -> None:
    assert [c.carrier for c in read_waybill("268123456789")] == [OWN, "shunfeng", "zhongtong", "shentong"]


def test_a_mobile_number_is_no_waybill() -> None:
    assert read_waybill("13800138000") == []


def test_a_check_digit_decides_on_postal_numbers() -> None:
    right, wrong = read_waybill("EA473124829CN")[0], read_waybill("EA473124820CN")[0]
    assert right.confidence > wrong.confidence


def test_values_are_json_and_absent_when_nothing_is_certain() -> None:
    assert normalized("date", "下周二", TODAY) == {"first": "2026-11-24", "last": "2026-11-24"}
    assert normalized("dimensions", "40*30*20", TODAY) == [40, 30, 20]
    assert normalized("date", "改天", TODAY) is None
    assert normalized("person_name", "王强", TODAY) is None
