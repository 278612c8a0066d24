import pytest

from bot.dialogue.components.text import MAX_CHARS, normalize


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("ＹＤ１２３４５", "YD12345"),
        ("運費點計", "运费点计"),
        ("快\u200b递\ufeff到哪", "快递到哪"),
        ("快点！！！！", "快点!"),
        ("在吗？？??", "在吗?"),
        ("哈哈哈哈哈哈", "哈哈"),
        ("  你好  ", "你好"),
        ("第一行\n第二行", "第一行 第二行"),
        ("YD1111111111111", "YD1111111111111"),
        ("", ""),
        ("\u200b\u200d", ""),
    ],
)
def test_spellings_become_one(written: str, normal: str) -> None:
    assert normalize(written).text == normal


def test_every_place_of_the_normal_spelling_leads_back_to_the_original() -> None:
    original = "请查\u200bＹＤ１２，，，謝謝"
    normal = normalize(original)

    start = normal.text.index("YD12")

    assert original[slice(*normal.original_span(start, start + 4))] == "ＹＤ１２"
    assert len(normal.offsets) == len(normal.text)


def test_an_empty_span_has_no_place() -> None:
    with pytest.raises(ValueError, match="empty span"):
        normalize("你好").original_span(1, 1)


def test_a_very_long_message_is_cut() -> None:
    assert len(normalize("快递" * 50_000).text) <= MAX_CHARS
