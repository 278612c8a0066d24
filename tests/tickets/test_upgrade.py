"""Tickets of the first version live on under the new tables."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from alembic import command
from sqlalchemy import Connection, create_engine, make_url, text

from bot.db import async_url
from bot.migrations.run import _config
from tests.tickets.builders import NOW, hours

OLD_TICKET = text(
    "INSERT INTO tickets (ticket_no, kind, category, waybill_no, customer_id, conversation_id, status, priority, text, "
    "contacts, opened_at, due_at, updated_at) VALUES (:no, :kind, :category, :waybill_no, :customer, :customer, "
    "'open', 'normal', 'x', 2, :at, :due, :at)"
)
OLD_EVENT = text(
    "INSERT INTO ticket_events (id, ticket_no, what, by, details, at) "
    "VALUES (gen_random_uuid(), :no, :what, 'bot', '{}', :at)"
)


@pytest.fixture
def scratch(postgres_url: str) -> Iterator[Connection]:
    """A database of its own at the revision before."""
    address = make_url(async_url(postgres_url))
    server = create_engine(address, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS upgraded"))
        connection.execute(text("CREATE DATABASE upgraded"))
    engine = create_engine(address.set(database="upgraded"))
    with engine.connect() as connection:
        _move(connection, "0004")
        yield connection
    engine.dispose()
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE upgraded"))
    server.dispose()


def _move(connection: Connection, revision: str, *, down: bool = False) -> None:
    config = _config()
    config.attributes["connection"] = connection
    (command.downgrade if down else command.upgrade)(config, revision)
    connection.commit()


def _put(connection: Connection, no: str, **changes: object) -> None:
    values = {"kind": "service", "category": "stalled", "waybill_no": f"YD{no}", "customer": UUID(int=7), **changes}
    connection.execute(OLD_TICKET, {"no": no, "at": NOW, "due": NOW + hours(4), **values})
    for count, what in enumerate(("opened", "appended")):
        connection.execute(OLD_EVENT, {"no": no, "what": what, "at": NOW + hours(count)})


def test_old_tickets_are_looked_at_by_the_clock_and_keep_their_history(scratch: Connection):
    _put(scratch, "GD1")
    _put(scratch, "GD2", category="praise", waybill_no=None)
    _put(scratch, "GD3", kind="complaint", category="complaint")
    scratch.commit()
    _move(scratch, "0005")
    rows = scratch.execute(text("SELECT flow, case_key, version, next_tick_at FROM tickets ORDER BY ticket_no")).all()
    events = scratch.execute(text("SELECT seq, what FROM ticket_events WHERE ticket_no = 'GD1' ORDER BY seq")).all()

    assert [row[0] for row in rows] == ["standard", "feedback", "complaint"]
    assert [row[1] for row in rows] == ["YDGD1", f"customer:{UUID(int=7)}", "YDGD3"]
    assert {(row[2], row[3]) for row in rows} == {(2, NOW + hours(4))}
    assert [tuple(event) for event in events] == [(1, "opened"), (2, "appended")]


def test_the_way_back_leaves_the_tables_as_they_were(scratch: Connection):
    before = _columns(scratch)
    _put(scratch, "GD1")
    scratch.commit()
    _move(scratch, "0005")
    scratch.commit()
    _move(scratch, "0004", down=True)

    assert _columns(scratch) == before
    assert scratch.execute(text("SELECT count(*) FROM ticket_events")).scalar() == 2


def _columns(connection: Connection) -> set[tuple[str, str, str]]:
    query = (
        "SELECT table_name, column_name, is_nullable FROM information_schema.columns WHERE table_name LIKE 'ticket%'"
    )
    return {tuple(row) for row in connection.execute(text(query))}
