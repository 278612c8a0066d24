import pytest

from bot.network.weights import parse_weight


@pytest.mark.parametrize(
    ("text", "kg"),
    [
        ("5kg", 5),
        ("10 KG", 10),
        ("５公斤", 5),
        ("三公斤半", 3.5),
        ("半公斤", 0.5),
        ("十来斤", 5),
        ("二十多斤", 10),
        ("两百克", 0.2),
        ("500g", 0.5),
        ("一斤二两", 0.6),
        ("两斤半", 1.25),
        ("三点五公斤", 3.5),
        ("一百二十公斤", 120),
        ("一百二十斤", 60),
        ("一吨", 1000),
        ("大概五斤左右吧", 2.5),
        ("2.5", 2.5),
    ],
)
def test_a_weight_is_read_in_the_words_of_customers(text, kg):
    assert parse_weight(text) == pytest.approx(kg)


@pytest.mark.parametrize(
    ("text", "kg"), [("两三公斤", 3), ("3-5公斤", 5), ("十七八斤", 9), ("一公斤到两公斤", 2), ("三到五斤", 2.5)]
)
def test_of_a_range_the_upper_end_counts(text, kg):
    assert parse_weight(text) == pytest.approx(kg)


@pytest.mark.parametrize(
    "text", ["", "不知道", "一箱", "几斤", "0公斤", "13900001234", "明天", "有点重", "点公斤", "9" * 400 + "kg"]
)
def test_what_is_no_weight_is_none(text):
    assert parse_weight(text) is None
