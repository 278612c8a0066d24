import io
import zipfile
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from bot.errors import ImportFileError
from bot.studio.faq import plan as planning
from bot.studio.faq.files import cells, limits
from bot.studio.faq.files.cells import neutral, plain, read_rows
from bot.studio.faq.files.columns import headings
from bot.studio.faq.files.writing import write_csv, write_xlsx
from bot.studio.faq.model import Snapshot, Topic
from bot.studio.faq.plan import RowKind
from tests.knowledge_base.builders import make_entry
from tests.studio.faq.builders import GAP, VALUES, make_snapshot, sheet_of, xlsx

FULL = make_entry(
    "sending.batteries",
    answer="=SUM(A1) 不是公式\n- 充电宝可以寄\n+ 手机也行",
    answers={"sms": "-可以寄", "web": "@网页"},
    related=("service.holiday", "price.how_charged"),
    action={"title": "查价", "intent": "query_price"},
    when={"waybill": ["created", "at_station"], "after": ["query_price"]},
    valid_from=date(2026, 3, 1),
    valid_until=date(2026, 4, 1),
)
DRAFT = make_snapshot(make_entry("price.how_charged"), FULL, make_entry("service.holiday"))


def plan_import(sheet, draft: Snapshot):
    return planning.plan_import(sheet, draft, VALUES)


def plan_of(*rows: tuple[object, ...], draft: Snapshot = DRAFT):
    return plan_import(sheet_of(xlsx(*rows)), draft)


def edited(draft: Snapshot, **fields: object) -> bytes:
    """The exported sheet with cells of its first row changed, by heading."""
    book = load_workbook(io.BytesIO(write_xlsx(draft.topics.values())))
    sheet = book.worksheets[0]
    for heading, value in fields.items():
        sheet.cell(2, headings().index(heading) + 1).value = value
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize(("name", "write"), [("faq.xlsx", write_xlsx), ("faq.csv", write_csv)])
def test_what_was_exported_changes_nothing_when_it_comes_back(name: str, write) -> None:
    plan = plan_import(sheet_of(write(DRAFT.topics.values()), name), DRAFT)

    assert plan.problems == ()
    assert [row.kind for row in plan.rows] == [RowKind.same, RowKind.same, RowKind.same, RowKind.gap]


def test_no_cell_of_an_export_is_a_formula() -> None:
    book = load_workbook(io.BytesIO(write_xlsx(DRAFT.topics.values())))
    values = [cell for row in book.worksheets[0].iter_rows() for cell in row if cell.value is not None]
    lines = write_csv(DRAFT.topics.values()).decode("utf-8-sig")

    assert {cell.data_type for cell in values} == {"s"}
    assert not any(mark in lines for mark in (",=", '"=', ",-", ",@", '"@'))


@given(st.text(alphabet="'=+-@＝\t ab加", max_size=6))
def test_what_was_made_harmless_is_read_as_it_was(text: str) -> None:
    assert plain(neutral(text)) == text
    assert not neutral(text).startswith(cells.FORMULA)


def test_only_what_is_different_is_a_change() -> None:
    plan = plan_import(sheet_of(edited(DRAFT, 标准问法="邮费怎么算呀")), DRAFT)

    assert [row.topic for row in plan.to_save] == ["price.how_charged"]
    assert [(one.field, one.after) for one in plan.to_save[0].changes] == [("question", "邮费怎么算呀")]


def test_a_column_that_is_not_there_leaves_its_field_alone_and_an_empty_cell_clears_it() -> None:
    alone = plan_of(("主题编号", "按钮文字", "按钮意图"), ("sending.batteries", None, None)).rows[0]

    assert {one.field: one.after for one in alone.changes} == {"action.title": "", "action.intent": ""}
    assert alone.texts["answer"] == FULL.answer


def test_dates_are_read_however_they_are_written() -> None:
    plan = plan_of(
        ("主题编号", "生效日期", "失效日期"),
        ("price.how_charged", date(2026, 5, 1), "2026年6月1日"),
        ("service.holiday", "2026/5/1", "bald"),
    )

    assert [one.after for one in plan.rows[0].changes] == ["2026-05-01", "2026-06-01"]
    assert [(one.row, one.column) for one in plan.problems] == [(3, "C 失效日期")]


def test_states_of_parcels_may_be_written_in_chinese() -> None:
    plan = plan_of(("主题编号", "适用运单状态"), ("price.how_charged", "待揽收、待自取"), ("service.holiday", "飞走了"))

    assert plan.rows[0].texts["when.waybill"] == "created\nat_station"
    assert "飞走了" in plan.problems[0].text


