"""What a filled sheet comes to, and what a sheet may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.leading.agreement import agreement_of, differing
from bot.desk.leading.editions import shipped
from bot.desk.leading.kinds import Mark
from bot.desk.leading.sheets import Criterion, Section, Sheet, read_sheet, result_of, written
from bot.errors import RefusedError

SHEET = Sheet(
    title="测试",
    sections=(
        Section(name="态度", criteria=(Criterion(key="tone", name="语气", weight=30),)),
        Section(
            name="处理",
            criteria=(
                Criterion(key="solution", name="方案", weight=70),
                Criterion(key="privacy", name="隐私", fatal=True),
            ),
        ),
    ),
)
MARKS = st.fixed_dictionaries(
    {
        "tone": st.sampled_from(list(Mark)),
        "solution": st.sampled_from(list(Mark)),
        "privacy": st.sampled_from([Mark.met, Mark.not_applicable]),
    }
)


@pytest.mark.parametrize(
    ("tone", "solution", "privacy", "total"),
    [
        (Mark.met, Mark.met, Mark.met, 100.0),
        (Mark.missed, Mark.met, Mark.met, 70.0),
        (Mark.met, Mark.partly, Mark.met, 65.0),
        (Mark.not_applicable, Mark.partly, Mark.met, 50.0),
        (Mark.not_applicable, Mark.not_applicable, Mark.met, 100.0),
        (Mark.met, Mark.met, Mark.missed, 0.0),
    ],
)
def test_a_score_is_the_weights_that_were_met_of_those_that_apply(
    tone: Mark, solution: Mark, privacy: Mark, total: float
) -> None:
    result = result_of(SHEET, {"tone": tone, "solution": solution, "privacy": privacy})
    assert result.total == total
    assert result.failed == (("privacy",) if privacy is Mark.missed else ())


@given(MARKS)
def test_a_score_is_between_0_and_100_and_better_marks_are_never_worse(marks: dict[str, Mark]) -> None:
    total = result_of(SHEET, marks).total
    assert 0 <= total <= 100
    better = {key: Mark.met if mark is Mark.missed else mark for key, mark in marks.items()}
    assert result_of(SHEET, better).total >= total


@pytest.mark.parametrize(
    ("marks", "says"),
    [
        ({"tone": Mark.met, "privacy": Mark.met}, "方案"),
        ({"tone": Mark.met, "solution": Mark.met, "privacy": Mark.partly}, "一票否决"),
        ({"tone": Mark.met, "solution": Mark.met, "privacy": Mark.met, "other": Mark.met}, "other"),
    ],
)
def test_what_is_not_filled_as_the_sheet_wants_is_refused(marks: dict[str, Mark], says: str) -> None:
    with pytest.raises(RefusedError, match=says):
        result_of(SHEET, marks)


@pytest.mark.parametrize("name", shipped()["sheets"])
def test_the_shipped_sheets_are_sound_and_survive_editing(name: str) -> None:
    sheet = Sheet.model_validate(shipped()["sheets"][name])
    sheet.check()
    assert read_sheet(sheet.title, written(sheet)) == sheet
    assert sum(one.weight for one in sheet.criteria()) == 100


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# 一\n五 | tone | 语气", "第 2 行"),
        ("10 | Tone! | 语气", "第 1 行"),
        ("只有一句话", "第 1 行"),
        ("", "至少"),
    ],
)
def test_a_line_nobody_understands_is_named(text: str, says: str) -> None:
    with pytest.raises(RefusedError, match=says):
        read_sheet("表", text)


@pytest.mark.parametrize(("text", "says"), [("否决 | a | 甲", "至少"), ("5 | a | 甲\n5 | a | 乙", "用了两次")])
def test_a_sheet_that_cannot_score_is_refused(text: str, says: str) -> None:
    with pytest.raises(RefusedError, match=says):
        read_sheet("表", text).check()


def test_scorers_who_mark_the_same_agree_wholly() -> None:
    marks = {"tone": Mark.met, "solution": Mark.missed}
    found = agreement_of([[(marks, 30.0), (marks, 30.0)]])
    assert (found.share, found.kappa, found.spread) == (1.0, 1.0, 0.0)


def test_agreement_beyond_chance_is_known_by_kappa() -> None:
    one = {"a": Mark.met, "b": Mark.met, "c": Mark.missed, "d": Mark.missed}
    other = {"a": Mark.met, "b": Mark.missed, "c": Mark.missed, "d": Mark.met}
    found = agreement_of([[(one, 50.0), (other, 60.0)]])
    assert (found.share, found.kappa, found.spread) == (0.5, 0.0, 10.0)
    assert differing([one, other]) == ("b", "d")
    assert agreement_of([]).share is None
    assert agreement_of([[({"a": Mark.met}, 100.0), ({"a": Mark.met}, 100.0)]]).kappa is None
