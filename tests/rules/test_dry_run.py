from collections import Counter

import pytest
from hypothesis import given, settings
from sqlalchemy import func, select

from bot.rules.cases import Cases, GivenCases, RecordedCases, forget_decisions
from bot.rules.dry_run import MOST_EXAMPLES, dry_run, dry_run_lines
from bot.rules.records import RuleDecision, record
from tests.builders import NOW
from tests.rules.builders import facts, make_book, make_table, many_facts, tables

LONG = {"id": "long", "when": {"hours": ">= 48"}, "then": {"verdict": "long"}}
LATE = {"id": "late", "when": {"late": True}, "then": {"verdict": "late"}}
REST = {"id": "rest"}
NOW_BOOK = make_book(make_table(LONG, REST))
SOONER = make_book(make_table(LONG | {"when": {"hours": ">= 24"}}, REST), version=8)


def hours(*values: float | None) -> GivenCases:
    return GivenCases("waybills", {f"YD{number}": facts(hours=value) for number, value in enumerate(values)})


async def test_cases_that_would_be_decided_otherwise_are_counted_and_shown_with_the_rules_of_both_sides():
    run = await dry_run(NOW_BOOK, SOONER, "sample", hours(1, 30, 40, 50, None))

    assert (run.table, run.cases_of, run.total, run.changed) == ("sample", "waybills", 5, 2)
    assert [shift.count for shift in run.shifts] == [2]
    assert [example.subject for example in run.examples] == ["YD1", "YD2"]
    assert run.examples[0].facts == facts(hours=30)
    assert run.examples[0].because_before == ("sample.rest@v7",)
    assert run.examples[0].because_after == ("sample.long@v8",)
    assert dict(run.shifts[0].before[0])["verdict"] == "ok"
    assert dict(run.shifts[0].after[0])["verdict"] == "long"


async def test_another_row_with_the_same_outcome_is_no_change():
    renamed = make_book(make_table(LONG | {"id": "very_long"}, REST), version=8)

    assert (await dry_run(NOW_BOOK, renamed, "sample", hours(1, 50))).changed == 0


async def test_where_all_rows_count_their_outcomes_count_together_in_any_order():
    now = make_book(make_table(LONG, LATE, hit="all"))
    then = make_book(make_table(LATE, LONG, hit="all"), version=8)
    fewer = make_book(make_table(LATE, hit="all"), version=8)
    cases = GivenCases("x", {"a": facts(hours=50, late=True), "b": facts()})

    assert (await dry_run(now, then, "sample", cases)).changed == 0
    assert [len(shift.after) for shift in (await dry_run(now, fewer, "sample", cases)).shifts] == [1]


async def test_no_more_than_a_few_examples_are_shown():
    run = await dry_run(NOW_BOOK, SOONER, "sample", hours(*[30] * 50))

    assert run.changed == 50
    assert len(run.examples) == 3 <= MOST_EXAMPLES


async def test_the_result_reads_as_sentences():
    lines = list(dry_run_lines(await dry_run(NOW_BOOK, SOONER, "sample", hours(30))))

    assert lines == [
        "表 sample：1 例中 1 例的结果会不同（waybills）",
        "  1 例：becomes=in_transit, minutes=1, tells=False, verdict=ok"
        " → becomes=in_transit, minutes=1, tells=False, verdict=long",
        "  例 YD0：sample.rest@v7 → sample.long@v8",
    ]


async def test_no_cases_are_no_change():
    run = await dry_run(NOW_BOOK, SOONER, "sample", GivenCases("none", {}))

    assert (run.total, run.changed, run.shifts) == (0, 0, ())


@settings(max_examples=80, deadline=None)
@given(before=tables(), after=tables(), cases=many_facts())
async def test_the_count_is_that_of_asking_both_books_one_by_one(before, after, cases):
    now, then = make_book(before), make_book(before.with_rows(after.rows), version=8)
    source = GivenCases("random", {str(number): case for number, case in enumerate(cases)})

    def outcomes(book, case):
        return Counter(tuple(sorted(hit.outcome.items(), key=str)) for hit in book.decide("sample", case).hits)

    expected = sum(outcomes(now, case) != outcomes(then, case) for case in cases)
    assert (await dry_run(now, then, "sample", source)).changed == expected


async def test_facts_from_when_a_column_meant_something_else_are_none():
    cases = GivenCases("old", {"a": facts(hours="long", late=1, place=3), "b": {"hours": 30}})
    run = await dry_run(NOW_BOOK, SOONER, "sample", cases)

    assert (run.total, run.changed) == (2, 1)
    assert run.examples[0].facts == {"hours": 30, "place": None, "status": None, "late": None}


class Waybills:
    """A source that gives arrays, batch by batch."""

    name = "waybills"

    async def cases(self, table):
        for hour in (1.0, 30.0):
            cases = Cases.of(table, ["a", "b"], [facts(hours=hour), facts(hours=hour)])
            yield cases
        yield Cases.of(table, [], [])


async def test_batches_are_added_up():
    run = await dry_run(NOW_BOOK, SOONER, "sample", Waybills())

    assert (run.total, run.changed) == (4, 2)


async def test_recorded_decisions_are_cases(database):
    decisions = [NOW_BOOK.decide("sample", facts(hours=value)) for value in (1, 30, None, float("nan"))]
    async with database.transaction() as session:
        for number, decision in enumerate(decisions):
            record(session, decision, f"GD{number}", NOW, asked_by="bot.tickets")
        record(session, make_book(make_table(REST, name="other")).decide("other", facts()), "GD9", NOW)

    run = await dry_run(NOW_BOOK, SOONER, "sample", RecordedCases(database))

    assert (run.cases_of, run.total, run.changed) == ("recorded", 4, 1)
    assert run.examples[0].subject == "GD1"


async def test_a_recorded_decision_says_who_asked_what_and_why_it_came_out_so(database):
    async with database.transaction() as session:
        record(session, NOW_BOOK.decide("sample", facts(hours=50)), "GD1", NOW, asked_by="bot.tickets")
    async with database.transaction() as session:
        kept = (await session.scalars(select(RuleDecision))).one()

    assert (kept.asked_by, kept.table_name, kept.version, kept.subject) == ("bot.tickets", "sample", 7, "GD1")
    assert kept.because == ["sample.long@v7"]
    assert kept.facts == facts(hours=50)
    assert kept.at == NOW


@pytest.mark.parametrize(("days", "left"), [(1, 0), (-1, 1)])
async def test_old_decisions_are_forgotten(database, days, left):
    from datetime import timedelta

    async with database.transaction() as session:
        record(session, NOW_BOOK.decide("sample", facts()), "GD1", NOW)
    async with database.transaction() as session:
        await forget_decisions(session, before=NOW + timedelta(days=days))
        assert await session.scalar(select(func.count()).select_from(RuleDecision)) == left