def test_every_problem_names_its_row_and_column() -> None:
    plan = plan_of(
        ("主题编号", "标准问法", "其他问法", "答案", "相关主题", "按钮文字", "按钮意图"),
        ("price.how_charged", "运费怎么算", "一\n二", "看 {webseite}", "nowhere.at_all", "查", "no_such_intent"),
        ("Bad Id", "问", "答", "答", None, None, None),
        ("price.new_one", "春节送不送", "甲\n乙\n丙\n丁\n戊\n己\n庚\n辛", "答", None, None, None),
    )

    assert [(one.row, one.column) for one in plan.problems] == [
        (2, "C 其他问法"),
        (2, "D 答案"),
        (2, "E 相关主题"),
        (2, "G 按钮意图"),
        (3, "A 主题编号"),
        (3, "C 其他问法"),
        (4, "涵盖内容"),
        (4, "B 标准问法"),
    ]
    assert plan.to_save == []


def test_a_question_may_move_from_one_row_to_another_in_one_file() -> None:
    content = io.BytesIO(write_csv(DRAFT.topics.values()))
    text = content.read().decode("utf-8-sig")
    moved = text.replace("首重续重多少钱\n", "多一公斤加多少\n").replace("电池能不能寄\n", "首重续重多少钱\n")

    plan = plan_import(sheet_of(moved.encode(), "faq.csv"), DRAFT)

    assert plan.problems == ()
    assert {row.topic for row in plan.to_save} == {"price.how_charged", "sending.batteries"}


def test_an_sms_is_measured_with_its_variables_put_in() -> None:
    row = ("price.how_charged", "字" * 60 + "{hotline}")

    assert plan_of(("主题编号", "短信答案"), row).problems[0].text == "太长：72 个字，最多 70 个"


def test_a_topic_that_stands_there_twice_is_refused() -> None:
    plan = plan_of(("主题编号", "答案"), ("price.how_charged", "一"), ("price.how_charged", "二"))

    assert [(one.row, one.text) for one in plan.problems] == [(3, "和第 2 行是同一个主题")]


def test_a_formula_is_a_problem_not_a_value() -> None:
    plan = plan_of(("主题编号", "答案"), ("price.how_charged", "=1+1"))

    assert "公式" in plan.problems[0].text
    assert plan.to_save == []


def test_a_gap_is_filled_by_its_row() -> None:
    ways = "\n".join(f"保管费第{n}天怎么收" for n in "一二三四五六七八")
    plan = plan_of(("主题编号", "标准问法", "其他问法", "答案"), (GAP, "超期保管费怎么收", ways, "超过三天每天一元。"))

    assert [(row.topic, row.kind) for row in plan.rows] == [(GAP, RowKind.new)]


def test_the_line_about_a_topic_may_be_changed_too() -> None:
    plan = plan_of(("主题编号", "涵盖内容"), ("price.how_charged", "别的"))

    assert [(one.field, one.after) for one in plan.to_save[0].changes] == [("covers", "别的")]


def test_other_peoples_columns_are_left_out_and_ours_may_stand_in_any_order() -> None:
    plan = plan_of(("备注", "答案", "主题编号"), ("哈", "新答案", "price.how_charged"))

    assert [one.field for one in plan.rows[0].changes] == ["answer"]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("faq.pdf", b"x", "不支持"),
        ("faq.xlsx", b"", "空的"),
        ("faq.xlsx", b"PK\x03\x04 nothing", "无法读取"),
        ("faq.csv", b"a\0b", "不是文本"),
        ("faq.xlsx", xlsx(("标准问法",), ("问",)), "主题编号"),
        ("faq.xlsx", xlsx(("主题编号", "答案", "答案"), ("a.b", "1", "2")), "重复"),
        ("faq.csv", '主题编号\n"没有结束'.encode(), "CSV"),
    ],
)
def test_what_is_no_spreadsheet_of_ours_is_refused_in_a_sentence(name: str, content: bytes, why: str) -> None:
    with pytest.raises(ImportFileError, match=why):
        sheet_of(content, name)


def test_a_csv_of_chinese_windows_is_read() -> None:
    rows = read_rows("faq.csv", "主题编号;答案\nprice.how_charged;看官网\n".encode("gb18030"))

    assert rows[1].cells == ("price.how_charged", "看官网")


def test_what_would_unpack_to_too_much_is_refused_unopened(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (limits.MOST_UNPACKED + 1))

    assert len(bomb.getvalue()) < limits.MOST_BYTES
    with pytest.raises(ImportFileError, match="展开后过大"):
        read_rows("faq.xlsx", bomb.getvalue())


def test_ten_megabytes_is_the_most() -> None:
    with pytest.raises(ImportFileError, match="10 MB"):
        read_rows("faq.csv", b"x" * (limits.MOST_BYTES + 1))


def test_a_sheet_of_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "MOST_ROWS", 3)

    with pytest.raises(ImportFileError, match="3 行"):
        read_rows("faq.csv", "主题编号\n".encode() + b"a.b\n" * 5)


def test_a_channel_without_a_name_of_its_own_is_not_lost() -> None:
    entry = make_entry("price.how_charged", answers={"web": "网页", "callback": "接口"})
    draft = replace(DRAFT, topics={"price.how_charged": Topic("price.how_charged", "运费", entry)})

    plan = plan_import(sheet_of(write_xlsx(draft.topics.values())), draft)

    assert plan.rows[0].kind is RowKind.same
    assert plan.rows[0].texts["answers.callback"] == "接口"
