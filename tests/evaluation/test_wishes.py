from pathlib import Path

import pytest

from bot.errors import DataFileError
from bot.evaluation.wishes import Wishes, WishesMeasured, read_wishes, texts_to_understand
from tests.evaluation.builders import make_message

BOTH = "我要改收货地址，另外寄充电宝可以吗"
ONE = "我要改收货地址，因为我搬家了"
INTENTS = {
    BOTH: "change_address",
    ONE: "change_address",
    "我要改收货地址": "change_address",
    "另外寄充电宝可以吗": "faq",
    "因为我搬家了": "place_order",
}
UNDERSTOOD = {text: make_message(text, intent, 0.9) for text, intent in INTENTS.items()}


def test_all_that_is_asked_for_is_known_beforehand() -> None:
    assert texts_to_understand(BOTH) == [BOTH, "我要改收货地址", "另外寄充电宝可以吗"]
    assert set(texts_to_understand(ONE)) <= set(UNDERSTOOD)


def test_both_wishes_count_in_any_order() -> None:
    wishes = [Wishes(text=BOTH, intents=["faq", "change_address"])]

    report = WishesMeasured.of(wishes, UNDERSTOOD).report

    assert (report.first, report.both, report.made_up) == (1.0, 1.0, 0.0)


def test_a_wish_that_nobody_had_is_made_up() -> None:
    measured = WishesMeasured.of([Wishes(text=ONE, intents=["change_address"])], UNDERSTOOD)

    assert measured.report.made_up == 1.0
    assert measured.scores()["none_made_up"] == 0.0
    assert "place_order (因为我搬家了)" in measured.worst()[0]


def test_an_intent_that_is_not_known_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "two_wishes.jsonl"
    file.write_text('{"text": "x", "intents": ["nonsense"]}\n', encoding="utf-8")

    with pytest.raises(DataFileError, match=":1: intents: nonsense"):
        read_wishes(file, {"faq"})
