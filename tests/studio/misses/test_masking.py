"""Nobody can be recognised in a miss, and what is taught of it is made up."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.components.text import normalize
from bot.studio.misses.masking import PLACEHOLDER, Mark, Masked, default_masker
from bot.studio.misses.replacing import refuse_bad_marks, refuse_traces, traces, worded

MASKER = default_masker()
LONG_NUMBER = re.compile(r"\d(?:[ -]?\d){6,}")

words = st.sampled_from(
    ["我的快递", "到哪了", "麻烦打", "这个号", "，", "。", " ", "送到", "催一下", "广州", "3天", "寄"]
)
mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
spaced = mobiles.map(lambda number: f"{number[:3]} {number[3:7]} {number[7:]}")
wide = mobiles.map(lambda number: number.translate({ord(str(n)): 0xFF10 + n for n in range(10)}))
waybills = st.from_regex(r"YD[0-9]{13}", fullmatch=True)
bare = st.from_regex(r"[1-9][0-9]{11,14}", fullmatch=True)
cards = st.from_regex(r"62[0-9]{17}", fullmatch=True)
personal = st.one_of(mobiles, spaced, wide, waybills, bare, cards)


@given(st.lists(st.one_of(words, personal), min_size=1, max_size=8))
def test_no_number_of_anybody_is_left_whatever_stands_around_it(parts: list[str]) -> None:
    masked = MASKER.mask("".join(parts))

    assert LONG_NUMBER.search(normalize(masked.text).text) is None
    assert all(masked.text[mark.start : mark.end] for mark in masked.marks)


@given(st.lists(st.one_of(words, personal), min_size=1, max_size=8))
def test_what_is_taught_of_a_masked_sentence_may_always_be_taught(parts: list[str]) -> None:
    taught = worded(MASKER.mask("".join(parts)))

    refuse_traces([taught.text])
    refuse_bad_marks(taught)
    assert PLACEHOLDER.search(taught.text) is None


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(-2, 70), st.integers(-2, 70)), max_size=4))
def test_any_text_with_any_entities_can_be_masked(text: str, spans: list[tuple[int, int]]) -> None:
    entities = [{"entity": "person_name", "start": start, "end": end} for start, end in spans if start >= 0]
    masked = MASKER.mask(text, entities)

    assert [mark.start for mark in masked.marks] == sorted(mark.start for mark in masked.marks)
    assert all(one.end <= other.start for one, other in zip(masked.marks, masked.marks[1:], strict=False))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("送到杭州市西湖区文三路100号2栋301室", "送到〔地址〕"),
        ("尾号1234的那件", "尾号〔尾号〕的那件"),
        ("收件人：欧阳小云，催一下", "收件人：〔姓名〕，催一下"),
        ("我叫李小明帮我查一下", "我叫〔姓名〕帮我查一下"),
        ("我叫王芳", "我叫〔姓名〕"),
        ("我叫快递来取，收件人电话不对", "我叫快递来取，收件人电话不对"),
        ("身份证110101199003071234", "身份证〔证件号〕"),
        ("工单GD0000000123处理了没", "工单〔工单号〕处理了没"),
        ("2026-03-04寄的到广州", "2026-03-04寄的到广州"),
        ("寄3公斤到广州多少钱", "寄3公斤到广州多少钱"),
        ("一三八一二三四五六七八", "〔号码〕"),
    ],
)
def test_each_kind_has_its_placeholder_and_the_rest_stays(text: str, masked: str) -> None:
    assert MASKER.mask(text).text == masked


def test_entities_that_name_nobody_stay_and_are_marked() -> None:
    text = "寄到广州给张伟"
    found = [{"entity": "region", "start": 2, "end": 4}, {"entity": "person_name", "start": 5, "end": 7}]

    assert MASKER.mask(text, found) == Masked("寄到广州给〔姓名〕", (Mark(2, 4, "region"), Mark(5, 9, "person_name")))


def test_the_same_sentence_is_always_made_up_the_same_way() -> None:
    masked = MASKER.mask("打13812345678")

    assert worded(masked) == worded(masked)
    assert worded(masked).marks == (Mark(1, 12, "phone"),)


@pytest.mark.parametrize(
    "text", ["打13812345678", "请拨0571-88888888", "YD2026000000011", "〔电话〕", "773224466880011"]
)
def test_real_numbers_and_placeholders_are_found_with_something_to_take_instead(text: str) -> None:
    (trace,) = traces(text)

    assert traces(trace.instead) == []


@pytest.mark.parametrize(
    "text", ["寄3公斤到广州", "YD2000123456789到哪了", "打15412345678", "2026年3月4日", "2000年12月"]
)
def test_what_is_nobodys_may_be_taught(text: str) -> None:
    assert traces(text) == []
