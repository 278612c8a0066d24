"""Markdown as WeChat shows it, cut where sentences end.  Pure."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import Attachment, Button, MessageKind
from bot.delivery.ports import Outgoing
from connectors.wechat.composing import FilePart, TextPart, compose
from connectors.wechat.joining import join
from connectors.wechat.rendering import as_wechat_text
from connectors.wechat.splitting import size, split
from tests.builders import NOW

CHINESE = st.text(st.sampled_from("我的快递。！？；，、ab 1\n"), max_size=300)


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("**粗体**和*斜体*和~~划掉~~", "粗体和斜体和划掉"),
        ("# 标题\n正文", "标题\n正文"),
        ("- 一\n* 二\n+ 三", "- 一\n- 二\n- 三"),
        ("1. 一\n2. 二", "1. 一\n2. 二"),
        ("> 引用", "引用"),
        ("`YD_12_34`", "YD_12_34"),
        ("snake_case_name 2*3*4", "snake_case_name 2*3*4"),
        ("[官网](https://a.b/c?x=1&y=2)", '<a href="https://a.b/c?x=1&y=2">官网</a>'),
        ('[官网](https://a.b "标题")', '<a href="https://a.b">官网</a>'),
        ("![图](https://a.b/c.png)", '<a href="https://a.b/c.png">图</a>'),
        ("[电话](tel:4008880000)", "电话（tel:4008880000）"),
        ("[点我](javascript:alert)", "点我（javascript:alert）"),
        ('<a href="https://evil">您的快递</a>', '＜a href="https://evil">您的快递＜/a>'),
        (r"\*不是重点\*", "*不是重点*"),
        ("一\n\n\n\n二", "一\n\n二"),
        ("```\n代码\n```", "代码"),
        ("3 < 5 && a > b", "3 < 5 && a > b"),
        ("]]>", "]]>"),
    ],
)
def test_markdown_becomes_what_wechat_shows(markdown, shown):
    assert as_wechat_text(markdown) == shown


@given(CHINESE, st.integers(min_value=12, max_value=200))
def test_no_piece_is_too_long_and_only_white_space_is_lost(text, limit):
    pieces = split(text, limit)

    assert all(size(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert len(pieces) == 1 or all(pieces)


@given(CHINESE)
def test_a_text_that_fits_is_not_cut(text):
    assert split(text, 2048) == [text.strip()]


def test_cuts_are_made_at_the_ends_of_sentences():
    assert split("第一句话。第二句话！第三句话？", 32) == ["第一句话。第二句话！", "第三句话？"]


def test_a_sentence_too_long_is_cut_at_a_clause():
    assert split("一二三四五，六七八九十，甲乙丙丁", 24) == ["一二三四五，", "六七八九十，", "甲乙丙丁"]


def test_a_link_is_never_cut():
    link = '<a href="https://www.example.com/a?b=c">看。这。里</a>'
    pieces = split(("前面的话。" + link + "后面的话。") * 20, 200)

    assert all(piece.count("<a ") == piece.count("</a>") for piece in pieces)
    assert sum(piece.count(link) for piece in pieces) == 20


@given(st.text(max_size=500), st.integers(min_value=16, max_value=100))
def test_any_text_at_all_is_cut_to_size(text, limit):
    assert all(size(piece) <= limit for piece in split(text, limit))


# -- composing ---------------------------------------------------------------------------------------------


def outgoing(text="您好", buttons=(), attachments=()):
    return Outgoing(uuid4(), "wechat", "o1", "bot", text, NOW, buttons=tuple(buttons), attachments=tuple(attachments))


@given(CHINESE, st.lists(st.text(min_size=1, max_size=60), max_size=12))
def test_choices_written_out_fit_into_the_last_message(text, titles):
    buttons = [Button(title=title, payload="/x") for title in titles]
    parts = compose(outgoing(text, buttons), 2048)

    assert all(isinstance(part, TextPart) and size(part.numbered()) <= 2048 for part in parts)
    assert [part.buttons for part in parts[:-1]] == [()] * (len(parts) - 1)


def test_a_file_is_a_part_of_its_own_after_the_words():
    picture = Attachment(kind=MessageKind.image, id="a" * 64, content_type="image/png", size=100)

    assert compose(outgoing("请看", attachments=[picture]), 2048) == (TextPart("请看"), FilePart(picture))


def test_choices_without_words_are_asked_for():
    [part] = compose(outgoing("", [Button(title="查快递", payload="/x")]), 2048)

    assert part.text == "请选择："


@pytest.mark.parametrize(
    "attachment",
    [
        Attachment(kind=MessageKind.image, id="a" * 64, content_type="image/png", size=11 * 1024 * 1024),
        Attachment(kind=MessageKind.image, id="", content_type="image/png", size=1),
        Attachment(kind=MessageKind.file, id="a" * 64, content_type="application/pdf", size=1),
    ],
)
def test_what_the_platform_does_not_take_is_told(attachment):
    [part] = compose(outgoing("请看", attachments=[attachment]), 2048)

    assert "不能在微信里发送" in part.text


def test_bubbles_are_joined_and_what_follows_choices_stays_below_them():
    choice = (Button(title="好", payload="/x"),)
    behind = [outgoing("二"), outgoing("三", choice), outgoing("四"), outgoing("五")]

    joined = join(TextPart("一"), behind, 2048)

    assert joined.part == TextPart("一\n\n二\n\n三", choice, "四\n\n五")
    assert joined.carried == tuple(each.id for each in behind)
    assert joined.part.menu()["tail_content"] == "四\n\n五"
    assert joined.part.numbered().endswith("四\n\n五")


def test_one_message_has_the_choices_of_one_bubble():
    choice = (Button(title="好", payload="/x"),)
    behind = [outgoing("二", choice), outgoing("三", choice)]

    assert join(TextPart("一"), behind, 2048).carried == (behind[0].id,)


def test_nothing_is_joined_that_does_not_fit():
    assert join(TextPart("甲" * 400), [outgoing("乙" * 400)], 2048).carried == ()


def test_the_same_thing_to_be_said_is_always_composed_the_same():
    said = outgoing("一句话。" * 600, [Button(title="好", payload="/x")])

    assert compose(said, 2048) == compose(said, 2048)
