"""Undoing a merge: one becomes two again.

What was moved goes back.  What came after the merge stays with the survivor, unless it came in by a door of the other:
conversations that only lead from there, what was made in conversations that go back, proofs that were given there.
Waybills that were proven while both were one have to be proven again, for nobody knows who proved them.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, column, delete, exists, select, table, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from bot.customers import moving
from bot.customers.merging import newest_phone, reference_of, root_of
from bot.customers.model import PROOFS, Customer, Identity
from bot.customers.records import CustomerMerge, CustomerMove
from bot.customers.references import CONVERSATIONS, IDENTITIES, REFERENCES

_DOORS = table("conversation_doors", column("channel"), column("address"), column("conversation_id", Uuid()))
Pair = tuple[str, str]


async def part(session: AsyncSession, record: CustomerMerge) -> None:
    """Give the merged customer everything back.  The caller has `merging.hold` and marked the record as undone."""
    merged = await session.get_one(Customer, record.merged_id, with_for_update=True)
    survivor = await root_of(session, record.survivor_id)
    await _give_back(session, record, survivor.id)
    await _proofs_given_there(session, record, survivor.id)
    doors = await _doors(session, record.merged_id)
    new = await _conversations_by(session, record, survivor.id, doors)
    await moving.give_back(session, CONVERSATIONS, [{"id": str(each)} for each in new], of=survivor.id, to=merged.id)
    back = [*new, *(UUID(key["id"]) for key in await _moved(session, record, "conversations"))]
    for reference in REFERENCES:
        if reference.conversation or reference.turn:
            await moving.give_made_in(session, reference, back, of=survivor.id, to=merged.id)
    await _forget(session, record, survivor.id)
    merged.merged_into = None
    await session.flush()
    await _names(session, record, survivor.id)


async def _give_back(session: AsyncSession, record: CustomerMerge, of: UUID) -> None:
    moves = await session.scalars(select(CustomerMove).where(CustomerMove.merge_id == record.id))
    for move in moves.all():
        reference = reference_of(move.table)
        if reference is not None:
            await moving.give_back(session, reference, move.keys, of=of, to=record.merged_id)


async def _moved(session: AsyncSession, record: CustomerMerge, table_name: str) -> list[dict[str, Any]]:
    query = select(CustomerMove.keys).where(CustomerMove.merge_id == record.id, CustomerMove.table == table_name)
    return [key for keys in await session.scalars(query) for key in keys]


async def _doors(session: AsyncSession, customer_id: UUID) -> list[Pair]:
    query = select(Identity.channel, Identity.external_id).where(
        Identity.customer_id == customer_id, Identity.channel.not_in(PROOFS)
    )
    return [(channel, address) for channel, address in (await session.execute(query)).all()]


async def _proofs_given_there(session: AsyncSession, record: CustomerMerge, of: UUID) -> None:
    """Doors were moved back before, so they name what was proven by them since."""
    rows = IDENTITIES.clause()
    doors = await _doors(session, record.merged_id)
    if not doors:
        return
    came = tuple_(rows.c.via_channel, rows.c.via_address).in_(doors)
    mine = (rows.c.customer_id == of, rows.c.created_at >= record.at, came)
    kept = {(each["channel"], each["external_id"]) for each in await _moved(session, record, "identities")}
    found = (await session.execute(select(rows.c.channel, rows.c.external_id).where(*mine))).all()
    keys = [{"channel": channel, "external_id": name} for channel, name in found if (channel, name) not in kept]
    # The proof itself was the survivor's, or came with the other: it goes where it was.
    keys = [key for key in keys if (key["channel"], key["external_id"]) != (record.proof, record.proven)]
    await moving.give_back(session, IDENTITIES, keys, of=of, to=record.merged_id)


async def _conversations_by(
    session: AsyncSession, record: CustomerMerge, of: UUID, doors: list[Pair]
) -> Sequence[UUID]:
    """Conversations begun since, entered by doors of the other and by none of the survivor's."""
    if not doors:
        return []
    rows = CONVERSATIONS.clause()
    leads = _DOORS.c.conversation_id == rows.c.id
    theirs = tuple_(_DOORS.c.channel, _DOORS.c.address).in_(doors)
    query = select(rows.c.id).where(
        rows.c.customer_id == of,
        rows.c.created_at >= record.at,
        exists().where(leads, theirs),
        ~exists().where(leads, ~theirs),
    )
    return (await session.scalars(query)).all()


async def _forget(session: AsyncSession, record: CustomerMerge, of: UUID) -> None:
    for reference in REFERENCES:
        if reference.forget_new:
            rows = reference.clause()
            is_new = (rows.c[reference.column] == of, rows.c[reference.made] > record.at)
            await session.execute(delete(rows).where(*is_new))


async def _names(session: AsyncSession, record: CustomerMerge, survivor_id: UUID) -> None:
    """What the merge overwrote is put back where nothing newer stands."""
    before, after = record.before, record.after
    merged = await session.get_one(Customer, record.merged_id)
    survivor = await session.get_one(Customer, survivor_id)
    merged.verified_phone = await newest_phone(session, merged.id) or before["merged"]["verified_phone"]
    if survivor_id == record.survivor_id and survivor.name == after["name"]:
        survivor.name = before["survivor"]["name"]
    own = await newest_phone(session, survivor.id)
    if survivor.verified_phone == after["verified_phone"]:
        survivor.verified_phone = (
            own if survivor_id != record.survivor_id else before["survivor"]["verified_phone"] or own
        )
    elif not await _has(session, survivor):
        survivor.verified_phone = own
    await session.flush()


async def _has(session: AsyncSession, customer: Customer) -> bool:
    query = select(Identity.customer_id).where(
        Identity.channel == "phone", Identity.external_id == customer.verified_phone
    )
    return await session.scalar(query) == customer.id
