from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from bot import tables
from bot.db import Base, async_url
from bot.migrations.scope import is_described


def described(name, kind, _parents):
    return is_described(name, kind)


def test_the_migrations_make_exactly_the_tables_of_the_code(postgres_url):
    assert tables.__all__
    engine = create_engine(async_url(postgres_url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": described})
        differences = compare_metadata(context, Base.metadata)
    engine.dispose()

    assert differences == []
