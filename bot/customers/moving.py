"""Giving rows of one customer to another, and giving them back: plain statements over the list of references."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TableClause, exists, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeEngine

from bot.customers.references import TICKETS, UUIDS, Reference

Key = dict[str, Any]
_MANY = 500


async def give(session: AsyncSession, reference: Reference, *, of: UUID, to: UUID) -> list[Key]:
    """Every row of ``of`` becomes ``to``'s, but for those that ``to`` has already; their keys, as JSON has them."""
    rows, owner = _rows(reference)
    statement = update(rows).where(owner == of).values({reference.column: to})
    if reference.once:
        twin = reference.clause().alias("twin")
        same = (twin.c[name] == rows.c[name] for name in reference.once)
        statement = statement.where(~exists().where(twin.c[reference.column] == to, *same))
    before = await _case_keys(session, of) if reference is TICKETS else {}
    moved = (await session.execute(statement.returning(*(rows.c[name] for name in reference.key)))).all()
    keys = [_key(reference, row) for row in moved]
    if reference is TICKETS:
        keys = [key | {"case_key": before.get(key["ticket_no"], "")} for key in keys]
        await _rekey(session, [(key["ticket_no"], case_of(to)) for key in keys if key["case_key"] == case_of(of)])
    return keys


async def give_back(session: AsyncSession, reference: Reference, keys: Sequence[Key], *, of: UUID, to: UUID) -> None:
    """Those of these rows that ``of`` still has become ``to``'s again."""
    rows, owner = _rows(reference)
    for some in _chunks(keys):
        values = [tuple(_typed(kind, key[name]) for name, kind in reference.key.items()) for key in some]
        named = tuple_(*(rows.c[name] for name in reference.key)).in_(values)
        await session.execute(update(rows).where(owner == of, named).values({reference.column: to}))
    if reference is TICKETS:
        await _rekey(session, [(key["ticket_no"], key["case_key"]) for key in keys if key.get("case_key")])


async def give_made_in(
    session: AsyncSession, reference: Reference, conversations: Sequence[UUID], *, of: UUID, to: UUID
) -> None:
    """What ``of`` has from these conversations becomes ``to``'s."""
    rows, owner = _rows(reference)
    mine = (owner == of, reference.made_in(rows, conversations))
    if reference is TICKETS:
        found = (await session.execute(select(rows.c.ticket_no, rows.c.case_key).where(*mine))).all()
        await session.execute(update(rows).where(*mine).values({reference.column: to}))
        await _rekey(session, [(number, case_of(to)) for number, key in found if key.startswith(case_of(None))])
        return
    statement = update(rows).where(*mine).values({reference.column: to})
    if reference.once:
        twin = reference.clause().alias("twin")
        same = (twin.c[name] == rows.c[name] for name in reference.once)
        statement = statement.where(~exists().where(twin.c[reference.column] == to, *same))
    await session.execute(statement)


def case_of(customer_id: UUID | None) -> str:
    """The key of a ticket's case that has no waybill (`bot.tickets.opening.case_key`); the prefix of them for None."""
    return f"customer:{customer_id or ''}"


async def _case_keys(session: AsyncSession, customer_id: UUID) -> dict[str, str]:
    rows, owner = _rows(TICKETS)
    found = await session.execute(select(rows.c.ticket_no, rows.c.case_key).where(owner == customer_id))
    return {row.ticket_no: row.case_key for row in found}


async def _rekey(session: AsyncSession, wanted: Iterable[tuple[str, str]]) -> None:
    """Of a case there is one open ticket in a category: a second one keeps the key it has."""
    rows, _ = _rows(TICKETS)
    twin = TICKETS.clause().alias("twin")
    for number, key in wanted:
        taken = exists().where(
            twin.c.case_key == key,
            twin.c.category == rows.c.category,
            twin.c.status != "closed",
            twin.c.ticket_no != number,
        )
        may = (rows.c.status == "closed") | ~taken
        await session.execute(update(rows).where(rows.c.ticket_no == number, may).values(case_key=key))


def _rows(reference: Reference) -> tuple[TableClause, Any]:
    rows = reference.clause()
    return rows, rows.c[reference.column]


def _key(reference: Reference, row: Row[Any]) -> Key:
    values = row._mapping
    return {name: str(values[name]) if isinstance(values[name], UUID) else values[name] for name in reference.key}


def _typed(kind: TypeEngine[Any], value: Any) -> Any:
    return UUID(value) if kind is UUIDS else value


def _chunks(keys: Sequence[Key]) -> Iterable[Sequence[Key]]:
    return (keys[start : start + _MANY] for start in range(0, len(keys), _MANY))
