import io
import json
import zipfile
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from openpyxl import Workbook, load_workbook

from bot.errors import ImportFileError
from bot.rules.archive import json_of, read_any, read_path, write_folder, write_zip
from bot.rules.problems import Draft
from bot.rules.shipped import shipped_rules
from bot.rules.spreadsheet import sheet_name, write_spreadsheet
from bot.rules.spreadsheet_reading import read_spreadsheet
from bot.rules.yaml_files import read_files, write_files
from tests.rules.builders import make_table, tables

SAMPLE = {
    "sample": make_table(
        {"id": "long", "when": {"hours": ">= 48", "status": "in_transit, delivered"}, "then": {"minutes": 90}},
        {"id": "late", "when": {"late": True, "hours": 3}, "then": {"verdict": "迟到"}, "note": "说明"},
        {"id": "rest"},
    )
}


def edited(change: Callable[[Workbook], object], known=SAMPLE) -> Draft:
    """The draft out of a workbook that somebody changed."""
    book = load_workbook(io.BytesIO(write_spreadsheet(known)))
    change(book)
    content = io.BytesIO()
    book.save(content)
    return read_spreadsheet(content.getvalue(), known)


def set_cell(where: str, value: object) -> Callable[[Workbook], object]:
    def change(book: Workbook) -> None:
        book["样表 sample"][where] = value

    return change


def test_the_shipped_tables_survive_excel_yaml_and_json():
    known = shipped_rules().tables

    for content in (write_spreadsheet(known), write_zip(known), json.dumps(json_of(known)).encode()):
        draft = read_any(content, known)
        assert draft.problems == ()
        assert draft.tables == known


@settings(max_examples=60, deadline=None)
@given(table=tables())
def test_any_table_survives_excel(table):
    known = {table.name: table}
    draft = read_spreadsheet(write_spreadsheet(known), {table.name: table.with_rows(())})

    assert draft.problems == ()
    assert draft.tables == known


@settings(max_examples=60, deadline=None)
@given(table=tables())
def test_any_table_survives_yaml(table):
    draft = read_files(write_files([table]))

    assert draft.problems == ()
    assert draft.tables == {table.name: table}


def test_a_sheet_has_chinese_headings_over_english_names_a_fixed_head_and_lists_to_choose_from():
    sheet = load_workbook(io.BytesIO(write_spreadsheet(SAMPLE)))["样表 sample"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(max_row=5)]
    lists = {str(offered.sqref).split(":")[0]: offered for offered in sheet.data_validations.dataValidation}

    names = ["hours", "place", "status", "late", "verdict", "minutes", "tells", "becomes"]
    assert rows[0] == ["行号", *(f"列{name}" for name in names), "备注"]
    assert rows[1] == ["id", *names, "remark"]
    assert rows[2] == ["long", ">= 48", None, "运输中, 已签收", None, "ok", 90, "否", "运输中", None]
    assert rows[3] == ["late", 3, None, None, "是", "迟到", 1, "否", "运输中", "说明"]
    assert sheet.freeze_panes == "B3"
    assert set(lists) == {"D3", "E3", "H3", "I3"}
    assert lists["D3"].showErrorMessage is False
    assert lists["I3"].showErrorMessage is True


def test_the_workbook_explains_itself_and_hides_its_lists():
    book = load_workbook(io.BytesIO(write_spreadsheet(SAMPLE)))

    assert book.sheetnames == ["说明", "可选值", "样表 sample"]
    assert book["可选值"].sheet_state == "hidden"
    assert "规则表" in book["说明"]["A1"].value


@pytest.mark.parametrize("number", [1.0499404828969299, 1234567890123457, 0.1, 1e-7])
def test_no_digit_of_a_number_is_lost(number):
    known = {"sample": make_table({"id": "a", "when": {"hours": number}, "then": {"minutes": number}})}

    assert read_spreadsheet(write_spreadsheet(known), known).tables == known


def test_texts_stay_texts_whatever_excel_would_make_of_them():
    known = {"sample": make_table({"id": "a", "then": {"verdict": "=1+1"}}, {"id": "b", "then": {"verdict": "0012"}})}
    sheet = load_workbook(io.BytesIO(write_spreadsheet(known)))["样表 sample"]

    assert [sheet["F3"].value, sheet["F3"].data_type, sheet["F4"].value] == ["=1+1", "s", "0012"]


