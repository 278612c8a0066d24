"""PostgreSQL: the declarative base, transactions and the advisory lock that serialises a conversation."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from select import POLLIN, poll
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, MetaData, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class Base(DeclarativeBase):
    """Base of all tables.  Moments are aware, documents are JSONB."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[dict[str, Any]]: JSONB,
        list[str]: JSONB,
        int: BigInteger,
    }


def async_url(url: str) -> str:
    """The same address for SQLAlchemy's asynchronous psycopg driver."""
    return "postgresql+psycopg://" + url.split("://", 1)[1]


def plain_url(url: str) -> str:
    """The same address for libpq and psycopg itself."""
    return "postgresql://" + url.split("://", 1)[1]


class Database:
    """One pool of connections.

    Parameters
    ----------
    url: any ``postgresql://`` address.
    pool_size: connections kept; as many again may be opened under load.
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = plain_url(url)
        self.engine: AsyncEngine = create_async_engine(
            async_url(url), pool_size=pool_size, max_overflow=pool_size, hide_parameters=True
        )
        event.listen(self.engine.sync_engine, "checkout", _refuse_dead)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session that commits at the end of the block and rolls back on any error."""
        async with self._sessions() as session, session.begin():
            yield session

    @asynccontextmanager
    async def try_lock(self, key: UUID) -> AsyncIterator[bool]:
        """Hold a session-level advisory lock, outside of any transaction; yields whether it was free.

        The server drops it with the connection, so a killed process never leaves it behind.
        """
        number = key.int % 2**63
        async with self.engine.connect() as plain:
            connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
            got = await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": number})
            try:
                yield bool(got)
            finally:
                if got:
                    await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": number})

    async def close(self) -> None:
        await self.engine.dispose()


def _refuse_dead(connection: Any, *_: Any) -> None:
    """Have the pool open another connection in place of one that the server ended while nobody used it.

    A server that hangs up leaves something to be read on a connection that should be silent; so no question has to be
    sent before every transaction.
    """
    silent = poll()
    silent.register(connection.driver_connection.pgconn.socket, POLLIN)
    if silent.poll(0):
        raise DisconnectionError("the server ended this connection")
