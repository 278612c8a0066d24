"""Summaries of before stand in the partitions of their months, and come back when the way is gone backwards."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from alembic import command
from sqlalchemy import Connection, create_engine, make_url, text

from bot.db import async_url
from bot.migrations.run import _config

PUT = text(
    "INSERT INTO service_summaries (id, conversation_id, turn, wrap_up_code, text, by, at) "
    "VALUES (:id, :id, :turn, 'eta', 'x', 'bot', :at)"
)
MOMENTS = {"a": "2025-12-31 23:59:59+08", "b": "2026-01-01 00:00:00+08", "c": "2026-01-15 12:00:00+08"}


@pytest.fixture
def scratch(postgres_url: str) -> Iterator[Connection]:
    """A database of its own at the revision before."""
    address = make_url(async_url(postgres_url))
    server = create_engine(address, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS scaled"))
        connection.execute(text("CREATE DATABASE scaled"))
    engine = create_engine(address.set(database="scaled"))
    with engine.connect() as connection:
        _move(connection, "0008")
        for turn, at in MOMENTS.items():
            connection.execute(PUT, {"id": uuid4(), "turn": turn, "at": at})
        connection.commit()
        yield connection
    engine.dispose()
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE scaled"))
    server.dispose()


def _move(connection: Connection, revision: str, *, down: bool = False) -> None:
    config = _config()
    config.attributes["connection"] = connection
    (command.downgrade if down else command.upgrade)(config, revision)
    connection.commit()


def _turns(connection: Connection, table: str) -> list[str]:
    return list(connection.scalars(text(f"SELECT turn FROM {table} ORDER BY turn")))


def test_summaries_move_into_the_partitions_of_their_months(scratch: Connection):
    _move(scratch, "0009")

    assert _turns(scratch, "service_summaries_y2025m12") == ["a"]
    assert _turns(scratch, "service_summaries_y2026m01") == ["b", "c"]


def test_the_way_back_keeps_them_and_one_a_turn_again(scratch: Connection):
    _move(scratch, "0009")
    _move(scratch, "0008", down=True)

    assert _turns(scratch, "service_summaries") == ["a", "b", "c"]
    unique = "SELECT count(*) FROM pg_constraint WHERE conname = 'uq_service_summaries_turn'"
    assert scratch.scalar(text(unique)) == 1