@pytest.mark.parametrize(
    ("where", "value", "problem"),
    [
        ("B3", "soon", "“样表 sample”B3 表 sample 行 long 列 hours：“soon”不是数字条件"),
        ("D3", "飞行中", "“样表 sample”D3 表 sample 行 long 列 status：“飞行中”不在可选值之内"),
        ("G4", None, "“样表 sample”G4 表 sample 行 late 列 minutes：缺少结果"),
        ("G4", "许多", "“样表 sample”G4 表 sample 行 late 列 minutes：“许多”不是数字"),
        ("H5", "也许", "“样表 sample”H5 表 sample 行 rest 列 tells：“也许”应为“是”或“否”"),
        ("B3", date(2026, 1, 5), "“样表 sample”B3 表 sample 行 long 列 hours：Excel 把内容变成了日期"),
        ("G3", "=1+1", "“样表 sample”G3 表 sample 行 long 列 minutes：不支持公式"),
        ("A3", "=1+1", "“样表 sample”A3 表 sample 列 id：不支持公式"),
        ("J3", date(2026, 1, 5), "“样表 sample”J3 表 sample 列 remark：Excel 把内容变成了日期"),
        ("B2", "minute", "“样表 sample”B2 表 sample 列 minute：没有这一列"),
        ("K2", "hours", "“样表 sample”K2 表 sample 列 hours：这一列重复了"),
        ("K1", "新列", "“样表 sample”K2 表 sample 列 新列：没有这一列"),
    ],
)
def test_problems_name_the_sheet_and_the_cell(where, value, problem):
    def change(book: Workbook) -> None:
        book["样表 sample"][where] = value
        if where == "B2":
            book["样表 sample"]["B1"] = "分钟"

    found = [str(one) for one in edited(change).problems]

    assert any(one.startswith(problem) for one in found), found


def test_a_column_that_was_deleted_is_told_and_not_taken_for_any_value():
    draft = edited(lambda book: book["样表 sample"].delete_cols(2))

    assert "缺少这一列" in [problem.what for problem in draft.problems if problem.column == "hours"]


def test_a_row_may_be_moved_added_and_removed_and_empty_rows_do_no_harm():
    def change(book: Workbook) -> None:
        sheet = book["样表 sample"]
        sheet.delete_rows(3)
        sheet.insert_rows(3)
        sheet["A7"], sheet["B7"], sheet["G7"], sheet["H7"], sheet["I7"] = "more", "1..5", 7, "是", "已签收"

    draft = edited(change)

    assert draft.problems == ()
    assert [row.id for row in draft.tables["sample"].rows] == ["late", "rest", "more"]
    assert draft.tables["sample"].rows[-1].then == {
        "verdict": None,
        "minutes": 7,
        "tells": True,
        "becomes": "delivered",
    }


def test_headings_in_chinese_alone_are_understood():
    def change(book: Workbook) -> None:
        for cell in book["样表 sample"][2]:
            cell.value = None
        book["样表 sample"]["A2"], book["样表 sample"]["J2"] = "id", "remark"

    assert edited(change).tables == SAMPLE


def test_a_sheet_without_a_table_is_told_and_a_table_without_a_sheet_stays_as_it_is():
    def change(book: Workbook) -> None:
        book["样表 sample"].title = "别的"

    draft = edited(change)

    assert [str(problem) for problem in draft.problems] == ["工作表“别的” 表 别的：没有对应的规则表，可用：样表 sample"]
    assert draft.tables == SAMPLE


def test_a_table_with_two_sheets_is_told():
    def change(book: Workbook) -> None:
        book.copy_worksheet(book["样表 sample"]).title = "样表"

    assert [problem.what for problem in edited(change).problems] == ["这张表有两个工作表"]


def test_names_of_sheets_fit_excel():
    table = make_table({"id": "rest"}, name="a_rather_long_name")

    assert sheet_name(table) == "样表 a_rather_long_name"
    assert len(sheet_name(type(table)("x", "很长/的[标题]" * 9, table.hit, (), ()))) <= 31


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"PK\x03\x04broken", "已损坏"),
        (b"not a table", "请上传"),
        (b"", "请上传"),
        (b"{", "JSON"),
        (b'{"rows": []}', "JSON"),
    ],
)
def test_files_of_another_kind_are_refused_in_chinese(content, why):
    with pytest.raises(ImportFileError, match=why):
        read_any(content, SAMPLE)


def zip_of(**files: str | bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/").replace("_yml", ".yml"), text)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (zip_of(xl__workbook="x"), "没有 .yml"),
        (zip_of(a_yml=b"\xff\xfe"), "UTF-8"),
        (zip_of(a_yml=b"#" * 10_000_001), "过大"),
    ],
)
def test_archives_that_cannot_be_read_are_refused(content, why):
    with pytest.raises(ImportFileError, match=why):
        read_any(content, SAMPLE)


def test_a_workbook_that_unpacks_without_end_is_refused():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * 50_000_001)

    with pytest.raises(ImportFileError, match="过大"):
        read_any(content.getvalue(), SAMPLE)


def test_what_only_looks_like_a_workbook_is_refused():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")

    with pytest.raises(ImportFileError, match="不是有效的 Excel"):
        read_any(content.getvalue(), SAMPLE)


def test_the_same_tables_give_the_same_zip():
    assert write_zip(SAMPLE) == write_zip(SAMPLE)


def test_a_folder_a_single_file_and_a_workbook_are_read_from_disk(tmp_path):
    write_folder(SAMPLE, tmp_path / "rules")
    (tmp_path / "rules.xlsx").write_bytes(write_spreadsheet(SAMPLE))

    for path in ("rules", "rules/sample.yml", "rules.xlsx"):
        assert read_path(tmp_path / path, SAMPLE).tables == SAMPLE


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path):
    (tmp_path / "latin.yml").write_bytes(b"\xff")

    for name in ("none.xlsx", "latin.yml"):
        with pytest.raises(ImportFileError):
            read_path(tmp_path / name, SAMPLE)
