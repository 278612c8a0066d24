"""evidence"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Errors of class 23, so that a driver reports them as violations of integrity.
REFUSE_CHANGE = """
CREATE FUNCTION evidence_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: evidence is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = '23001';
END $$
"""
REFUSE_SHRINKING = """
CREATE FUNCTION evidence_refuse_shrinking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.ticket_no <> OLD.ticket_no OR NEW.items <> OLD.items + 1 THEN
        RAISE EXCEPTION '% of % is refused: a record only grows', TG_OP, TG_TABLE_NAME USING ERRCODE = '23001';
    END IF;
    RETURN NEW;
END $$
"""
TRIGGERS = (
    ("evidence_items_append_only", "evidence_items", "UPDATE OR DELETE", "", "evidence_refuse_change"),
    ("attachments_append_only", "attachments", "UPDATE OR DELETE", "", "evidence_refuse_change"),
    ("evidence_heads_only_grow", "evidence_heads", "UPDATE OR DELETE", "", "evidence_refuse_shrinking"),
    ("chains_end_once", "chains", "UPDATE", "WHEN (OLD.ended_at IS NOT NULL)", "evidence_refuse_change"),
)


def upgrade() -> None:
    _create_records()
    _create_chains()
    op.execute(REFUSE_CHANGE)
    op.execute(REFUSE_SHRINKING)
    for name, table, moves, when, function in TRIGGERS:
        op.execute(f"CREATE TRIGGER {name} BEFORE {moves} ON {table} FOR EACH ROW {when} EXECUTE FUNCTION {function}()")


def _create_records() -> None:
    op.create_table(
        "attachments",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("uploaded_by", sa.String(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=True),
        sa.Column("height", sa.BigInteger(), nullable=True),
        sa.Column("original_name", sa.String(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "uploaded_by", name=op.f("pk_attachments")),
    )
    op.create_table(
        "evidence_heads",
        sa.Column("ticket_no", sa.String(), nullable=False),
        sa.Column("items", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("ticket_no", name=op.f("pk_evidence_heads")),
    )
    op.create_table(
        "evidence_items",
        sa.Column("ticket_no", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("attachment", sa.String(), nullable=True),
        sa.Column("media_type", sa.String(), nullable=True),
        sa.Column("file_name", sa.String(), nullable=True),
        sa.Column("snapshot", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("turn", sa.String(), nullable=True),
        sa.Column("previous_hash", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_no", "seq", name=op.f("pk_evidence_items")),
        sa.UniqueConstraint("ticket_no", "turn", name=op.f("uq_evidence_items_ticket_no_turn")),
    )
    op.create_index(op.f("ix_evidence_items_attachment"), "evidence_items", ["attachment"], unique=False)


def _create_chains() -> None:
    op.create_table(
        "chains",
        sa.Column("ticket_no", sa.String(), nullable=False),
        sa.Column("waybill_no", sa.String(), nullable=False),
        sa.Column("window_seconds", sa.BigInteger(), nullable=False),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("holder", sa.BigInteger(), nullable=True),
        sa.Column("window_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("finding", sa.String(), nullable=True),
        sa.Column("decided_at_node", sa.BigInteger(), nullable=True),
        sa.Column("liable", sa.String(), nullable=True),
        sa.Column("liable_unit", sa.String(), nullable=True),
        sa.Column("closes", sa.Boolean(), nullable=True),
        sa.Column("because", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("ticket_no", name=op.f("pk_chains")),
    )
    op.create_index(op.f("ix_chains_waybill_no"), "chains", ["waybill_no"], unique=False)
    op.create_index(
        "ix_chains_running", "chains", ["window_ends_at"], unique=False, postgresql_where=sa.text("ended_at IS NULL")
    )
    op.create_table(
        "chain_nodes",
        sa.Column("ticket_no", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("outlet_code", sa.String(), nullable=False),
        sa.Column("outlet_name", sa.String(), nullable=False),
        sa.Column("tier", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("window_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_no"], ["chains.ticket_no"], name=op.f("fk_chain_nodes_ticket_no"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticket_no", "position", name=op.f("pk_chain_nodes")),
    )
    op.create_index(op.f("ix_chain_nodes_outlet_code"), "chain_nodes", ["outlet_code"], unique=False)
    op.create_index(
        "uq_chain_nodes_holding",
        "chain_nodes",
        ["ticket_no"],
        unique=True,
        postgresql_where=sa.text("state = 'holding'"),
    )


def downgrade() -> None:
    for table in ("chain_nodes", "chains", "evidence_items", "evidence_heads", "attachments"):
        op.drop_table(table)
    op.execute("DROP FUNCTION evidence_refuse_change()")
    op.execute("DROP FUNCTION evidence_refuse_shrinking()")
