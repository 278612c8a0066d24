"""Reading the services of a period that may be drawn."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.desk.leading.drawing import Service

# Tickets have no index by conversation, but one by their opening: so the few complaints are read first.
_SERVICES = """
    WITH complaints AS MATERIALIZED (
        SELECT ticket_no, conversation_id, opened_at FROM tickets
        WHERE opened_at >= :since AND opened_at < :until + interval '2 days' AND kind = 'complaint'
        AND conversation_id IS NOT NULL
    )
    SELECT m.id, m.conversation_id, m.who, m.team, m.at, c.channel, over.at AS ended,
           coalesce(extract(epoch FROM m.at - asked.at), 0) AS waited, rated.score, complained.ticket_no
    FROM conversation_moves m
    JOIN conversations c ON c.id = m.conversation_id
    JOIN LATERAL (
        SELECT at FROM conversation_moves
        WHERE conversation_id = m.conversation_id AND id > m.id
        AND move IN ('give_back', 'transfer', 'lose', 'end', 'take_over') ORDER BY id LIMIT 1
    ) over ON true
    LEFT JOIN LATERAL (
        SELECT at FROM conversation_moves
        WHERE conversation_id = m.conversation_id AND id < m.id
        AND move IN ('queue', 'transfer', 'lose', 'call_back') ORDER BY id DESC LIMIT 1
    ) asked ON true
    LEFT JOIN LATERAL (
        SELECT score FROM conversation_ratings
        WHERE conversation_id = m.conversation_id AND about = 'agent' AND score IS NOT NULL
        AND offered_at >= m.at AND offered_at < over.at + interval '1 day' ORDER BY offered_at LIMIT 1
    ) rated ON true
    LEFT JOIN LATERAL (
        SELECT ticket_no FROM complaints
        WHERE conversation_id = m.conversation_id
        AND opened_at >= m.at AND opened_at < over.at + interval '1 day' ORDER BY opened_at LIMIT 1
    ) complained ON true
    WHERE m.move IN ('accept', 'take_over') AND over.at > m.at AND {which}
"""
_OF_PERIOD = text(_SERVICES.format(which="m.at >= :since AND m.at < :until"))
_OF_CONVERSATION = text(
    _SERVICES.format(which="m.conversation_id = :conversation_id AND m.at >= :since AND m.at < :until")
    + " ORDER BY m.id DESC LIMIT 1"
)
_LONGEST_AGO = timedelta(days=92)


async def services_between(session: AsyncSession, since: datetime, until: datetime) -> list[Service]:
    """Every service that began then and is over."""
    return [_service(row) for row in await session.execute(_OF_PERIOD, {"since": since, "until": until})]


async def last_service(session: AsyncSession, conversation_id: UUID, *, now: datetime) -> Service | None:
    """The latest service of a conversation that is over, of the last three months."""
    asked = {"conversation_id": conversation_id, "since": now - _LONGEST_AGO, "until": now}
    row = (await session.execute(_OF_CONVERSATION, asked)).first()
    return _service(row) if row else None


def _service(row: Row[tuple[object, ...]]) -> Service:
    return Service(
        move_id=row.id,
        conversation_id=row.conversation_id,
        agent=row.who,
        team=row.team,
        channel=row.channel,
        served_at=row.at,
        ended_at=row.ended,
        waited_s=float(row.waited),
        score=row.score,
        complaint=row.ticket_no,
    )
