"""months of summaries, quick search and quick tracks, and the rules that judged a waybill

Summaries are split by month; what was there goes to the partitions of its months.  The index of scans holds all that
the facts of a track are read from.  Open tickets are found by pairs of letters, with no extension of the server.
States know the digest of the rules that judged them; those of before have none, so the next sweep looks at them once.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_SUMMARY = "id, conversation_id, turn, waybill_no, wrap_up_code, text, by, at"
_SCAN_KEY = "PRIMARY KEY (waybill_no, at, kind, outlet_code)"
_OFTEN = "autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 500000"
_PAIRS = """
    CREATE FUNCTION pairs_of_letters(words text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT coalesce(array_agg(DISTINCT one || two), '{}')
        FROM (SELECT string_to_array(lower(words), NULL) AS letters) AS split,
            unnest(letters, letters[2:]) AS pair(one, two)
        WHERE two IS NOT NULL
    $$
"""


def upgrade() -> None:
    _split_summaries()
    op.execute("ALTER TABLE checkpoints DROP CONSTRAINT pk_checkpoints")
    op.execute(f"ALTER TABLE checkpoints ADD CONSTRAINT pk_checkpoints {_SCAN_KEY} INCLUDE (told)")
    for table in _partitions("checkpoints"):
        op.execute(f"ALTER TABLE {table} SET ({_OFTEN})")
    op.add_column("waybill_states", sa.Column("rules", sa.String(), server_default="", nullable=False))
    op.execute(_PAIRS)
    is_open = sa.text("status <> 'closed'")
    op.create_index(
        "ix_tickets_open_words",
        "tickets",
        [sa.text("pairs_of_letters(text)")],
        postgresql_using="gin",
        postgresql_where=is_open,
        postgresql_with={"fastupdate": "off"},
    )
    is_merged = sa.text("merged_into IS NOT NULL")
    op.create_index("ix_tickets_merged_into", "tickets", ["merged_into"], postgresql_where=is_merged)
    op.create_index("ix_ticket_appeals_appeal_no", "ticket_appeals", ["appeal_no"])


def _split_summaries() -> None:
    _put_aside()
    op.create_table(
        "service_summaries", *_summary_columns(), sa.PrimaryKeyConstraint("id", "at", name="pk_service_summaries"),
        postgresql_partition_by="RANGE (at)",
    )  # fmt: skip
    for name in ("conversation_id", "turn", "waybill_no"):
        op.create_index(f"ix_service_summaries_{name}", "service_summaries", [name])
    op.execute("CREATE TABLE service_summaries_rest PARTITION OF service_summaries DEFAULT")
    months = "SELECT DISTINCT to_char(at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM') FROM service_summaries_before"
    for month in op.get_bind().scalars(sa.text(months)).all():
        _make_month(*map(int, month.split("-")))
    _bring_over()


def _make_month(year: int, month: int) -> None:
    following = (year + 1, 1) if month == 12 else (year, month + 1)
    op.execute(
        f"CREATE TABLE service_summaries_y{year:04d}m{month:02d} PARTITION OF service_summaries "
        f"FOR VALUES FROM ('{year:04d}-{month:02d}-01 00:00:00+08') "
        f"TO ('{following[0]:04d}-{following[1]:02d}-01 00:00:00+08')"
    )


def _put_aside() -> None:
    op.rename_table("service_summaries", "service_summaries_before")
    op.execute("ALTER TABLE service_summaries_before RENAME CONSTRAINT pk_service_summaries TO pk_summaries_before")
    for name in ("conversation_id", "waybill_no"):
        op.execute(f"DROP INDEX ix_service_summaries_{name}")


def _bring_over() -> None:
    op.execute(f"INSERT INTO service_summaries ({_SUMMARY}) SELECT {_SUMMARY} FROM service_summaries_before")  # noqa: S608
    op.drop_table("service_summaries_before")


def _summary_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("turn", sa.String(), nullable=False),
        sa.Column("waybill_no", sa.String(), nullable=True),
        sa.Column("wrap_up_code", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
    ]


def _partitions(table: str) -> list[str]:
    name = "CAST(CAST(inhrelid AS regclass) AS text)"
    found = sa.text(f"SELECT {name} FROM pg_inherits WHERE inhparent = to_regclass(:name)")  # noqa: S608
    return list(op.get_bind().scalars(found, {"name": table}).all())


def downgrade() -> None:
    op.drop_index("ix_ticket_appeals_appeal_no", table_name="ticket_appeals")
    op.drop_index("ix_tickets_merged_into", table_name="tickets")
    op.drop_index("ix_tickets_open_words", table_name="tickets")
    op.execute("DROP FUNCTION pairs_of_letters(text)")
    op.drop_column("waybill_states", "rules")
    for table in _partitions("checkpoints"):
        op.execute(f"ALTER TABLE {table} RESET ({_OFTEN.replace(' = 0', '').replace(' = 500000', '')})")
    op.execute("ALTER TABLE checkpoints DROP CONSTRAINT pk_checkpoints")
    op.execute(f"ALTER TABLE checkpoints ADD CONSTRAINT pk_checkpoints {_SCAN_KEY}")
    _put_aside()
    op.execute("DROP INDEX ix_service_summaries_turn")
    op.create_table(
        "service_summaries", *_summary_columns(), sa.PrimaryKeyConstraint("id", name="pk_service_summaries"),
        sa.UniqueConstraint("turn", name="uq_service_summaries_turn"),
    )  # fmt: skip
    for name in ("conversation_id", "waybill_no"):
        op.create_index(f"ix_service_summaries_{name}", "service_summaries", [name])
    _bring_over()
