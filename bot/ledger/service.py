"""The one door to the ledger: enter what the rules say, take it back, read statements."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.db import Database
from bot.errors import LedgerReversedError, NoRuleError
from bot.ledger.model import EntryKind, LedgerEntry, month_of
from bot.ledger.statements import Balance, Statement, make_statements, opening_balances
from bot.outbox import NewEvent, emit_many
from bot.outbox.emitting import uuid7
from bot.rules.model import Decision, Facts, Hit, RuleBook

TABLE = "ledger"


class LedgerService:
    """Entries are made in the caller's transaction, with the ruling they follow from."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def enter(
        self,
        session: AsyncSession,
        book: RuleBook,
        facts: Facts,
        *,
        ticket_no: str,
        reference: str,
        units: Mapping[str, str | None],
        by: str,
        at: datetime,
    ) -> list[LedgerEntry]:
        """Enter what the table ``ledger`` says of these facts, and return it.

        The same ticket, reference and row a second time enters nothing and returns what was entered the first time.

        Parameters
        ----------
        reference: the ruling or ticket event it follows from.
        units: the unit of each party of the table's column ``to`` (``liable``, ``reporter``, ...).  A party without a
            unit, such as a customer, gets no entry.
        """
        decision = book.decide(TABLE, facts)
        common = {"ticket_no": ticket_no, "reference": reference, "by": by, "at": at, "month": month_of(at)}
        values = [
            {"id": uuid7(at), **common, **_entry(decision, hit, str(units[str(hit.outcome["to"])]))}
            for hit in decision.hits
            if units.get(str(hit.outcome["to"])) and hit.outcome["amount"] != 0
        ]
        if not values:
            return []
        await self._insert(session, values)
        query = select(LedgerEntry).where(
            LedgerEntry.ticket_no == ticket_no,
            LedgerEntry.reference == reference,
            LedgerEntry.row.in_([value["row"] for value in values]),
            LedgerEntry.reverses.is_(None),
        )
        return await _in_order(session, query)

    async def reverse(
        self, session: AsyncSession, entries: Sequence[LedgerEntry], *, by: str, why: str, at: datetime
    ) -> list[LedgerEntry]:
        """Take these entries back by entries of the opposite sign, all or none.

        ``why`` becomes their note.  Raises `LedgerReversedError` for one that was reversed before, or is a reversal.
        """
        ids = [entry.id for entry in entries]
        await session.execute(select(LedgerEntry.id).where(LedgerEntry.id.in_(ids)).with_for_update())
        gone = await session.scalar(select(LedgerEntry.id).where(LedgerEntry.reverses.in_(ids)).limit(1))
        if gone is not None or any(entry.reverses is not None for entry in entries):
            raise LedgerReversedError("这笔账已经冲销过，不能再次冲销")
        values = [_reversal(entry, by=by, why=why, at=at) for entry in entries]
        if values:
            await self._insert(session, values)
        return await _in_order(session, select(LedgerEntry).where(LedgerEntry.reverses.in_(ids)))

    async def reverse_ruling(
        self, session: AsyncSession, ticket_no: str, reference: str, *, by: str, why: str, at: datetime
    ) -> list[LedgerEntry]:
        """Take back what is left of everything that was entered because of one ruling, which may be nothing.

        Raises `LedgerReversedError` when all of it was taken back before.
        """
        taken_back = aliased(LedgerEntry)
        query = select(LedgerEntry).where(
            LedgerEntry.ticket_no == ticket_no, LedgerEntry.reference == reference, LedgerEntry.reverses.is_(None)
        )
        left = query.where(~select(taken_back.id).where(taken_back.reverses == LedgerEntry.id).exists())
        entries = await _in_order(session, left) or await _in_order(session, query)
        return await self.reverse(session, entries, by=by, why=why, at=at)

    async def of_ticket(self, ticket_no: str) -> list[LedgerEntry]:
        """Everything entered because of a ticket, reversals too, oldest first."""
        async with self._database.transaction() as session:
            return await _in_order(session, select(LedgerEntry).where(LedgerEntry.ticket_no == ticket_no))

    async def statement(self, unit: str, month: str) -> Statement:
        """One unit in one month (``YYYY-MM``)."""
        found = await self.statements(month, units=[unit])
        return found[0] if found else Statement(unit, month, Balance())

    async def statements(self, month: str, *, units: Collection[str] | None = None) -> list[Statement]:
        """Every unit that has entries in the month or a balance from before; of the units given, if any are."""
        before = select(LedgerEntry.unit, LedgerEntry.entry, func.sum(LedgerEntry.amount)).where(
            LedgerEntry.month < month
        )
        during = select(LedgerEntry).where(LedgerEntry.month == month)
        if units is not None:
            before = before.where(LedgerEntry.unit.in_(units))
            during = during.where(LedgerEntry.unit.in_(units))
        async with self._database.transaction() as session:
            sums: Iterable[tuple[str, str, Decimal]] = await session.execute(
                before.group_by(LedgerEntry.unit, LedgerEntry.entry)
            )
            return make_statements(month, opening_balances(sums), await _in_order(session, during))

    async def _insert(self, session: AsyncSession, values: list[dict[str, Any]]) -> None:
        """Insert what is new, and tell of it."""
        statement = insert(LedgerEntry).values(values).on_conflict_do_nothing().returning(LedgerEntry)
        added = (await session.scalars(statement)).all()
        await emit_many(session, [_event(entry) for entry in added])


async def _in_order(session: AsyncSession, query: Select[LedgerEntry]) -> list[LedgerEntry]:
    return list((await session.scalars(query.order_by(LedgerEntry.at, LedgerEntry.rule, LedgerEntry.id))).all())


def _entry(decision: Decision, hit: Hit, unit: str) -> dict[str, Any]:
    figure = hit.outcome["amount"]
    if not isinstance(figure, int | float):
        raise NoRuleError(TABLE, f"row {hit.row} says no amount")
    kind = EntryKind(str(hit.outcome["entry"]))
    cause = decision.facts.get("cause")
    return {
        "unit": unit,
        "entry": kind.value,
        "amount": kind.signed(figure),
        "cause": str(cause) if cause else None,
        "rule": f"{decision.table}.{hit.row}@v{decision.version}",
        "row": hit.row,
        "reverses": None,
        "note": str(hit.outcome.get("note") or ""),
    }


def _reversal(entry: LedgerEntry, *, by: str, why: str, at: datetime) -> dict[str, Any]:
    """The same account, month of today, opposite sign."""
    return {
        "id": uuid7(at),
        "unit": entry.unit,
        "month": month_of(at),
        "entry": entry.entry,
        "amount": -entry.amount,
        "cause": entry.cause,
        "ticket_no": entry.ticket_no,
        "reference": entry.reference,
        "rule": entry.rule,
        "row": entry.row,
        "reverses": entry.id,
        "by": by,
        "at": at,
        "note": why,
    }


def _event(entry: LedgerEntry) -> NewEvent:
    """Without the note: people write those."""
    data = {
        "entry_id": str(entry.id),
        "unit": entry.unit,
        "month": entry.month,
        "entry": entry.entry,
        "amount": entry.amount,
        "ticket_no": entry.ticket_no,
        "reference": entry.reference,
        "cause": entry.cause,
        "rule": entry.rule,
        "reverses": str(entry.reverses) if entry.reverses else None,
        "by": entry.by,
    }
    return NewEvent("ledger.entered", entry.unit, data, entry.at)
