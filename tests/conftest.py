"""Fixtures for all tests: one embedded PostgreSQL for the run, emptied between tests, and a clock that stands still."""

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg.errors import DeadlockDetected
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot.db import Base, Database
from bot.embedded_postgres import EmbeddedPostgres
from bot.migrations.run import migrate
from bot.rules.shipped import shipped_rules
from bot.waybills.conditions import Conditions
from bot.waybills.intake import Intake, NoMap
from bot.words import Words

settings.register_profile("thorough", max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
os.environ.setdefault("BOT_TUNE_IN_BACKGROUND", "false")


_EMPTY = """
DO $$
DECLARE
  tables text[] := ARRAY[{tables}];
  used text[];
  name text;
  is_used boolean;
BEGIN
  SELECT coalesce(array_agg(DISTINCT counted.refobjid::regclass::text), '{{}}') INTO used
    FROM pg_sequences counter
    JOIN pg_depend counted ON counted.objid = counter.sequencename::regclass AND counted.deptype IN ('a', 'i')
    WHERE counter.last_value IS NOT NULL AND counted.refobjid::regclass::text = ANY(tables);
  FOREACH name IN ARRAY tables LOOP
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I)', name) INTO is_used;
    IF is_used THEN used := used || name; END IF;
  END LOOP;
  IF cardinality(used) > 0 THEN
    EXECUTE 'TRUNCATE ' || array_to_string(used, ', ') || ' RESTART IDENTITY CASCADE';
  END IF;
END $$
"""
"""Empties the tables that have been used, and no others: emptying all takes a tenth of a second."""


class FrozenClock:
    """A clock that moves only when told to."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(datetime(2026, 3, 4, 2, 0, tzinfo=timezone.utc))


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A migrated database: ``TEST_DATABASE_URL``, else an embedded server that goes when the run ends."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        migrate(given)
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="kuaida-test-", ignore_cleanup_errors=True) as folder:
        server = EmbeddedPostgres(Path(folder) / "pg")
        url = server.start()
        _spare_the_disk(url)
        migrate(url)
        yield url
        server.stop()


def _spare_the_disk(url: str) -> None:
    """Nothing here has to outlive the machine's own fall, and a busy disk would hold up a test for seconds."""
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")


@pytest.fixture(scope="session")
async def migrated(postgres_url: str) -> AsyncIterator[Database]:
    database = Database(postgres_url)
    yield database
    await database.close()


@pytest.fixture
async def database(migrated: Database) -> Database:
    """An empty database.  A process of the test before may still be at it, whom a deadlock then stops or us."""
    for _ in range(5):
        try:
            await _empty(migrated)
        except OperationalError as error:
            if not isinstance(error.orig, DeadlockDetected):
                raise
        else:
            return migrated
    pytest.fail("the database could not be emptied: another process goes on writing to it")


async def _empty(database: Database) -> None:
    async with database.transaction() as session:
        names = ", ".join(f"'{table.name}'" for table in Base.metadata.sorted_tables)
        await session.execute(text(_EMPTY.format(tables=names)))


@pytest.fixture
def intake(clock: FrozenClock) -> Intake:
    """The way in for waybills, by the shipped rules, without a map and without consequences."""
    return Intake(Conditions(shipped_rules, clock), shipped_rules, NoMap(), clock)


@pytest.fixture(scope="session")
def words() -> Words:
    folder = Path(__file__).parent.parent / "nlu_data" / "domain"
    return Words.load(folder, carrier="云递速运", hotline="400-888-0000", website="www.example.com")
