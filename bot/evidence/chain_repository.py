"""Chains in their tables: taken with a lock, put back as they are after their moves."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.evidence.chain import Chain
from bot.evidence.nodes import Ending, Finding, Liable, Node, NodePlace, NodeState, Window
from bot.evidence.tables import ChainNodeRow, ChainRow
from bot.network.model import Tier

_OPENING = 6


async def add_chain(session: AsyncSession, chain: Chain) -> None:
    """The rows of a chain just opened."""
    row = ChainRow(
        ticket_no=chain.ticket_no,
        waybill_no=chain.waybill_no,
        window_seconds=int(chain.window.amount.total_seconds()),
        calendar=chain.window.calendar,
        opened_at=chain.opened_at,
        because=[],
        facts={},
    )
    _write(row, chain)
    session.add(row)
    await session.flush()
    session.add_all([ChainNodeRow(ticket_no=chain.ticket_no, **_values(node)) for node in chain.nodes])
    await session.flush()


async def serialise_opening(session: AsyncSession, ticket_no: str) -> None:
    """A chain that is not there yet has no row to lock: two who open it wait for each other here."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(ticket_no, _OPENING))))


async def find_chain(session: AsyncSession, ticket_no: str) -> Chain | None:
    """The chain as it stands, without a lock."""
    row = await session.get(ChainRow, ticket_no)
    return _chain_from(row, await _node_rows(session, ticket_no)) if row else None


async def take_chain(session: AsyncSession, ticket_no: str) -> Chain | None:
    """The chain, for this transaction alone until it ends."""
    query = select(ChainRow).where(ChainRow.ticket_no == ticket_no).with_for_update()
    row = (await session.scalars(query.execution_options(populate_existing=True))).first()
    return _chain_from(row, await _node_rows(session, ticket_no)) if row else None


async def take_overdue(session: AsyncSession, now: datetime, *, leaving: Collection[str] = ()) -> Chain | None:
    """A running chain whose window is over and that nobody else is moving; the longest overdue first."""
    query = (
        select(ChainRow)
        .where(ChainRow.ended_at.is_(None), ChainRow.window_ends_at <= now, ChainRow.ticket_no.not_in(leaving))
        .order_by(ChainRow.window_ends_at, ChainRow.ticket_no)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = (await session.scalars(query.execution_options(populate_existing=True))).first()
    return _chain_from(row, await _node_rows(session, row.ticket_no)) if row else None


async def put_chain(session: AsyncSession, chain: Chain) -> None:
    """Write back a chain that was taken in this transaction."""
    row = await session.get_one(ChainRow, chain.ticket_no)
    _write(row, chain)
    nodes = {node.position: node for node in chain.nodes}
    for node_row in await _node_rows(session, chain.ticket_no):
        for name, value in _values(nodes[node_row.position]).items():
            setattr(node_row, name, value)
    await session.flush()


def _write(row: ChainRow, chain: Chain) -> None:
    holder, ending = chain.holder, chain.ending
    row.holder = holder.position if holder else None
    row.window_ends_at = holder.window_ends_at if holder else None
    if ending is not None:
        row.ended_at, row.ended_by = ending.at, ending.by
        row.finding, row.liable, row.liable_unit = ending.finding.value, ending.liable.value, ending.liable_unit
        row.decided_at_node, row.closes = ending.node, ending.closes
        row.because, row.facts = list(ending.because), dict(ending.facts)


def _values(node: Node) -> dict[str, object]:
    return asdict(node) | {
        "place": node.place.value,
        "tier": node.tier.value,
        "state": node.state.value,
        "evidence": list(node.evidence),
    }


async def _node_rows(session: AsyncSession, ticket_no: str) -> Sequence[ChainNodeRow]:
    query = select(ChainNodeRow).where(ChainNodeRow.ticket_no == ticket_no).order_by(ChainNodeRow.position)
    return (await session.scalars(query.execution_options(populate_existing=True))).all()


def _chain_from(row: ChainRow, nodes: Sequence[ChainNodeRow]) -> Chain:
    return Chain(
        ticket_no=row.ticket_no,
        waybill_no=row.waybill_no,
        nodes=tuple(_node_from(node) for node in nodes),
        window=Window(timedelta(seconds=row.window_seconds), row.calendar),
        opened_at=row.opened_at,
        ending=_ending_from(row),
    )


def _node_from(row: ChainNodeRow) -> Node:
    return Node(
        position=row.position,
        place=NodePlace(row.place),
        outlet_code=row.outlet_code,
        outlet_name=row.outlet_name,
        tier=Tier(row.tier),
        state=NodeState(row.state),
        began_at=row.began_at,
        window_ends_at=row.window_ends_at,
        answered_at=row.answered_at,
        answered_by=row.answered_by,
        evidence=tuple(row.evidence),
    )


def _ending_from(row: ChainRow) -> Ending | None:
    if row.ended_at is None or row.finding is None or row.liable is None or row.decided_at_node is None:
        return None
    return Ending(
        finding=Finding(row.finding),
        node=row.decided_at_node,
        liable=Liable(row.liable),
        liable_unit=row.liable_unit,
        closes=bool(row.closes),
        because=tuple(row.because),
        facts=row.facts,
        at=row.ended_at,
        by=row.ended_by or "",
    )
