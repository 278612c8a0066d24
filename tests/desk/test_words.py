"""The desk has a Chinese word for everything it may have to show."""

import re
from enum import StrEnum

import pytest

from bot.conversations.model import HandOffReason
from bot.conversations.mood import Sentiment, Urgency
from bot.delivery.words import BubbleState
from bot.desk.masking import mask_name, mask_phone
from bot.desk.words import WORDS_FILE, desk_words
from bot.evidence.model import EvidenceKind
from bot.staff.model import Role
from bot.tickets.model import Priority, TicketKind, TicketStatus
from bot.waybills.model import CheckpointKind, Condition, Leg, PartyRole, Product, WaybillStatus


@pytest.mark.parametrize(
    ("section", "members"),
    [
        ("roles", Role),
        ("reasons", HandOffReason),
        ("parties", PartyRole),
        ("products", Product),
        ("statuses", WaybillStatus),
        ("conditions", Condition),
        ("legs", Leg),
        ("scans", CheckpointKind),
        ("evidence", EvidenceKind),
        ("fates", BubbleState),
        ("ticket_kinds", TicketKind),
        ("ticket_statuses", TicketStatus),
        ("priorities", Priority),
        ("sentiments", Sentiment),
        ("urgencies", Urgency),
    ],
)
def test_every_member_has_a_word(section: str, members: type[StrEnum]) -> None:
    assert set(getattr(desk_words(), section)) == set(members)


def test_every_wrap_up_code_has_a_name() -> None:
    words = desk_words()
    assert set(words.wrap_up_codes) <= set(words.intents)


@pytest.mark.parametrize("section", ["ui", "refusals", "login"])
def test_no_word_is_left_over(section: str) -> None:
    """Whatever trainers find in the file is shown somewhere."""
    files = [path for path in WORDS_FILE.parent.rglob("*") if path.suffix in {".py", ".js", ".html"}]
    source = "\n".join(path.read_text(encoding="utf-8") for path in files)
    shown = r"""["'.$]{word}\b"""
    assert [word for word in getattr(desk_words(), section) if not re.search(shown.format(word=word), source)] == []


def test_an_id_nobody_named_stands_as_it_is() -> None:
    assert desk_words().intent("brand_new") == "brand_new"


@pytest.mark.parametrize(
    ("phone", "masked"),
    [("13812341234", "138****1234"), ("057188881234", "057*****1234"), ("88881234", "****1234"), ("1234", "****")],
)
def test_a_phone_keeps_its_ends_only(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked


def test_a_name_keeps_its_first_character_only() -> None:
    assert mask_name("王小明") == "王**"


def test_every_category_the_bot_gives_a_ticket_has_a_name_at_the_desk(words):
    given = [name.removeprefix("utter_label_category_") for name in words.names("utter_label_category_")]

    assert given
    assert [category for category in given if desk_words().intent(category) == category] == []
