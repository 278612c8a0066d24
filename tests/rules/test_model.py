import numpy as np
import pytest
from hypothesis import given, settings

from bot.errors import FactsError, NoRuleError
from bot.rules.table import HitPolicy
from bot.waybills.model import WaybillStatus
from tests.rules.builders import columns_of, facts, make_book, make_table, many_facts, tables

LATE = {"id": "late", "when": {"late": True}, "then": {"verdict": "late"}}
LONG = {"id": "long", "when": {"hours": ">= 48"}, "then": {"verdict": "long", "minutes": 90}}
REST = {"id": "rest", "then": {"verdict": None}}


def test_a_decision_says_which_rule_of_which_version_made_it_from_which_facts():
    decision = make_book(make_table(LATE, LONG, REST)).decide("sample", facts(hours=50))

    assert decision.because == ("sample.long@v7",)
    assert decision.version == 7
    assert decision.facts == facts(hours=50)
    assert decision.outcome == {"verdict": "long", "minutes": 90, "tells": False, "becomes": "in_transit"}


def test_the_first_row_that_fits_decides():
    decision = make_book(make_table(LATE, LONG, REST)).decide("sample", facts(hours=50, late=True))

    assert [hit.row for hit in decision.hits] == ["late"]


def test_all_rows_that_fit_decide_where_the_table_says_so():
    decision = make_book(make_table(LATE, LONG, REST, hit="all")).decide("sample", facts(hours=50, late=True))

    assert decision.because == ("sample.late@v7", "sample.long@v7", "sample.rest@v7")


def test_outcomes_are_read_by_type():
    decision = make_book(make_table(LONG)).decide("sample", facts(hours=50))

    assert decision.text("verdict") == "long"
    assert decision.number("minutes") == 90
    assert decision.flag("tells") is False
    assert decision.get("becomes") == "in_transit"


def test_an_empty_outcome_is_the_default_or_no_number():
    table = make_table({"id": "empty", "then": {"verdict": None, "tells": True}})
    decision = make_book(table).decide("sample", facts())

    assert decision.text("verdict") == ""
    assert decision.get("verdict", "default") == "default"
    assert decision.flag("tells") is True
    with pytest.raises(NoRuleError):
        decision.number("verdict")


def test_no_fitting_row_is_an_empty_decision_whose_outcome_is_refused():
    decision = make_book(make_table(LATE)).decide("sample", facts())

    assert decision.hits == ()
    assert decision.because == ()
    for read in (lambda: decision.outcome, lambda: decision.text("verdict"), lambda: decision.get("verdict", 1)):
        with pytest.raises(NoRuleError, match="sample"):
            read()


def test_an_unknown_table_is_refused():
    with pytest.raises(NoRuleError, match="elsewhere"):
        make_book().decide("elsewhere", {})


def test_a_forgotten_fact_is_refused_and_one_that_is_none_is_not():
    book = make_book(make_table({"id": "quiet", "when": {"hours": "none"}}, REST))
    incomplete = facts()
    del incomplete["hours"]

    with pytest.raises(FactsError, match="no fact hours"):
        book.decide("sample", incomplete)
    assert book.decide("sample", facts(hours=None)).because == ("sample.quiet@v7",)


@pytest.mark.parametrize("wrong", [{"hours": "5"}, {"hours": True}, {"late": 1}, {"status": 3}])
def test_a_fact_of_the_wrong_type_is_refused(wrong):
    with pytest.raises(FactsError):
        make_book(make_table(REST)).decide("sample", facts(**wrong))


def test_facts_may_be_enum_members_and_numpy_values_and_further_ones_do_no_harm():
    book = make_book(make_table({"id": "on_its_way", "when": {"status": "in_transit", "hours": 5, "late": False}}))
    given_facts = facts(status=WaybillStatus.in_transit, hours=np.float64(5), late=np.bool_(False), more="x")

    assert book.decide("sample", given_facts).because == ("sample.on_its_way@v7",)


def test_a_decision_keeps_the_facts_as_they_were():
    given_facts = facts()
    decision = make_book(make_table(REST)).decide("sample", given_facts)
    given_facts["hours"] = 99

    assert decision.facts["hours"] == 5


def test_a_table_that_a_version_does_not_know_yet_is_decided_by_version_0():
    book = make_book(make_table(REST))
    borrowed = type(book)(7, book.tables, frozenset({"sample"}))

    assert borrowed.decide("sample", facts()).because == ("sample.rest@v0",)


@settings(max_examples=300, deadline=None)
@given(table=tables(), cases=many_facts())
def test_judging_many_cases_at_once_agrees_with_judging_one_by_one(table, cases):
    book = make_book(table)
    found, first = book.matches("sample", columns_of(cases)), book.first("sample", columns_of(cases))
    ids = [row.id for row in table.rows]

    assert found.shape == (len(cases), len(table.rows))
    for number, case in enumerate(cases):
        hits = [hit.row for hit in book.decide("sample", case).hits]
        fitting = [ids[row] for row in np.flatnonzero(found[number])]
        assert hits == (fitting if table.hit is HitPolicy.all else fitting[:1])
        assert first[number] == (ids.index(fitting[0]) if fitting else -1)


def test_columns_may_be_arrays_of_fixed_width_whole_numbers_and_flags():
    book = make_book(make_table(LATE, {"id": "way", "when": {"status": "in_transit", "place": "none"}}))
    columns = {
        "hours": np.array([1, 2, 3]),
        "place": np.array(["", "", "杭州"]),
        "status": np.array(["in_transit", "", "in_transit"]),
        "late": np.array([False, True, False]),
    }

    assert book.first("sample", columns).tolist() == [1, 0, -1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"hours": np.array(["1"])},
        {"late": np.array([1.0])},
        {"status": np.array([1])},
        {"place": np.array([b"x"])},
        {"hours": np.array([1.0, 2.0])},
    ],
)
def test_columns_of_the_wrong_type_or_length_are_refused(wrong):
    with pytest.raises(FactsError):
        make_book(make_table(REST)).matches("sample", columns_of([facts()]) | wrong)


def test_a_missing_column_is_refused():
    columns = columns_of([facts()])
    del columns["late"]

    with pytest.raises(FactsError, match="late"):
        make_book(make_table(REST)).first("sample", columns)


def test_no_cases_at_all_are_judged_too():
    assert make_book(make_table(LATE, REST)).matches("sample", columns_of([])).shape == (0, 2)


def test_breakpoints_are_where_the_answer_may_change():
    table = make_table({"id": "a", "when": {"hours": "24..48"}}, {"id": "b", "when": {"hours": "> 24, 7"}})

    assert make_book(table).breakpoints("sample", "hours") == (7, 24, 48)
