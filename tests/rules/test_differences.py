from hypothesis import given, settings

from bot.rules.differences import differences
from tests.rules.builders import make_table, tables

LONG = {"id": "long", "when": {"hours": ">= 48"}, "then": {"minutes": 90}}
LATE = {"id": "late", "when": {"late": True}}
REST = {"id": "rest", "note": "其余"}


def lines(before, after) -> list[str]:
    return [str(one) for one in differences({"sample": make_table(*before)}, {"sample": make_table(*after)})]


def test_a_changed_cell_is_told_by_table_row_and_column():
    changed = {"id": "long", "when": {"hours": "> 48", "place": "杭州"}, "then": {"minutes": 60}}

    assert lines([LONG, REST], [changed, REST | {"note": ""}]) == [
        "表 sample 行 long 列 hours：>= 48 → > 48",
        "表 sample 行 long 列 place：（空） → 杭州",
        "表 sample 行 long 列 minutes：90 → 60",
        "表 sample 行 rest 列 remark：其余 → （空）",
    ]


def test_rows_that_came_and_went_are_told_whole():
    assert lines([LONG, REST], [LATE, REST]) == [
        "表 sample 行 long：删除 hours: >= 48 => verdict: ok; minutes: 90; tells: false; becomes: in_transit",
        "表 sample 行 late：新增 late: true => verdict: ok; minutes: 1; tells: false; becomes: in_transit",
    ]


def test_a_row_that_moved_is_told_where_the_first_row_counts():
    assert lines([LONG, LATE, REST], [LATE, LONG, REST]) in (
        [["表 sample 行 late：第 2 行 → 第 1 行"], ["表 sample 行 long：第 1 行 → 第 2 行"]]
    )


def test_order_is_no_difference_where_all_rows_count():
    before, after = (make_table(*rows, hit="all") for rows in ([LONG, LATE], [LATE, LONG]))

    assert differences({"sample": before}, {"sample": after}) == ()


def test_a_table_that_is_new_has_new_rows():
    assert [one.what for one in differences({}, {"sample": make_table(LATE, REST)})] == ["added", "added"]
    assert [one.what for one in differences({"sample": make_table(REST)}, {})] == ["removed"]


@settings(max_examples=60, deadline=None)
@given(before=tables(), after=tables())
def test_no_differences_means_the_same_rows(before, after):
    after = before.with_rows(after.rows)
    found = differences({"sample": before}, {"sample": after})

    same = sorted(map(repr, before.rows)) == sorted(map(repr, after.rows))
    assert (not found) == (same and (before.hit == "all" or before.rows == after.rows))
    assert differences({"sample": before}, {"sample": before}) == ()
