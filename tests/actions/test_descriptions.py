"""What happened, in the customer's own words."""

import pytest

from tests.builders import make_waybill


@pytest.fixture
async def asked_what_happened(chat, waybills):
    """A complaint about a waybill that was named; the bot asks what happened."""
    waybills.add(make_waybill())
    await chat.hear("我要投诉 YD2026000000011", "complain", waybill_no="YD2026000000011")
    assert chat.slots["requested_slot"] == "description"
    return chat


async def test_a_phone_tail_is_no_description(asked_what_happened):
    await asked_what_happened.hear("1234", "inform", phone_tail="1234")

    assert asked_what_happened.slots.get("description") is None
    assert asked_what_happened.slots["requested_slot"] == "description"


async def test_words_are(asked_what_happened):
    await asked_what_happened.hear("把件扔在门口", "report_not_to_door")

    assert asked_what_happened.slots["description"] == "把件扔在门口"
