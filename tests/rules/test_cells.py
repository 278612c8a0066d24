import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.cells import ANY, Cell
from bot.rules.reading import CellError, read_cell, read_value
from bot.rules.table import ColumnType
from bot.rules.writing import cell_text, plain_cell, value_text
from tests.rules.builders import INPUTS, NUMBERS, OUTPUTS, TYPES, WORDS, cells

HOURS, PLACE, STATUS, LATE = INPUTS


def passes(written, value, column=HOURS) -> bool:
    return read_cell(written, column).matches(value)


@pytest.mark.parametrize("written", [None, "", "  "])
@pytest.mark.parametrize("value", [None, 0, 48.5])
def test_an_empty_cell_lets_everything_pass(written, value):
    assert passes(written, value)


@pytest.mark.parametrize(
    ("written", "inside", "outside"),
    [
        (48, [48], [47.9, None]),
        ("48", [48.0], [49]),
        (">= 48", [48, 100], [47.99, None]),
        ("> 48", [48.1], [48]),
        ("<3", [2, -1], [3, None]),
        ("<= 3", [3], [3.1]),
        ("= 3", [3], [4]),
        ("1..5", [1, 3.3, 5], [0.9, 5.1]),
        ("(1..5]", [1.1, 5], [1]),
        ("[1..5)", [1, 4.9], [5]),
        ("(1..5)", [2], [1, 5]),
        ("1..", [1, 999], [0]),
        ("..-5", [-5, -9], [-4]),
        ("-3..-1", [-2], [0]),
        ("1, 3, 5..7", [1, 3, 6], [2, 4]),
        ("not 1, 3", [2], [1, 3, None]),
        ("not >= 48", [3], [48, None]),
        ("none", [None], [0, 3]),
        ("-", [None], [0]),
        ("none, 0..72", [None, 0, 72], [73]),
        ("not none", [0, 3], [None]),
        ("≥ 48", [48], [47]),
        ("＞＝４８，１", [48, 1], [47]),
    ],
)
def test_conditions_on_numbers(written, inside, outside):
    assert all(passes(written, value) for value in inside)
    assert not any(passes(written, value) for value in outside)


@pytest.mark.parametrize(
    ("written", "inside", "outside"),
    [
        ("in_transit", ["in_transit"], ["delivered", None, "unheard_of"]),
        ("运输中", ["in_transit"], ["delivered"]),
        ("in_transit, 已签收", ["in_transit", "delivered"], ["refused"]),
        ("运输中、已签收", ["in_transit", "delivered"], ["refused"]),
        (["in_transit", "none"], ["in_transit", None], ["delivered"]),
        ("not in_transit", ["delivered", "unheard_of"], ["in_transit", None]),
        ("非 运输中", ["delivered"], ["in_transit"]),
        ('"x, y"', ["x, y"], ["x", "y"]),
        ('"none"', ["none"], [None]),
        ("无", [None], ["in_transit"]),
    ],
)
def test_conditions_on_choices(written, inside, outside):
    assert all(passes(written, value, STATUS) for value in inside)
    assert not any(passes(written, value, STATUS) for value in outside)


@pytest.mark.parametrize("written", [True, "true", "是", "yes", "TRUE"])
def test_conditions_on_flags(written):
    assert passes(written, True, LATE)
    assert not passes(written, False, LATE)
    assert not passes(written, None, LATE)


def test_a_word_that_begins_like_a_negation_is_a_word():
    assert passes("非洲", "非洲", PLACE)
    assert passes("notebook", "notebook", PLACE)


@pytest.mark.parametrize(
    ("written", "column", "why"),
    [
        ("soon", HOURS, "不是数字条件"),
        (">= x", HOURS, "不是数字条件"),
        ("..", HOURS, "不是数字条件"),
        ("5..1", HOURS, "下限应小于上限"),
        ("(5..5]", HOURS, "下限应小于上限"),
        ("1,,2", HOURS, "逗号前后缺少内容"),
        ("not", HOURS, "不是数字条件"),
        ("1e999", HOURS, "不是数字"),
        (True, HOURS, "不是数字条件"),
        ('"x', PLACE, "引号没有成对"),
        ("flying", STATUS, "可选：运输中(in_transit)"),
        ("maybe", LATE, "应为“是”或“否”"),
        (1, LATE, "应为“是”或“否”"),
    ],
)
def test_what_cannot_be_read_is_explained(written, column, why):
    with pytest.raises(CellError, match=why.replace("(", r"\(").replace(")", r"\)")):
        read_cell(written, column)


@pytest.mark.parametrize("number", range(len(INPUTS)))
@given(data=st.data())
def test_a_cell_reads_back_as_it_was_written(number, data):
    column = INPUTS[number]
    cell = data.draw(cells(column.type))

    assert read_cell(cell_text(cell, column), column) == cell
    assert read_cell(cell_text(cell, column, titled=True), column) == cell
    assert read_cell(plain_cell(cell, column), column) == cell


@given(data=st.data())
def test_a_cell_that_covers_another_lets_at_least_as_much_pass(data):
    kind = data.draw(st.sampled_from(list(TYPES.values())))
    wide, narrow = data.draw(cells(kind)), data.draw(cells(kind))
    values = {
        ColumnType.number: st.one_of(st.none(), NUMBERS),
        ColumnType.flag: st.one_of(st.none(), st.booleans()),
    }.get(kind, st.one_of(st.none(), st.sampled_from([*WORDS, "杭州", "other"])))
    value = data.draw(values)

    if wide.covers(narrow) and narrow.matches(value):
        assert wide.matches(value)


def test_the_catch_all_covers_and_is_not_covered():
    assert ANY.covers(read_cell("1..5", HOURS))
    assert not read_cell("1..5", HOURS).covers(ANY)
    assert read_cell("1..5", HOURS).covers(read_cell("2, (3..5)", HOURS))
    assert not read_cell("(1..5]", HOURS).covers(read_cell("1..2", HOURS))


@given(cell=cells(ColumnType.number), value=st.one_of(st.none(), NUMBERS))
def test_the_quick_test_agrees_with_the_cell(cell, value):
    assert cell.test()(value) == cell.matches(value)


def test_breakpoints_are_the_finite_ends():
    assert sorted(read_cell("1..5, >= 48, 7", HOURS).breakpoints()) == [1, 5, 7, 48]
    assert list(Cell().breakpoints()) == []


@pytest.mark.parametrize(
    ("written", "column", "value"),
    [
        ("90", OUTPUTS[1], 90),
        (90.0, OUTPUTS[1], 90),
        ("９０", OUTPUTS[1], 90),
        (0.5, OUTPUTS[1], 0.5),
        ("是", OUTPUTS[2], True),
        (False, OUTPUTS[2], False),
        ("运输中", OUTPUTS[3], "in_transit"),
        ("  说明\r\n两行 ", OUTPUTS[0], "说明\n两行"),
        (7, OUTPUTS[0], "7"),
        ("", OUTPUTS[0], None),
    ],
)
def test_outcomes_are_read_by_the_type_of_their_column(written, column, value):
    found = read_value(written, column)

    assert found == value
    assert type(found) is type(value)
    assert read_value(value_text(found, column, titled=True), column) == value
