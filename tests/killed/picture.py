"""The whole database as a picture that two runs can be compared by, and what has to be true of any such picture."""

import re
from collections import Counter, defaultdict
from typing import TypeAlias

from sqlalchemy import text

from bot.db import Database

Picture: TypeAlias = dict[str, list[str]]

_TABLES = {
    "waybills": (),
    "checkpoints": (),
    "waybill_states": ("version",),
    "condition_changes": ("id",),
    "tickets": (),
    "ticket_events": ("id",),
    "outgoing_events": ("id",),
    "chains": (),
    "chain_nodes": (),
    "evidence_items": ("hash", "previous_hash"),
    "ledger_entries": ("id",),
}
"""Every table the work writes, without the columns that chance decides."""
_BY_CHANCE = re.compile(r'"(hash|entry_id)": "[^"]*"')
_TICKET = re.compile(r"GD\d{10}")


async def picture_of(database: Database) -> Picture:
    """Rows as text, in order; a ticket goes by what it is about, since its number depends on who came first."""
    async with database.transaction() as session:
        names = dict((await session.execute(_NAMES)).all())
        found: Picture = {}
        for table, without in _TABLES.items():
            query = text(f"SELECT CAST(to_jsonb(t) - CAST(:without AS text[]) AS text) FROM {table} AS t")
            rows = (await session.scalars(query, {"without": list(without)})).all()
            found[table] = sorted(_BY_CHANCE.sub("", _TICKET.sub(lambda no: names[no[0]], row)) for row in rows)
    return found


async def check(database: Database) -> None:
    """What holds whoever worked beside whom: nothing doubled, nothing lost, everything told once."""
    async with database.transaction() as session:
        assert (await session.execute(_DOUBLED)).all() == [], "an open case has two tickets"
        assert (await session.execute(_MISCOUNTED)).all() == [], "a state does not know of its tickets"
        assert (await session.execute(_UNTOLD)).all() == [], "an event has no job, or two"
        changes = (await session.execute(_CHANGES)).all()
        told = (await session.execute(_TOLD)).all()
        conditions = dict((await session.execute(_CONDITIONS)).all())
    stories: dict[str, list[str]] = defaultdict(lambda: ["normal"])
    for number, before, after in changes:
        assert stories[number][-1] == before != after, f"the history of {number} has a gap"
        stories[number].append(after)
    assert {number: story[-1] for number, story in stories.items() if story[-1] != conditions[number]} == {}
    assert Counter((number, after) for number, _, after in changes) == Counter(map(tuple, told))


_NAMES = text(
    "SELECT ticket_no, '<' || case_key || ' ' || category || ' ' || row_number() OVER "
    "(PARTITION BY case_key, category ORDER BY ticket_no) || '>' FROM tickets"
)
_DOUBLED = text(
    "SELECT waybill_no, category FROM tickets WHERE status <> 'closed' "
    "GROUP BY waybill_no, category HAVING count(*) > 1"
)
_MISCOUNTED = text(
    "SELECT s.waybill_no, s.open_tickets, count(t.ticket_no) FROM waybill_states AS s LEFT JOIN tickets AS t "
    "ON t.waybill_no = s.waybill_no AND t.status <> 'closed' AND t.kind = 'service' "
    "GROUP BY s.waybill_no, s.open_tickets HAVING s.open_tickets <> count(t.ticket_no)"
)
_UNTOLD = text(
    "SELECT e.id, count(j.id) FROM outgoing_events AS e LEFT JOIN procrastinate_jobs AS j "
    "ON j.args->>'event_id' = CAST(e.id AS text) GROUP BY e.id HAVING count(j.id) <> 1"
)
_CHANGES = text("SELECT waybill_no, before, after FROM condition_changes ORDER BY waybill_no, at, id")
_TOLD = text("SELECT subject, data->>'to_condition' FROM outgoing_events WHERE kind LIKE 'waybill.%'")
_CONDITIONS = text("SELECT waybill_no, condition FROM waybill_states")
