"""The regulator's days, the window for appeals and the reasons for a pause are edited like all rules."""

from dataclasses import replace

import pytest

from bot.errors import IllegalMoveError
from bot.rules.checks import check
from bot.rules.model import RuleBook
from bot.rules.problems import Draft
from bot.rules.shipped import shipped_rules
from bot.tickets.kinds import ServiceClass, TicketKind
from bot.tickets.terms import pause_reason, pause_reasons, terms
from tests.tickets.builders import NOW, hours

SHIPPED = shipped_rules()


def _published(table: str, **outcomes: object) -> RuleBook:
    """Version 7, in which every row of a table says so."""
    rows = tuple(replace(row, then={**row.then, **outcomes}) for row in SHIPPED.table(table).rows)
    return RuleBook(7, {**SHIPPED.tables, table: SHIPPED.table(table).with_rows(rows)})


def test_a_complaint_is_answered_and_appealed_within_seven_days():
    found = terms(SHIPPED, TicketKind.complaint)

    assert (found.answer_days, found.appeal_days, found.warn_days) == (7, 7, (2, 1))
    assert (found.look_again_minutes, found.review_class) == (30, ServiceClass.normal)


def test_published_terms_hold_and_say_by_which_version():
    found = terms(_published("terms", answer_days=5, warn_days=None), TicketKind.complaint)

    assert found.regulator(NOW).due_at == NOW + hours(5 * 24)
    assert found.regulator(NOW).warn_at == NOW + hours(4 * 24)
    assert found.because == ("terms.otherwise@v7",)


def test_terms_without_a_row_for_everything_are_no_rules():
    draft = Draft({**SHIPPED.tables, "terms": SHIPPED.table("terms").with_rows(())})

    assert any(problem.table == "terms" for problem in check(draft, shapes=SHIPPED.tables.values()))


def test_a_reason_for_a_pause_is_one_that_the_table_names():
    book = _published("pause", at_most_hours=5)

    assert set(pause_reasons(book)) == set(pause_reasons(SHIPPED))
    assert pause_reason(book, "police").until(NOW) == NOW + hours(5)
    assert pause_reason(book, "police").because == ("pause.police@v7",)
    with pytest.raises(IllegalMoveError):
        pause_reason(book, "lunch")
