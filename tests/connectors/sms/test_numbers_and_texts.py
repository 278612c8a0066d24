import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sms.numbers import parse_number
from connectors.sms.orders import SmsOrder, order_in
from connectors.sms.segments import is_gsm7, segments
from connectors.sms.texts import cut, plain


@pytest.mark.parametrize(
    "written",
    [
        "13900000001",
        "+8613900000001",
        "8613900000001",
        "008613900000001",
        " 139-0000 0001 ",
        "１３９０００００００１",
    ],
)
def test_a_mobile_of_mainland_china_is_one_number_in_any_spelling(written):
    number = parse_number(written)

    assert number.e164 == "+8613900000001"
    assert number.national == "13900000001"
    assert number.is_mainland


@pytest.mark.parametrize(
    "written", ["", "10086", "12900000001", "139000000011", "+8602088888888", "Kuaida", "+0123456789"]
)
def test_what_is_no_mobile_is_no_number(written):
    assert parse_number(written) is None


def test_a_number_abroad_needs_its_country():
    assert parse_number("+1 (415) 867-5309").e164 == "+14158675309"
    assert parse_number("0014158675309").e164 == "+14158675309"
    assert not parse_number("+85261234567").is_mainland


def test_printing_a_number_does_not_show_it():
    number = parse_number("13900001234")

    assert f"{number}" == "+8613****1234"
    assert "139" not in repr(number)


@pytest.mark.parametrize(
    "word", ["TD", "td", " ｔｄ ", "T", "N", "R", "退订", "拒收", "Stop", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"]
)
def test_an_opt_out_word_is_one_when_it_is_the_whole_message(word):
    assert order_in(word) is SmsOrder.stop


@pytest.mark.parametrize("text", ["我要退订单", "退货", "退订了吗", "STOP IT", "T恤", "不要退订", "", "END."])
def test_a_message_that_only_contains_such_a_word_is_none(text):
    assert order_in(text) is None


@pytest.mark.parametrize("word", ["START", "start", "订阅", " 订阅 "])
def test_a_customer_can_ask_for_sms_again(word):
    assert order_in(word) is SmsOrder.start


@pytest.mark.parametrize(("length", "count"), [(0, 1), (1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (160, 3)])
def test_chinese_is_counted_by_70_and_67(length, count):
    assert segments("快" * length) == count


@pytest.mark.parametrize(("length", "count"), [(160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (460, 4)])
def test_gsm_signs_are_counted_by_160_and_153(length, count):
    assert segments("a" * length) == count


def test_escaped_signs_count_twice_and_are_not_torn_apart():
    assert segments("€" * 80) == 1
    assert segments("€" * 81) == 2
    assert segments("a" * 152 + "€" + "a" * 152) == 3  # the pair moves on, and then two septets are missing


def test_an_emoji_counts_twice_and_is_not_torn_apart():
    assert segments("😀" * 35) == 1
    assert segments("😀" * 36) == 2
    assert segments("快" * 66 + "😀" + "快" * 66) == 3


def test_one_chinese_sign_makes_the_whole_text_dear():
    assert is_gsm7("Your parcel is on its way @ 10:00")
    assert segments("a" * 100) == 1
    assert segments("a" * 100 + "快") == 2


@given(st.text(max_size=700), st.text(max_size=5))
def test_a_longer_text_never_takes_fewer(text, more):
    if is_gsm7(text) == is_gsm7(text + more):
        assert segments(text + more) >= segments(text) >= 1


def test_markdown_becomes_what_a_phone_shows():
    answer = "## 运费\n运单 YD1 **派送中**\n\n\n* 首重 `10` 元\n---\n[价目表](https://a.cn/p) 和 https://b.cn"

    assert plain(answer) == "运费\n运单 YD1 派送中\n- 首重 10 元\n价目表 https://a.cn/p 和 https://b.cn"


def test_a_text_is_cut_at_the_end_of_a_sentence():
    assert cut("第一句。第二句话。第三", 10) == "第一句。第二句话。"
    assert cut("没有句号的很长很长的话", 6) == "没有句号的很"
    assert cut("短", 6) == "短"


@given(st.text(max_size=200), st.integers(1, 100))
def test_a_cut_text_is_a_beginning_of_the_right_length(text, length):
    assert len(cut(text, length)) <= length
    assert text.startswith(cut(text, length))
