import pytest
import yaml

from bot.rules.checks import MOST_ROWS, check, known_elsewhere
from bot.rules.documents import document_of
from bot.rules.problems import Draft
from bot.rules.yaml_files import read_files, write_files, yaml_text
from tests.rules.builders import make_table

HEAD = """\
table: sample
title: 样表
hit: first
inputs:
  - {name: hours, title: 小时, type: number}
  - {name: status, title: 状态, type: choice, choices: {moving: 运输中, done: 已签收}}
outputs:
  - {name: minutes, title: 分钟, type: number}
  - {name: calendar, title: 日历, type: text, optional: true}
rows:
"""


def problems(*rows: str, head: str = HEAD) -> list[str]:
    content = head + "".join(f"  - {row}\n" for row in rows)
    return [str(problem) for problem in check(read_files({"sample.yml": content}))]


def test_a_correct_table_has_no_problems():
    assert problems("{id: long, when: {hours: '>= 48'}, then: {minutes: 5}}", "{id: rest, then: {minutes: 1}}") == []


def test_every_problem_of_a_file_is_told_at_once_with_table_row_column_and_line():
    found = problems(
        "{id: a, when: {hours: soon, place: x}, then: {minutes: 5}}",
        "{id: b, when: {status: flying}, then: {minutes: many}}",
        "{id: b, when: {hours: 3}, then: {}}",
        "{id: Big, then: {minutes: 1, amount: 2}}",
        "{id: late, when: {hours: 5}, then: {minutes: 1}}",
        "{when: {hours: 6}, then: {minutes: 1}, whom: x}",
    )

    assert found == [
        "sample.yml:11 表 sample 行 a 列 place：没有这一列，可用：hours、status",
        "sample.yml:11 表 sample 行 a 列 hours：“soon”不是数字条件，可写 48、>= 48、< 3、1..5、none",
        "sample.yml:12 表 sample 行 b 列 status：“flying”不在可选值之内，可选：运输中(moving)、已签收(done)",
        "sample.yml:12 表 sample 行 b 列 minutes：“many”不是数字",
        "sample.yml:13 表 sample 行 b 列 minutes：缺少结果",
        "sample.yml:14 表 sample 行 Big 列 amount：没有这一列，可用：minutes、calendar",
        "sample.yml:16 表 sample：不认识“whom”，可用：id、note、then、when",
        "sample.yml:13 表 sample 行 b：行号重复",
        "sample.yml:14 表 sample 行 Big：行号只能用小写字母、数字和下划线，以字母开头",
        "sample.yml:16 表 sample：缺少行号 id",
        "sample.yml:15 表 sample 行 late：永远轮不到：前面的行 Big 已包括它",
        "sample.yml:16 表 sample：永远轮不到：前面的行 Big 已包括它",
    ]


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (HEAD.replace("hit: first", "hit: best"), "sample.yml:3 表 sample：hit 应为 first、all 之一"),
        (HEAD.replace("type: number", "type: date", 1), "sample.yml:5 表 sample 列 hours：type 应为"),
        (HEAD.replace("name: status", "name: hours"), "sample.yml:6 表 sample 列 hours：列名重复"),
        (HEAD.replace("name: minutes", "name: hours"), "sample.yml:5 表 sample 列 hours：条件列和结果列不能同名"),
        (HEAD.replace("name: status", "name: id"), "sample.yml:6 表 sample 列 id：这个列名留给行号和备注"),
        (HEAD.replace("type: choice, ", ""), "列应列出 choices，其他列不应"),
        (HEAD.replace("done: 已签收", "done: moving"), "sample.yml:6 表 sample 列 status：可选值或其名称重复"),
        (HEAD.replace("done: 已签收", "done: 运输中"), "sample.yml:6 表 sample 列 status：可选值或其名称重复"),
        (HEAD.replace("title: 样表", "name: x"), "sample.yml:2 表 sample：不认识“name”"),
        (HEAD.replace("title: 样表\n", ""), "sample.yml:1 表 sample：缺少 title"),
        (HEAD + "    - [", "YAML 格式有误"),
        (HEAD.replace("hit: first", "hit: first\nhit: all"), "sample.yml:4 表 sample：“hit”写了两次"),
        (HEAD.replace("title: 样表", "title: &t 样表\nnote: *t"), "不支持 YAML 的引用"),
        ("[1, 2]", "内容不是一张规则表"),
        ("", "内容不是一张规则表"),
        ("[" * 100_000, "内容嵌套过深"),
        ("x" * 1_000_001, "文件过大"),
    ],
)
def test_a_table_of_the_wrong_shape_is_explained(head, what):
    found = problems(head=head) if head[0:1] == "[" or not head or head[0] == "x" else problems("{id: a}", head=head)
    assert any(what in problem for problem in found), found


