import asyncio
from datetime import datetime, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from bot.errors import LedgerReversedError
from bot.ledger.model import EntryKind, month_of
from bot.outbox.model import OutgoingEvent
from bot.rules.shipped import shipped_rules
from tests.ledger.builders import enter, make_book, take_back


async def all_of_it(database, ledger):
    return await ledger.of_ticket("GD1")


async def test_every_row_that_fits_is_an_entry_of_the_party_it_names(database, ledger, clock):
    entries = await enter(database, ledger, clock())

    assert [(each.unit, each.entry, each.amount, each.rule) for each in entries] == [
        ("GZ001", "fine", Decimal("-100.10"), "ledger.fine@v3"),
        ("HZ001", "reward", Decimal("20.20"), "ledger.reporter@v3"),
        ("GZ001", "score", Decimal("-5.00"), "ledger.score@v3"),
    ]
    assert {(each.ticket_no, each.reference, each.by, each.at, each.cause) for each in entries} == {
        ("GD1", "ruling:1", "agent:judge", clock(), "lost")
    }
    assert entries[0].note == "投诉成立"


async def test_money_is_decimal_all_the_way(database, ledger, clock):
    await enter(database, ledger, clock())

    entries = await all_of_it(database, ledger)
    assert {type(each.amount) for each in entries} == {Decimal}
    assert sum(each.amount for each in entries if each.entry != "score") == Decimal("-79.90")


async def test_a_party_without_a_unit_gets_nothing(database, ledger, clock):
    entries = await enter(database, ledger, clock(), units={"liable": "GZ001", "reporter": None})

    assert {each.unit for each in entries} == {"GZ001"}


async def test_where_no_row_fits_or_says_nothing_is_owed_there_is_no_entry(database, ledger, clock):
    facts = {"kind": "chain"}

    assert await enter(database, ledger, clock(), facts=facts, units={"liable": "GZ001"}) == []
    assert await all_of_it(database, ledger) == []


async def test_the_same_ruling_twice_is_entered_once(database, ledger, clock):
    first = await enter(database, ledger, clock())
    second = await enter(database, ledger, clock(), book=make_book(version=4))

    assert [each.id for each in first] == [each.id for each in second]
    assert len(await all_of_it(database, ledger)) == 3


async def test_another_row_or_another_ruling_of_the_same_ticket_is_entered(database, ledger, clock):
    await enter(database, ledger, clock())
    more = await enter(database, ledger, clock(), facts={"cause": "attitude"})
    other = await enter(database, ledger, clock(), reference="ruling:2")

    assert [each.row for each in more] == ["attitude", "fine", "reporter", "score"]
    assert len(other) == 3
    assert len(await all_of_it(database, ledger)) == 7


async def test_other_systems_are_told_of_every_new_entry(database, ledger, clock):
    first, *_ = await enter(database, ledger, clock())
    await enter(database, ledger, clock())
    await take_back(database, ledger, clock())

    async with database.transaction() as session:
        events = list(await session.scalars(select(OutgoingEvent)))
    (told,) = [event for event in events if event.data["entry_id"] == str(first.id)]
    assert len(events) == 6
    assert (told.kind, told.subject) == ("ledger.entered", "GZ001")
    assert told.data == {
        "entry_id": str(first.id),
        "unit": "GZ001",
        "month": "2026-03",
        "entry": "fine",
        "amount": "-100.10",
        "ticket_no": "GD1",
        "reference": "ruling:1",
        "cause": "lost",
        "rule": "ledger.fine@v3",
        "by": "agent:judge",
    }


async def test_the_shipped_rules_can_be_entered(database, ledger, clock):
    facts = {
        "kind": "complaint",
        "cause": "attitude",
        "finding": "upheld",
        "service_class": "normal",
        "escalations": 0,
        "across_provinces": False,
    }
    entries = await enter(database, ledger, clock(), book=shipped_rules(), facts=facts)

    assert {each.entry for each in entries} == {"fine", "score"}
    assert all(each.amount < 0 for each in entries)
    assert {each.rule.endswith("@v0") for each in entries} == {True}


async def test_an_entry_and_its_reversal_come_to_nothing(database, ledger, clock):
    entries = await enter(database, ledger, clock())
    reversals = await take_back(database, ledger, clock())

    assert sorted(each.reverses for each in reversals) == sorted(each.id for each in entries)
    assert sum(each.amount for each in await all_of_it(database, ledger)) == 0
    of = {each.id: each for each in entries}
    for reversal in reversals:
        original = of[reversal.reverses]
        assert reversal.amount == -original.amount
        assert (reversal.unit, reversal.entry, reversal.rule) == (original.unit, original.entry, original.rule)
        assert (reversal.by, reversal.note) == ("agent:chief", "申诉成立")


