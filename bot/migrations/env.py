"""Alembic's entry: run the migrations on the connection handed over in ``config.attributes``."""

from alembic import context

from bot.db import Base
from bot.tables import __all__ as _tables  # noqa: F401  (every table has to be known)

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
