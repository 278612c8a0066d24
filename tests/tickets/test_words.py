"""Everything people read has its words, and no words are left over."""

import re
from pathlib import Path

import pytest

import bot.tickets
from bot.rules.shipped import shipped_rules
from bot.tickets.kinds import Move, TicketStatus
from bot.tickets.terms import pause_reasons
from bot.tickets.words import ticket_words

PACKAGE = Path(bot.tickets.__file__).parent
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))


def test_every_move_and_status_has_a_name():
    assert set(ticket_words().moves) == {move.value for move in Move}
    assert set(ticket_words().statuses) == {status.value for status in TicketStatus}


def test_every_refusal_that_is_raised_has_its_sentence_and_every_sentence_is_used():
    assert set(re.findall(r'illegal\(\s*"(\w+)"', SOURCE)) == set(ticket_words().illegal)


@pytest.mark.parametrize("section", ["denied", "api", "texts"])
def test_no_sentence_is_left_over(section):
    named = {word for word in getattr(ticket_words(), section) if not re.search(rf"""['"]{word}['"]""", SOURCE)}

    # The text of a ticket that a rule opens is named by its category.
    assert named - {"overdue"} == set()


def test_every_reason_for_a_pause_ends_some_time():
    assert all(0 < reason.at_most_hours <= 30 * 24 for reason in pause_reasons(shipped_rules()).values())
