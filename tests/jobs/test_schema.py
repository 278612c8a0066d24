"""The schema of the queue comes from our migrations; procrastinate must find its own in it."""

from procrastinate.schema import SchemaManager
from sqlalchemy import text

from bot.migrations.procrastinate_schema import SCHEMA

_OURS = {"ix_procrastinate_jobs_lock"}
_QUERIES = {
    "columns": "SELECT table_name, column_name, data_type, column_default, is_nullable FROM information_schema.columns"
    " WHERE table_schema = :schema AND table_name LIKE 'procrastinate%'",
    "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = :schema"
    " AND tablename LIKE 'procrastinate%'",
    "functions": "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = CAST(:schema AS regnamespace)"
    " AND proname LIKE 'procrastinate%'",
    "triggers": "SELECT tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid"
    " WHERE relnamespace = CAST(:schema AS regnamespace) AND relname LIKE 'procrastinate%' AND NOT tgisinternal",
    "values": "SELECT typname, enumlabel FROM pg_enum JOIN pg_type ON pg_type.oid = enumtypid"
    " WHERE typnamespace = CAST(:schema AS regnamespace) AND typname LIKE 'procrastinate%'",
}


async def described(connection, schema):
    """Everything of a schema that bears procrastinate's name, without the name of the schema."""
    found = {}
    for what, query in _QUERIES.items():
        rows = await connection.execute(text(query), {"schema": schema})
        cells = {tuple(str(cell).replace(f"{schema}.", "") for cell in row) for row in rows}
        found[what] = sorted(row for row in cells if row[0] not in _OURS)
    return found


async def test_the_migrated_schema_is_that_of_the_procrastinate_installed(database):
    async with database.engine.connect() as connection:
        migrated = await described(connection, "public")
        await connection.execute(text("CREATE SCHEMA fresh"))
        await connection.execute(text("SET LOCAL search_path TO fresh"))
        await connection.exec_driver_sql(SchemaManager.get_schema(), execution_options={"no_parameters": True})
        shipped = await described(connection, "fresh")
        await connection.rollback()

    assert migrated == shipped
    assert all(migrated.values())


def test_the_copy_in_the_migrations_is_the_original():
    assert SCHEMA.strip() == SchemaManager.get_schema().strip()
