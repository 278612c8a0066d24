import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.components.values.waybill import OWN, read_waybill
from connectors.tracking.carriers import (
    CARRIERS,
    HIGH,
    LOW,
    MEDIUM,
    candidates_for,
    has_right_check_digit,
    needs_phone_tail,
    normalise,
    phone_tail,
)


def carriers_of(text: str) -> dict[str, float]:
    return {one.carrier: one.confidence for one in candidates_for(text)}


@pytest.mark.parametrize(
    ("number", "carrier", "confidence"),
    [
        ("SF1234567890123", "shunfeng", HIGH),
        ("SF123456789012", "shunfeng", HIGH),
        ("SF123456789012345", "shunfeng", HIGH),
        ("YT1234567890123", "yuantong", HIGH),
        ("JT1234567890123", "jtexpress", HIGH),
        ("JD0012345678901", "jd", HIGH),
        ("JDVB12345678901-1-1-", "jd", HIGH),
        ("DPK123456789012", "debangkuaidi", HIGH),
        ("99123456789012"[:13], "youzhengguonei", MEDIUM),
        ("75123456789012", "zhongtong", MEDIUM),
        ("771234567890123", "shentong", MEDIUM),
        ("311234567890123", "yunda", MEDIUM),
        ("431234567890123", "yunda", MEDIUM),
        ("4310508235533", "yunda", LOW),
    ],
)
def test_a_format_says_whose_number_it_is_and_how_surely(number, carrier, confidence):
    assert carriers_of(number)[carrier] == confidence


def test_a_number_of_several_carriers_has_several_candidates():
    assert carriers_of("268123456789") == {"shentong": LOW, "zhongtong": LOW, "shunfeng": LOW}


def test_the_likelier_carrier_comes_first():
    assert [one.carrier for one in candidates_for("9912345678901")] == ["youzhengguonei", "yunda"]


@pytest.mark.parametrize(
    "text", ["ＳＦ１２３４５６７８９０１２３", "sf 1234 5678 90123", "SF\u200b1234567890123", "SF-1234567890123"]
)
def test_a_number_is_read_however_it_was_typed(text):
    assert normalise(text) == "SF1234567890123"
    assert candidates_for(text)[0].carrier == "shunfeng"


@pytest.mark.parametrize(
    "text", ["13912345678", "+8613912345678", "8613912345678", "139 1234 5678", "SF123", "", "你好"]
)
def test_phones_and_other_texts_are_nobodys_numbers(text):
    assert candidates_for(text) == []


def test_the_check_digit_of_a_postal_number_adds_up():
    assert has_right_check_digit("RR473124829GB") is True
    assert has_right_check_digit("RR473124828GB") is False
    assert has_right_check_digit("YT1234567890123") is None


def test_a_check_digit_makes_sure_or_nearly_rules_out():
    assert carriers_of("RR473124829CN")["youzhengguonei"] == HIGH
    assert carriers_of("EB473124829CN")["ems"] == HIGH
    assert carriers_of("EB473124828CN")["ems"] == LOW


def test_the_carriers_that_want_a_phone_tail_are_known():
    assert {carrier for carrier in CARRIERS if needs_phone_tail(carrier)} == {
        "shunfeng",
        "shunfengkuaiyun",
        "zhongtong",
    }


@pytest.mark.parametrize(
    ("phone", "tail"),
    [
        ("13912345678", "5678"),
        ("5678", "5678"),
        ("１３９１２３４５６７８", "5678"),
        ("13912345678-1234", "1234"),
        ("678", ""),
        ("", ""),
        ("12ab", ""),
    ],
)
def test_the_tail_of_a_phone_is_its_last_four_digits_or_those_of_its_extension(phone, tail):
    assert phone_tail(phone) == tail


_LIKE_A_NUMBER = st.from_regex(
    r"(SF|SF-|YT|JT|JD|JDVB|DPK|E[A-Z]|R[A-Z]|7[3-9]|31|4[0-9]|9[89]|1[01]|268|968)?[0-9]{9,15}(CN)?"
    r"|JD(VB)?[0-9]{10,15}-[0-9]-[0-9]-?",
    fullmatch=True,
)


@given(_LIKE_A_NUMBER | st.text(alphabet="SFYTJDEK0123456789CN", max_size=20))
def test_what_the_bot_hears_as_a_foreign_number_is_recognised_alike_here(text):
    heard = {one.carrier: one.confidence for one in read_waybill(text) if one.carrier != OWN}

    assert carriers_of(text) == heard


def test_every_candidate_is_a_carrier_with_a_name():
    numbers = ["SF1234567890123", "268123456789", "RR473124829CN", "4310508235533", "JD0012345678901", "1012345678901"]

    assert {carrier for number in numbers for carrier in carriers_of(number)} <= set(CARRIERS)
