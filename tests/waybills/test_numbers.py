import pytest

from bot.waybills.numbers import find_phone_tail, find_waybill_numbers


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("查一下YD2026000000011", ["YD2026000000011"]),
        ("ＹＤ２０２６０００００００１１到哪了", ["YD2026000000011"]),
        ("yd 2026-0000-00011", ["YD2026000000011"]),
        ("单号YD20260\u200b00000011呢", ["YD2026000000011"]),
        ("462 1234 5678 901", ["46212345678901"]),
        ("两个件123456789012和YD2026000000028", ["123456789012", "YD2026000000028"]),
        ("同一个YD2026000000011，对，YD2026000000011", ["YD2026000000011"]),
        ("我电话13800138000", []),
        ("电话+86 138-0013-8000", []),
        ("订单DD260304100001", []),
        ("工单GD2600000001", []),
        ("尾号1234", []),
        ("身份证110101199003077758", []),
    ],
)
def test_waybill_numbers_are_found_and_look_alikes_are_not(text, numbers):
    assert find_waybill_numbers(text) == numbers


@pytest.mark.parametrize(
    ("text", "tail"),
    [("尾号1234", "1234"), ("１２３４", "1234"), ("12345", None), ("1234或者5678", None), ("没有", None)],
)
def test_a_phone_tail_is_four_digits_standing_alone(text, tail):
    assert find_phone_tail(text) == tail
