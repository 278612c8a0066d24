import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.tools.free_text import secrets_in
from bot.studio.sets.disguise import disguise, text_key
from bot.waybills.numbers import find_waybill_numbers


@pytest.mark.parametrize("text", ["我的电话13812345678，快点", "打 138 1234 5678", "卡号6222 0212 3456 7890 123"])
def test_a_number_that_reaches_somebody_becomes_another_of_the_same_shape(text):
    shape = re.compile(r"\d")

    assert disguise(text) != text
    assert shape.sub("0", disguise(text)) == shape.sub("0", text)
    assert not set(re.findall(r"\d{5,}", text)) & set(re.findall(r"\d{5,}", disguise(text)))


def test_a_phone_becomes_one_that_nobody_has():
    assert re.search(r"(154|163|164|168|169)\d{8}", disguise("我的电话13812345678"))


def test_a_waybill_number_is_still_one():
    said = disguise("帮我查YD2026081234567")

    assert find_waybill_numbers(said) != ["YD2026081234567"]
    assert len(find_waybill_numbers(said)) == 1


def test_a_name_that_was_recognised_becomes_another():
    said = disguise("收件人是欧阳晓峰", [{"entity": "person_name", "start": 4, "end": 8}])

    assert said.startswith("收件人是")
    assert len(said) == 8
    assert "晓峰" not in said


def test_the_same_sentence_is_always_disguised_alike():
    assert disguise("查13812345678") == disguise("查13812345678")


def test_what_names_nobody_stays():
    assert disguise("3公斤寄到北京多少钱，2天能到吗") == "3公斤寄到北京多少钱，2天能到吗"


@given(st.from_regex(r"[一-龥]{0,6}1[3-9]\d{9}[一-龥]{0,6}", fullmatch=True))
def test_no_phone_survives(text):
    phone = re.search(r"1[3-9]\d{9}", text)[0]

    assert phone not in disguise(text)
    assert len(secrets_in(disguise(text))) == len(secrets_in(text))


@pytest.mark.parametrize(
    ("one", "other"), [("催一下", "催一下！！"), ("查YD2026081234567", "查 YD2026089999999"), ("ＯＫ", "ok")]
)
def test_sentences_that_say_the_same_have_the_same_key(one, other):
    assert text_key(one) == text_key(other)


def test_sentences_that_say_something_else_have_not():
    assert text_key("催一下") != text_key("查一下")
