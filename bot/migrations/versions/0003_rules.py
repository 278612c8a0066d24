"""rules; where the people of the desk work"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("agents", sa.Column("unit", sa.String(), nullable=True))
    op.add_column("agents", sa.Column("province", sa.String(), nullable=True))
    op.create_table(
        "rule_versions",
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("based_on", sa.BigInteger(), nullable=False),
        sa.Column("restores", sa.BigInteger(), nullable=True),
        sa.Column("shipped", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_rule_versions")),
    )
    op.execute(
        """
        CREATE FUNCTION rule_versions_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'a published version of the rules is never changed or deleted';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON rule_versions "
        "FOR EACH ROW EXECUTE FUNCTION rule_versions_are_kept()"
    )
    op.create_table(
        "rule_decisions",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("because", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_decisions")),
    )
    op.create_index(op.f("ix_rule_decisions_at"), "rule_decisions", ["at"], unique=False)
    op.create_index(op.f("ix_rule_decisions_subject"), "rule_decisions", ["subject"], unique=False)
    op.create_index(op.f("ix_rule_decisions_table_name_id"), "rule_decisions", ["table_name", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("rule_decisions")
    op.drop_table("rule_versions")
    op.execute("DROP FUNCTION rule_versions_are_kept()")
    op.drop_column("agents", "province")
    op.drop_column("agents", "unit")
