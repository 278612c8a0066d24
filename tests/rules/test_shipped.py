"""The shipped tables agree with the rest of the program."""

from enum import StrEnum
from itertools import product

import pytest

from bot.conversations.model import HandOffReason
from bot.conversations.mood import Sentiment, Urgency
from bot.network.model import Tier
from bot.network.tariff import default_tariff
from bot.rules.checks import check
from bot.rules.problems import Draft
from bot.rules.shipped import shipped_checks, shipped_rules, table_digest
from bot.rules.table import ColumnType
from bot.rules.working_time import shipped_working_time
from bot.rules.yaml_files import read_paths
from bot.tickets.kinds import Flow, Priority, RulingFinding, ServiceClass, TicketKind
from bot.waybills.model import Condition, Leg, Product, WaybillStatus, Zone

BOOK = shipped_rules()
ENUMS: dict[tuple[str, str], type[StrEnum]] = {
    ("timeliness", "product"): Product,
    ("timeliness", "zone"): Zone,
    ("leg_warning", "leg"): Leg,
    ("leg_warning", "product"): Product,
    ("leg_warning", "zone"): Zone,
    ("risk", "leg"): Leg,
    ("risk", "status"): WaybillStatus,
    ("risk", "condition"): Condition,
    ("condition", "condition"): Condition,
    ("redelivery", "zone"): Zone,
    ("deadlines", "service_class"): ServiceClass,
    ("escalation", "kind"): TicketKind,
    ("escalation", "tier"): Tier,
    ("escalation", "to_tier"): Tier,
    ("escalation", "priority"): Priority,
    ("liability", "flow"): Flow,
    ("ledger", "service_class"): ServiceClass,
    ("follow_up", "kind"): TicketKind,
    ("handover", "reason"): HandOffReason,
    ("handover", "service_class"): ServiceClass,
    ("handover", "sentiment"): Sentiment,
    ("handover", "urgency"): Urgency,
    ("handover", "condition"): Condition,
    ("terms", "kind"): TicketKind,
    ("terms", "review_class"): ServiceClass,
}


def test_the_shipped_tables_are_those_the_program_asks():
    assert set(BOOK.tables) >= {
        *("timeliness", "leg_warning", "risk", "condition", "redelivery", "deadlines", "escalation"),
        *("liability", "ledger", "follow_up", "terms", "pause", "handover"),
    }
    assert BOOK.version == 0


def test_the_shipped_tables_have_no_problems_together():
    assert check(Draft(BOOK.tables), shapes=BOOK.tables.values(), also=shipped_checks()) == []


@pytest.mark.parametrize(("table", "column"), ENUMS)
def test_choices_are_exactly_the_members_of_the_programs_enumeration(table, column):
    found = BOOK.table(table).column(column)

    assert found is not None
    assert {choice.value for choice in found.choices} == set(ENUMS[table, column])


def test_the_ledger_knows_every_finding():
    from bot.evidence.nodes import Finding

    found = BOOK.table("ledger").column("finding")

    assert found is not None
    assert {choice.value for choice in found.choices} >= {*Finding, *RulingFinding}


def test_calendars_named_by_deadlines_exist():
    found = BOOK.table("deadlines").column("calendar")

    assert found is not None
    assert {choice.value for choice in found.choices} == set(shipped_working_time().calendars.calendars)


def test_every_number_column_of_every_row_is_within_reason():
    for table in BOOK.tables.values():
        for row, column in product(table.rows, table.outputs):
            if column.type is ColumnType.number and table.name != "ledger":
                value = row.then[column.name]
                assert value is None or (isinstance(value, int | float) and value >= 0), (table.name, row.id)


@pytest.mark.parametrize("name", list(Product))
def test_the_promise_is_the_latest_day_of_the_tariff(name):
    tariff = default_tariff()
    for zone, rate in tariff.products[name].zones.items():
        decision = BOOK.decide("timeliness", {"product": name, "zone": zone})
        assert decision.number("days") == rate.days[1], zone
        assert decision.number("deliver_by_hour") == tariff.deliver_by_hour


@pytest.mark.parametrize("table", ["timeliness", "leg_warning", "redelivery"])
def test_an_unknown_zone_is_answered_too(table):
    facts = {column.name: None for column in BOOK.table(table).inputs}

    assert BOOK.decide(table, facts).hits


@pytest.mark.parametrize("leg", [Leg.first_mile, Leg.line_haul, Leg.sorting, Leg.last_mile, Leg.delivery])
def test_no_leg_warns_later_than_the_promise_ends(leg):
    tariff = default_tariff()
    for name, zone in product(Product, Zone):
        if zone in tariff.products[name].zones:
            warn = BOOK.decide("leg_warning", {"leg": leg, "product": name, "zone": zone}).number("warn_after_hours")
            assert warn < 24 * tariff.products[name].zones[zone].days[1], (name, zone)


def test_every_file_says_first_what_it_is_for():
    from bot.rules.shipped import TABLES

    for path in TABLES.glob("*.yml"):
        assert path.read_text(encoding="utf-8").startswith("# "), path.name
        assert set(read_paths([path]).tables) == {path.stem}


def test_the_digest_changes_with_the_content():
    table = BOOK.table("deadlines")

    assert table_digest(table) != table_digest(table.with_rows(table.rows[1:]))
