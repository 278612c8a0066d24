import io
import zipfile

import pytest
from docx import Document

from bot.errors import ImportFileError
from bot.studio.faq.files import limits
from bot.studio.faq.files.blocks import in_lines, read_blocks
from bot.studio.faq.files.splitting import FoundBy, Proposal, question_of, split

POLICY = """\
---
title: 内部
---
# 保管与退回规定

本规定自发布之日起施行。

## 一、超期保管费

包裹到站 **48 小时**内免费。

- 第三天起每天 1 元
- 最多收 30 元

### 收费标准

| 天数 | 费用 |
| --- | --- |
| 3 | 1 元 |

## 退回件的运费谁付？

由寄件人承担。
"""


def word(*lines: tuple[str, str | None]) -> bytes:
    document = Document()
    for text, style in lines:
        document.add_paragraph(text, style=style)
    content = io.BytesIO()
    document.save(content)
    return content.getvalue()


def proposals(content: str | bytes, name: str = "a.md") -> list[Proposal]:
    return split(read_blocks(name, content.encode() if isinstance(content, str) else content))


def test_each_heading_with_something_below_it_is_proposed_with_its_words_as_they_stand() -> None:
    found = proposals(POLICY)

    assert [one.question for one in found] == [
        "保管与退回规定是怎么规定的？",
        "超期保管费是怎么规定的？",
        "超期保管费的收费标准是怎么规定的？",
        "退回件的运费谁付？",
    ]
    assert found[1].answer == "包裹到站 **48 小时**内免费。\n\n- 第三天起每天 1 元\n- 最多收 30 元"
    assert found[2].answer == "- 天数：费用\n- 3：1 元"
    assert (found[3].place, found[3].path) == ("第 21 行", ("保管与退回规定",))


def test_pairs_of_question_and_answer_are_taken_as_they_are() -> None:
    found = proposals("常见问题\n\n问：能寄充电宝吗？\n答：可以，要带包装。\n一次一块。\n\nQ2: 多久到\nA2: 三天。\n")

    assert [(one.question, one.answer, one.found_by) for one in found] == [
        ("能寄充电宝吗？", "可以，要带包装。\n\n一次一块。", FoundBy.pair),
        ("多久到", "三天。", FoundBy.pair),
    ]


def test_articles_of_a_regulation_are_clauses_named_by_their_first_words() -> None:
    found = proposals(
        "第二章 理赔\n\n第五条 未保价的快件，最高赔偿运费的七倍。\n\n"
        "（一）按实际损失计算；\n\n第六条 时限\n\n七日内答复。\n"
    )

    assert [(one.question, one.path, one.found_by) for one in found] == [
        ("未保价的快件是怎么规定的？", ("理赔",), FoundBy.clause),
        ("理赔的时限是怎么规定的？", ("理赔",), FoundBy.heading),
    ]
    assert found[0].answer == "未保价的快件，最高赔偿运费的七倍。\n\n（一）按实际损失计算；"


def test_decimal_numbers_make_a_tree() -> None:
    found = proposals("1.1 寄件要求\n\n实名。\n\n1.1.1 证件\n\n身份证。\n\n1.2 包装\n\n纸箱。\n")

    assert [(one.question, one.path) for one in found] == [
        ("寄件要求是怎么规定的？", ()),
        ("寄件要求的证件是怎么规定的？", ("寄件要求",)),
        ("包装是怎么规定的？", ()),
    ]


def test_steps_below_a_heading_belong_to_its_answer() -> None:
    found = proposals("# 怎么寄件\n\n1. 打开小程序\n2. 填地址\n")

    assert [(one.question, one.answer) for one in found] == [("怎么寄件？", "1. 打开小程序\n2. 填地址")]


def test_a_text_of_numbered_paragraphs_alone_is_cut_at_the_numbers() -> None:
    found = proposals(
        word(("1、液体能不能寄，看种类。", None), ("酒可以。", None), ("2、药品凭处方可寄。", None)), "规定.docx"
    )

    assert [(one.question, one.answer) for one in found] == [
        ("液体能不能寄？", "液体能不能寄，看种类。\n\n酒可以。"),
        ("药品凭处方可寄是怎么规定的？", "药品凭处方可寄。"),
    ]
    assert found[0].place == "第 1 段"


def test_word_headings_lists_and_tables_are_read() -> None:
    document = Document()
    document.add_paragraph("理赔手册", style="Title")
    document.add_heading("保价", level=1)
    document.add_paragraph("按声明价值。")
    document.add_paragraph("全损全赔", style="List Bullet")
    document.add_paragraph("部分按比例", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for at, text in enumerate(("价值", "费用", "1000", "5")):
        table.cell(at // 2, at % 2).text = text
    content = io.BytesIO()
    document.save(content)

    found = proposals(content.getvalue(), "手册.docx")

    assert [one.question for one in found] == ["保价是怎么规定的？"]
    assert found[0].answer == "按声明价值。\n\n- 全损全赔\n- 部分按比例\n- 价值：费用\n- 1000：5"


def test_a_table_is_told_in_lines_by_its_headings() -> None:
    assert in_lines([["天数", "费用", "备注"], ["3", "1 元", ""], ["7", "5 元", "含周末"]]) == (
        "- 天数：3，费用：1 元\n- 天数：7，费用：5 元，备注：含周末"
    )


def test_headings_that_say_the_same_are_told_apart_by_what_stands_above() -> None:
    found = proposals("# 保价\n\n## 申请材料说明\n\n一\n\n# 退款\n\n## 申请材料说明\n\n二\n")

    assert [one.question for one in found] == ["保价：申请材料说明是怎么规定的？", "退款：申请材料说明是怎么规定的？"]


@pytest.mark.parametrize(
    ("heading", "question"),
    [
        ("3.2 如何开发票", "如何开发票？"),
        ("（二）运费谁付?", "运费谁付？"),
        ("第三条 赔偿标准", "赔偿标准是怎么规定的？"),
        ("七天无理由退货", "七天无理由退货是怎么规定的？"),
        ("2026年双十一安排", "2026年双十一安排是怎么规定的？"),
    ],
)
def test_a_question_is_guessed_from_a_heading(heading: str, question: str) -> None:
    assert question_of(heading) == question


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.doc", b"x", "不支持"),
        ("a.docx", b"no zip", "Word"),
        ("a.docx", b"", "空的"),
        ("a.md", b"# \xe6\xa0\x87\xe9\xa2\x98\n", "空的"),
        ("a.md", b"x" * (limits.MOST_BYTES + 1), "10 MB"),
    ],
)
def test_what_is_no_document_is_refused_in_a_sentence(name: str, content: bytes, why: str) -> None:
    with pytest.raises(ImportFileError, match=why):
        read_blocks(name, content)


def test_a_word_file_that_would_unpack_to_too_much_is_refused_unopened() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * (limits.MOST_UNPACKED + 1))

    with pytest.raises(ImportFileError, match="展开后过大"):
        read_blocks("a.docx", bomb.getvalue())
