import re
from collections.abc import Iterator
from datetime import datetime, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import EventDataError
from bot.outbox.kinds import KINDS, is_pattern, published, wants
from bot.tickets.model import TicketKind

TOLD = {
    "ticket": {"opened", "appended", "dispatched", "handled", "sent_back", "closed", "reopened", "urged", "escalated"},
    "complaint": {"ruled"},
    "appeal": {"ruled"},
    "waybill": {"at_risk", "problem", "normal"},
    "evidence": {"added"},
    "chain": {"moved", "ended"},
    "ledger": {"entered"},
    "promise": {"broken"},
}
DENIED = re.compile(
    r"phone|mobile|tel\b|tail|address|name|nick|customer|consign|sender|recipient|signed_by|courier|text|note|why|content"
    r"|comment|description|remark|message|openid|unionid|id_?card|email|place|goods|url|secret"
)


def properties(schema: dict) -> Iterator[str]:
    """The names of all properties, however deep they lie."""
    if isinstance(schema, dict):
        for name, value in schema.items():
            if name == "properties":
                yield from value
            yield from properties(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from properties(value)


def test_every_kind_that_is_told_has_a_schema():
    assert set(KINDS) == {f"{family}.{what}" for family, all_of_it in TOLD.items() for what in all_of_it}


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_of_an_event_says_who_a_customer_is(kind):
    schema = KINDS[kind].model_json_schema()

    assert [name for name in properties(schema) if DENIED.search(name)] == []
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    "name", ["phone", "consignee_phone", "address", "customer_id", "consignor_name", "text", "note"]
)
def test_the_deny_list_knows_what_it_is_for(name):
    assert DENIED.search(name)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_explained(kind):
    fields = KINDS[kind].model_fields

    assert [name for name, field in fields.items() if not field.description] == []
    assert KINDS[kind].__doc__


def test_what_nobody_declared_is_refused():
    with pytest.raises(EventDataError, match=r"ticket\.opened: consignee_phone"):
        published("ticket.opened", {"ticket_no": "GD1", "consignee_phone": "13900001234"})


@pytest.mark.parametrize(
    "value", ["13900001234", "电话13900001234", "打电话 给王芳", "客户很生气，要求赔偿", "", "x" * 121, 13900001234]
)
def test_a_code_is_no_sentence_and_no_phone_number(value):
    with pytest.raises(EventDataError) as refused:
        published("ticket.closed", {"ticket_no": "GD1", "result": value})

    assert "13900001234" not in str(refused.value)
    assert "王芳" not in str(refused.value)


@pytest.mark.parametrize("number", ["GD2600000001", "YD2026000000011", "139000012345", "escalation.overdue_2h@v7"])
def test_numbers_of_tickets_and_waybills_and_rules_are_codes(number):
    assert published("waybill.normal", {"waybill_no": number}) == {"waybill_no": number}


def test_an_account_that_is_a_phone_number_is_masked():
    assert published("ticket.urged", {"ticket_no": "GD1", "by": "agent:13900001234"})["by"] == "agent:***"


def test_only_what_is_known_is_sent_and_as_json_has_it():
    at = datetime(2026, 3, 4, 2, tzinfo=timezone.utc)

    data = published("ticket.opened", {"ticket_no": "GD1", "kind": TicketKind.service, "owner": None, "due_at": at})

    assert data == {"ticket_no": "GD1", "kind": "service", "due_at": "2026-03-04T02:00:00Z"}


def test_money_is_sent_as_a_string():
    entry = {"entry_id": "e", "unit": "GZ001", "month": "2026-03", "entry": "fine", "amount": Decimal("-50.00")}
    more = {"ticket_no": "GD1", "reference": "ruling:1", "rule": "ledger.x@v1"}

    assert published("ledger.entered", entry | more)["amount"] == "-50.00"


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(EventDataError, match="due_at"):
        published("ticket.opened", {"ticket_no": "GD1", "due_at": datetime(2026, 3, 4)})  # noqa: DTZ001


def test_a_kind_that_is_none_is_refused():
    with pytest.raises(EventDataError, match=r"ticket\.burnt"):
        published("ticket.burnt", {})


@pytest.mark.parametrize(
    ("pattern", "kind", "wanted"),
    [
        ("*", "ticket.opened", True),
        ("ticket.*", "ticket.opened", True),
        ("ticket.*", "waybill.normal", False),
        ("ticket.opened", "ticket.opened", True),
        ("ticket.opened", "ticket.closed", False),
        ("tick.*", "ticket.opened", False),
        ("ticket*", "ticket.opened", False),
    ],
)
def test_a_pattern_covers_a_kind_a_family_or_all(pattern, kind, wanted):
    assert wants(pattern, kind) is wanted


@given(st.sampled_from(sorted(KINDS)))
def test_a_kind_is_covered_by_itself_its_family_and_the_star(kind):
    assert wants(kind, kind)
    assert wants(kind.split(".")[0] + ".*", kind)
    assert wants("*", kind)


@pytest.mark.parametrize("pattern", ["", "ticket", "ticket.", ".*", "**", "nothing.*"])
def test_a_pattern_that_covers_nothing_is_none(pattern):
    assert not is_pattern(pattern)