async def test_a_reversal_counts_in_the_month_it_is_made(database, ledger):
    await enter(database, ledger, datetime(2026, 3, 20, tzinfo=timezone.utc))
    reversals = await take_back(database, ledger, datetime(2026, 4, 2, tzinfo=timezone.utc))

    assert {each.month for each in reversals} == {"2026-04"}


async def test_what_was_reversed_cannot_be_reversed_again(database, ledger, clock):
    await enter(database, ledger, clock())
    await take_back(database, ledger, clock())

    with pytest.raises(LedgerReversedError, match="已经冲销"):
        await take_back(database, ledger, clock())
    assert len(await all_of_it(database, ledger)) == 6


async def test_of_two_people_who_reverse_at_once_one_is_refused(database, ledger, clock):
    await enter(database, ledger, clock())

    outcomes = await asyncio.gather(*(take_back(database, ledger, clock()) for _ in range(2)), return_exceptions=True)

    assert {type(outcome) for outcome in outcomes} == {list, LedgerReversedError}
    assert sum(each.amount for each in await all_of_it(database, ledger)) == 0


async def test_a_ruling_entered_twice_at_once_is_entered_once(database, ledger, clock):
    first, second = await asyncio.gather(*(enter(database, ledger, clock()) for _ in range(2)))

    assert [each.id for each in first] == [each.id for each in second]
    assert len(await all_of_it(database, ledger)) == 3


async def test_a_reversal_cannot_be_reversed(database, ledger, clock):
    await enter(database, ledger, clock())
    reversals = await take_back(database, ledger, clock())

    async with database.transaction() as session:
        with pytest.raises(LedgerReversedError):
            await ledger.reverse(session, reversals, by="agent:chief", why="", at=clock())


async def test_the_database_itself_takes_one_reversal_of_an_entry(database, ledger, clock):
    await enter(database, ledger, clock())
    await take_back(database, ledger, clock())
    again = text(
        "INSERT INTO ledger_entries SELECT gen_random_uuid(), unit, month, entry, amount, cause, ticket_no, reference,"
        ' rule, "row", reverses, by, at, note FROM ledger_entries WHERE reverses IS NOT NULL LIMIT 1'
    )

    async def insert_again() -> None:
        async with database.transaction() as session:
            await session.execute(again)

    with pytest.raises(IntegrityError, match="uq_ledger_entries_reverses"):
        await insert_again()


async def test_of_a_ruling_what_is_left_is_taken_back(database, ledger, clock):
    first, *rest = await enter(database, ledger, clock())
    async with database.transaction() as session:
        await ledger.reverse(session, [first], by="agent:chief", why="笔误", at=clock())

    reversals = await take_back(database, ledger, clock())

    assert {each.reverses for each in reversals} == {each.id for each in rest}


async def test_a_ruling_without_entries_has_nothing_to_take_back(database, ledger, clock):
    assert await take_back(database, ledger, clock()) == []


async def test_a_ruling_that_was_taken_back_is_not_entered_again(database, ledger, clock):
    await enter(database, ledger, clock())
    await take_back(database, ledger, clock())
    await enter(database, ledger, clock())

    assert sum(each.amount for each in await all_of_it(database, ledger)) == 0


@pytest.mark.parametrize(
    "change",
    ["UPDATE ledger_entries SET amount = 0", "DELETE FROM ledger_entries", "UPDATE ledger_entries SET note = ''"],
)
async def test_nothing_entered_is_ever_changed(database, ledger, clock, change):
    await enter(database, ledger, clock())

    async def run() -> None:
        async with database.transaction() as session:
            await session.execute(text(change))

    with pytest.raises(IntegrityError, match="append-only"):
        await run()
    assert len(await all_of_it(database, ledger)) == 3


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        (datetime(2026, 2, 28, 15, 59, 59, tzinfo=timezone.utc), "2026-02"),
        (datetime(2026, 2, 28, 16, 0, 0, tzinfo=timezone.utc), "2026-03"),
        (datetime(2025, 12, 31, 16, 0, 0, tzinfo=timezone.utc), "2026-01"),
    ],
)
async def test_a_month_begins_at_midnight_in_china(database, ledger, moment, month):
    entries = await enter(database, ledger, moment)

    assert month_of(moment) == month
    assert {each.month for each in entries} == {month}


@given(st.floats(min_value=-1e6, max_value=1e6))
def test_a_fine_takes_and_a_reward_gives_whatever_sign_the_rule_has(figure):
    assert EntryKind.fine.signed(figure) <= 0
    assert EntryKind.reward.signed(figure) >= 0
    assert EntryKind.fine.signed(figure) == -EntryKind.reward.signed(figure)


def test_halves_of_a_cent_go_up():
    assert EntryKind.reward.signed(2.675) == Decimal("2.68")
