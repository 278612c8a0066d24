import csv
import io
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from bot.ledger.export import statements_csv
from bot.ledger.model import EntryKind, LedgerEntry, month_of
from bot.ledger.statements import Balance, make_statements
from bot.ledger.words import ledger_words
from tests.ledger.builders import enter, take_back

MONTH = "2026-03"
START = datetime(2026, 1, 15, tzinfo=timezone.utc)

kinds = st.sampled_from(EntryKind)
amounts = st.decimals(min_value=-9999, max_value=9999, places=2)
moments = st.integers(min_value=0, max_value=100).map(lambda days: START + timedelta(days=days))
cases = st.lists(st.tuples(kinds, amounts, moments), max_size=30)


def make_entry(kind: EntryKind, amount: Decimal, at: datetime, unit: str = "GZ001", **changes) -> LedgerEntry:
    values = {"id": uuid4(), "cause": None, "ticket_no": "GD1", "reference": str(uuid4()), "reverses": None, **changes}
    return LedgerEntry(
        unit=unit,
        month=month_of(at),
        entry=kind.value,
        amount=amount,
        rule="ledger.fine@v1",
        row="fine",
        by="agent:judge",
        at=at,
        note=values.pop("note", ""),
        **values,
    )


def money(entries):
    return sum((each.amount for each in entries if each.entry != "score"), Decimal(0))


def score(entries):
    return sum((each.amount for each in entries if each.entry == "score"), Decimal(0))


@given(cases)
def test_a_statement_is_the_sum_of_its_entries(drawn):
    entries = [make_entry(kind, amount, datetime(2026, 3, 9, tzinfo=timezone.utc)) for kind, amount, _ in drawn]
    opening = Balance(Decimal("10.50"), Decimal(-3))

    (statement,) = make_statements(MONTH, {"GZ001": opening}, entries)

    assert statement.closing == Balance(opening.money + money(entries), opening.score + score(entries))
    assert sum(statement.totals.values()) == money(entries) + score(entries)


@given(cases)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_months_follow_each_other_without_a_gap(database, ledger, drawn):
    """What one month ends with, the next begins with, and in the end everything is counted once."""
    unit = str(uuid4())
    entries = [make_entry(kind, amount, at, unit) for kind, amount, at in drawn]
    async with database.transaction() as session:
        for entry in entries:
            values = {name: getattr(entry, name) for name in LedgerEntry.__table__.columns.keys()}  # noqa: SIM118
            await session.execute(insert(LedgerEntry).values(values))

    balance = Balance(Decimal(0), Decimal(0))
    for month in ("2026-01", "2026-02", "2026-03", "2026-04"):
        statement = await ledger.statement(unit, month)
        in_month = [each for each in entries if each.month == month]
        assert statement.opening == balance
        assert len(statement.entries) == len(in_month)
        balance = Balance(balance.money + money(in_month), balance.score + score(in_month))
        assert statement.closing == balance
    assert balance == Balance(money(entries), score(entries))


async def test_a_unit_without_entries_has_an_empty_statement(ledger):
    statement = await ledger.statement("GZ001", MONTH)

    assert (statement.opening, statement.entries, statement.closing) == (Balance(), (), Balance())
    assert set(statement.totals.values()) == {Decimal(0)}


async def test_statements_cover_every_unit_with_entries_or_a_balance(database, ledger, clock):
    await enter(database, ledger, clock() - timedelta(days=40), units={"liable": "BJ001"})
    await enter(database, ledger, clock() - timedelta(days=40), reference="ruling:2", units={"reporter": "SH001"})
    await take_back(database, ledger, clock() - timedelta(days=39), "ruling:2")
    await enter(database, ledger, clock(), reference="ruling:3")

    statements = await ledger.statements(MONTH)

    assert [(each.unit, len(each.entries)) for each in statements] == [("BJ001", 0), ("GZ001", 2), ("HZ001", 1)]
    assert statements[0].closing == Balance(Decimal("-100.10"), Decimal("-5.00"))
    assert [each.unit for each in await ledger.statements(MONTH, units=["HZ001", "XX"])] == ["HZ001"]


async def test_totals_are_by_kind_and_a_reversal_counts_against_its_own(database, ledger, clock):
    await enter(database, ledger, clock())
    await enter(database, ledger, clock(), reference="ruling:2")
    await take_back(database, ledger, clock(), "ruling:2")

    totals = (await ledger.statement("GZ001", MONTH)).totals

    assert totals == {EntryKind.fine: Decimal("-100.10"), EntryKind.reward: 0, EntryKind.score: Decimal("-5.00")}


async def test_the_export_opens_in_excel_and_in_chinese(database, ledger, clock):
    await enter(database, ledger, clock() - timedelta(days=30), units={"liable": "GZ001"})
    await enter(database, ledger, clock(), reference="ruling:2", units={"liable": "GZ001"})

    content = statements_csv([await ledger.statement("GZ001", MONTH)])

    lines = list(csv.DictReader(io.StringIO(content.removeprefix("\ufeff"))))
    assert content.startswith("\ufeff单位编码,账期,入账时间,类型,金额（元）,分数,")
    assert [(line["类型"], line["金额（元）"], line["分数"]) for line in lines] == [
        ("期初", "-100.10", "-5.00"),
        ("罚款", "-100.10", ""),
        ("服务分", "", "-5.00"),
        ("期末", "-200.20", "-10.00"),
    ]
    assert lines[1]["入账时间"] == "2026-03-04 10:00:00"
    assert (lines[1]["工单号"], lines[1]["规则"], lines[1]["摘要"]) == ("GD1", "ledger.fine@v3", "投诉成立")


def test_what_people_wrote_is_no_formula(clock):
    entry = make_entry(EntryKind.fine, Decimal("-1.00"), clock(), note='=HYPERLINK("http://evil")', cause="@SUM(A1)")

    content = statements_csv(make_statements(MONTH, {}, [entry]))

    (line,) = [row for row in csv.DictReader(io.StringIO(content)) if row["类型"] == "罚款"]
    assert (line["摘要"], line["问题原因"]) == ('\'=HYPERLINK("http://evil")', "'@SUM(A1)")
    assert line["金额（元）"] == "-1.00"


def test_every_kind_of_entry_has_a_word():
    assert set(ledger_words().kinds) == set(EntryKind)