def test_a_table_without_rows_is_a_problem():
    assert "sample.yml:1 表 sample：没有任何行" in problems()


def test_a_table_that_has_to_answer_always_needs_a_row_without_conditions():
    head = HEAD.replace("hit: first", "hit: first\ncomplete: true")

    assert problems("{id: a, when: {hours: 1}, then: {minutes: 1}}", head=head) == [
        "sample.yml:1 表 sample：需要一行不带任何条件的兜底行"
    ]
    assert problems("{id: a, then: {minutes: 1}}", head=head) == []


def test_a_row_behind_a_wider_one_never_gets_its_turn():
    found = problems(
        "{id: wide, when: {hours: '>= 10'}, then: {minutes: 1}}",
        "{id: narrow, when: {hours: '20..30', status: moving}, then: {minutes: 2}}",
        "{id: other, when: {hours: '5..30'}, then: {minutes: 3}}",
    )

    assert found == ["sample.yml:12 表 sample 行 narrow：永远轮不到：前面的行 wide 已包括它"]


def test_where_all_rows_count_none_is_in_the_way_of_another():
    assert (
        problems(
            "{id: rest, then: {minutes: 1}}",
            "{id: long, when: {hours: 1}, then: {minutes: 2}}",
            head=HEAD.replace("first", "all"),
        )
        == []
    )


def test_a_table_cannot_grow_without_end():
    rows = [f"{{id: r{number}, when: {{hours: {number}}}, then: {{minutes: 1}}}}" for number in range(MOST_ROWS + 1)]

    assert problems(*rows) == [f"sample.yml:1 表 sample：一张表最多 {MOST_ROWS} 行"]


def test_invisible_characters_are_refused():
    found = problems('{id: a, when: {hours: 1}, then: {minutes: 1, calendar: "a\\x01"}, note: "b\\x02"}')

    assert found == [
        "sample.yml:11 表 sample 行 a：备注里有不可见的控制字符",
        "sample.yml:11 表 sample 行 a 列 calendar：有不可见的控制字符",
    ]


def test_the_columns_have_to_be_those_of_the_program():
    shape = make_table({"id": "rest"})
    ours = {
        "table": "sample",
        **{key: value for key, value in document_of(shape).items() if key != "table"},
    }
    ours["inputs"] = [*ours["inputs"][1:], {"name": "colour", "title": "颜色", "type": "text"}]
    ours["outputs"][1] = ours["outputs"][1] | {"type": "text"}
    ours["hit"] = "all"

    draft = read_files(
        {"sample.yml": yaml.safe_dump(ours, allow_unicode=True), "more.yml": HEAD.replace("sample", "more")}
    )
    found = check(draft, shapes=[shape, make_table({"id": "x"}, name="gone")])

    assert {(problem.table, problem.column, problem.what) for problem in found} >= {
        ("sample", "", "hit 应为 first，complete 应为 false"),
        ("sample", "hours", "缺少条件列 hours（列hours）"),
        ("sample", "minutes", "列的类型、可选值或是否可空与程序不同"),
        ("sample", "colour", "程序不认识这个条件列"),
        ("more", "", "程序没有这张表，可用：sample、gone"),
        ("gone", "", "缺少表 gone（样表）"),
    }


def test_a_word_may_have_to_be_known_in_another_table():
    draft = Draft(
        {
            "sample": make_table({"id": "a", "then": {"verdict": "overdue"}}, {"id": "b", "then": {"verdict": "lost"}}),
            "category": make_table({"id": "c", "when": {"place": "overdue"}}, name="category"),
        }
    )
    checks = [known_elsewhere("sample", "verdict", "category", "place")]

    assert [(problem.row, problem.what) for problem in check(draft, also=checks) if "没有" in problem.what] == [
        ("b", "“lost”在表 category 的 place 列里没有")
    ]
    assert list(known_elsewhere("sample", "verdict", "nowhere", "place")(draft)) == []


def test_a_file_may_have_rows_only_where_the_columns_are_known():
    shape = make_table({"id": "rest"})
    draft = read_files(
        {"sample.yml": "table: sample\nrows:\n  - {id: quick, when: {hours: 1}, then: {minutes: x}}\n"},
        {"sample": shape},
    )

    assert str(draft.problems[0]) == "sample.yml:3 表 sample 行 quick 列 minutes：“x”不是数字"


def test_a_table_that_stands_twice_is_told():
    text = yaml_text(make_table({"id": "rest"}))

    assert any("出现了两次" in problem.what for problem in read_files({"a.yml": text, "b.yml": text}).problems)


def test_files_name_themselves_after_their_tables():
    assert list(write_files([make_table({"id": "rest"})])) == ["sample.yml"]
