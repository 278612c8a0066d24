"""What the pages decide before they draw."""

import pytest

from bot.studio.ui.faq.conflict import MINE, THEIRS, clashes, merged
from bot.studio.ui.faq.document_page import chosen_entries
from bot.studio.ui.faq.entry_form import texts_said
from bot.studio.ui.faq.list_page import ListQuery
from bot.studio.ui.faq.markdown import Part, lines_of, parts_of

BASE = {"id": "a.b", "question": "问", "answer": "答", "answers.sms": "短"}


def test_what_only_one_of_two_changed_is_that_ones_and_both_are_told_apart() -> None:
    mine, theirs = BASE | {"answer": "我的", "question": "我问"}, {**BASE, "answer": "他的", "answers.sms": "更短"}

    found = clashes(BASE, mine, theirs)

    assert [(one.field, one.preferred, one.is_both) for one in found] == [
        ("question", MINE, False),
        ("answer", MINE, True),
        ("answers.sms", THEIRS, False),
    ]
    chosen = {one.field: one.preferred for one in found}
    assert merged(mine, theirs, chosen) == {**BASE, "question": "我问", "answer": "我的", "answers.sms": "更短"}


def test_the_same_change_by_both_is_no_clash() -> None:
    same = BASE | {"answer": "新"}

    assert clashes(BASE, same, dict(same)) == []


def test_a_form_without_ticks_clears_them_and_keeps_what_it_does_not_show() -> None:
    before = {"id": "a.b", "when.waybill": "created", "answers.callback": "接口", "phrasings": "旧"}

    texts = texts_said({"phrasings": ["一\r\n\r\n 二 \r\n一"], "answer": ["答\r\n案 "]}, before)

    assert texts == {**before, "when.waybill": "", "phrasings": "一\n二", "answer": "答\n案"}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("先**看**`x`", (Part("text", "先"), Part("strong", "看"), Part("code", "x"))),
        ("[官网](https://a.b)", (Part("link", "官网", "https://a.b"),)),
        ("[坏](javascript:x)", (Part("text", "[坏](javascript:x)"),)),
        ("看https://a.b/c。", (Part("text", "看"), Part("link", "https://a.b/c", "https://a.b/c"), Part("text", "。"))),
        ("<b>x</b>", (Part("text", "<b>x</b>"),)),
    ],
)
def test_markdown_is_cut_as_the_widget_cuts_it(text: str, parts: tuple[Part, ...]) -> None:
    assert parts_of(text) == parts


def test_lines_are_lists_headings_and_paragraphs() -> None:
    kinds = [line and (line.kind, line.number) for line in lines_of("# 题\n- 一\n2. 二\n\n三")]

    assert kinds == [("heading", 0), ("ul", 0), ("ol", 2), None, ("p", 0)]


def test_only_what_was_picked_is_saved() -> None:
    said = {
        "0.question": ["甲"],
        "1.chosen": ["1"],
        "1.question": ["乙 "],
        "1.id": ["a.b"],
        "1.phrasings": ["x\r\nx\r\ny"],
    }

    assert chosen_entries(said) == [{"id": "a.b", "covers": "乙", "question": "乙", "phrasings": "x\ny", "answer": ""}]


def test_what_makes_no_sense_in_an_address_is_not_asked() -> None:
    query = ListQuery("a\0b", "", "nonsense", "")

    assert (query.wanted.q, query.wanted.state) == ("ab", None)
    assert query.address(state="gap") == "/studio/faq?q=a%00b&state=gap"
