import pytest

from bot.waybills.foreign import Mention
from connectors.tracking.mentions import carrier_in, mentions_in


@pytest.mark.parametrize(
    ("text", "number", "carrier"),
    [
        ("SF1234567890123到哪了", "SF1234567890123", ""),
        ("顺丰SF1234567890123到哪了", "SF1234567890123", "shunfeng"),
        ("sf 1234 5678 90123 尾号1234", "SF1234567890123", ""),
        ("SF1234567890123 1234", "SF1234567890123", ""),
        ("4310508235533 1234 韵达", "4310508235533", "yunda"),
        ("圆通 YT1234567890123-13912345678", "YT1234567890123", "yuantong"),
        ("ＳＦ１２３４５６７８９０１２３", "SF1234567890123", ""),
        ("帮我查下中通75412809336601", "75412809336601", "zhongtong"),
        ("4310508235533，韵达的", "4310508235533", "yunda"),
        ("JDVB12345678901-1-1- 到了吗", "JDVB12345678901-1-1-", ""),
        ("EA123456785CN", "EA123456785CN", ""),
        ("yunda:4310508235533", "4310508235533", "yunda"),
        ("百世的 A12345678901", "A12345678901", "huitongkuaidi"),
    ],
)
def test_a_number_is_found_with_the_carrier_it_is_said_to_be(text, number, carrier):
    assert mentions_in(text) == (Mention(number, carrier),)


def test_a_name_does_not_count_against_a_format_that_is_sure():
    assert mentions_in("不是顺丰，是YT1234567890123") == (Mention("YT1234567890123"),)


@pytest.mark.parametrize(
    "text",
    ["YD2026000000011", "中通YD2026000000011", "打13912345678", "尾号1234", "顺丰快递到哪了", "订单A1234567890", ""],
)
def test_our_own_numbers_phones_and_the_rest_are_none(text):
    assert mentions_in(text) == ()


def test_several_numbers_are_all_found_each_once():
    found = mentions_in("SF1234567890123 和 YT1234567890123，还有SF1234567890123")

    assert [one.waybill_no for one in found] == ["SF1234567890123", "YT1234567890123"]


@pytest.mark.parametrize(
    ("text", "carrier"),
    [
        ("中通的", "zhongtong"),
        ("是ems", "ems"),
        ("顺丰快运", "shunfengkuaiyun"),
        ("中通还是圆通来着", ""),
        ("不知道", ""),
    ],
)
def test_a_carrier_is_known_by_what_people_call_it(text, carrier):
    assert carrier_in(text) == carrier
