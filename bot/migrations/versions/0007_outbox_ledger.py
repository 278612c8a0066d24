"""events out, jobs and the ledger"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from bot.migrations.procrastinate_schema import SCHEMA

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# A worker looks for the next job whose lock is free; with 50,000 waiting this makes it several times as fast.
_LOCK_INDEX = "CREATE INDEX ix_procrastinate_jobs_lock ON procrastinate_jobs (lock) WHERE status IN ('todo', 'doing')"

_APPEND_ONLY = (
    """
    CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'table % is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
    END;
    $$
    """,
    """
    CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE ON ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()
    """,
)


def upgrade() -> None:
    # As a whole and without parameters: it is many statements, with percent signs in them.
    op.get_bind().exec_driver_sql(SCHEMA, execution_options={"no_parameters": True})
    op.execute(_LOCK_INDEX)
    _outbox()
    _ledger()
    for statement in _APPEND_ONLY:
        op.execute(statement)


def _outbox() -> None:
    op.create_table(
        "outgoing_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("relayed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_events")),
    )
    op.create_index(op.f("ix_outgoing_events_subject"), "outgoing_events", ["subject"])
    op.create_index(op.f("ix_outgoing_events_at"), "outgoing_events", ["at"])
    op.create_table(
        "webhook_subscriptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("kinds", postgresql.JSONB(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deactivated_by", sa.String(), nullable=True),
        sa.Column("deactivated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deactivated_why", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_subscriptions")),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("last_status", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["outgoing_events.id"], name=op.f("fk_webhook_deliveries_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["webhook_subscriptions.id"],
            name=op.f("fk_webhook_deliveries_subscription_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
        sa.UniqueConstraint("event_id", "subscription_id", name=op.f("uq_webhook_deliveries_event_id_subscription_id")),
    )
    op.create_index(
        op.f("ix_webhook_deliveries_subscription_id_created_at"),
        "webhook_deliveries",
        ["subscription_id", "created_at"],
    )
    op.create_index(
        "ix_webhook_deliveries_dead",
        "webhook_deliveries",
        ["created_at"],
        postgresql_where=sa.text("state = 'dead'"),
    )


def _ledger() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("entry", sa.String(), nullable=False),
        sa.Column("amount", sa.Numeric(14, 2), nullable=False),
        sa.Column("cause", sa.String(), nullable=True),
        sa.Column("ticket_no", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("row", sa.String(), nullable=False),
        sa.Column("reverses", sa.Uuid(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["reverses"], ["ledger_entries.id"], name=op.f("fk_ledger_entries_reverses")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("reverses", name=op.f("uq_ledger_entries_reverses")),
    )
    op.create_index(
        "uq_ledger_entries_once",
        "ledger_entries",
        ["ticket_no", "reference", "row"],
        unique=True,
        postgresql_where=sa.text("reverses IS NULL"),
    )
    op.create_index(op.f("ix_ledger_entries_unit_month"), "ledger_entries", ["unit", "month"])
    op.create_index(op.f("ix_ledger_entries_month"), "ledger_entries", ["month"])


def downgrade() -> None:
    for table in ("ledger_entries", "webhook_deliveries", "webhook_subscriptions", "outgoing_events"):
        op.drop_table(table)
    op.execute("DROP FUNCTION ledger_refuse_change()")
    _drop_procrastinate()


def _drop_procrastinate() -> None:
    """Its tables, then whatever else bears its name."""
    for table in ("events", "periodic_defers", "jobs", "workers"):
        op.execute(f"DROP TABLE procrastinate_{table} CASCADE")
    op.execute(
        """
        DO $$
        DECLARE found record;
        BEGIN
            FOR found IN SELECT oid::regprocedure AS name FROM pg_proc
                WHERE proname LIKE 'procrastinate\\_%' AND pronamespace = current_schema()::regnamespace
            LOOP EXECUTE 'DROP FUNCTION ' || found.name; END LOOP;
        END $$
        """
    )
    for kind in ("job_to_defer_v1", "job_event_type", "job_status"):
        op.execute(f"DROP TYPE procrastinate_{kind}")
