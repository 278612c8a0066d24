"""what the bot did not understand, grouped"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_conversations_updated_at", "conversations", ["updated_at", "id"])
    op.create_index(
        "ix_conversation_ratings_low",
        "conversation_ratings",
        ["answered_at", "conversation_id"],
        postgresql_where=sa.text("score <= 2 AND about = 'bot'"),
    )
    _groups()
    _mends()
    _misses()
    op.create_table(
        "miss_vectors",
        sa.Column("miss_id", sa.BigInteger(), nullable=False),
        sa.Column("encoder", sa.String(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["miss_id"], ["misses.id"], name=op.f("fk_miss_vectors_miss_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("miss_id", name=op.f("pk_miss_vectors")),
    )
    op.create_table(
        "miss_reads",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_miss_reads_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_miss_reads")),
    )
    op.create_table(
        "miss_cursors",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("place", sa.Uuid(), nullable=True),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.Column("encoder", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_miss_cursors")),
    )


def downgrade() -> None:
    for table in ("miss_cursors", "miss_reads", "miss_vectors", "misses", "miss_mends", "miss_groups"):
        op.drop_table(table)
    op.drop_index("ix_conversation_ratings_low", table_name="conversation_ratings")
    op.drop_index("ix_conversations_updated_at", table_name="conversations")


def _groups() -> None:
    op.create_table(
        "miss_groups",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("total", sa.LargeBinary(), nullable=False),
        sa.Column("weight", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.BigInteger(), nullable=False),
        sa.Column("newest_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("votes", postgresql.JSONB(), nullable=False),
        sa.Column("target", sa.String(), nullable=True),
        sa.Column("agree", sa.BigInteger(), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_miss_groups")),
    )
    op.create_index(
        "ix_miss_groups_open", "miss_groups", [sa.text("open DESC"), "id"], postgresql_where=sa.text("open > 0")
    )


def _mends() -> None:
    op.create_table(
        "miss_mends",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=True),
        sa.Column("texts", postgresql.JSONB(), nullable=False),
        sa.Column("commit", sa.String(), nullable=True),
        sa.Column("misses", sa.BigInteger(), nullable=False),
        sa.Column("waited_s", sa.Float(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_by", sa.String(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_miss_mends")),
    )
    op.create_index(op.f("ix_miss_mends_by_at"), "miss_mends", ["by", "at"])
    op.create_index(op.f("ix_miss_mends_at"), "miss_mends", ["at"])


def _misses() -> None:
    op.create_table(
        "misses",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("marks", postgresql.JSONB(), nullable=False),
        sa.Column("causes", postgresql.JSONB(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("outlet", sa.String(), nullable=True),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("condition", sa.String(), nullable=True),
        sa.Column("intent", sa.String(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("ranking", postgresql.JSONB(), nullable=False),
        sa.Column("offered", postgresql.JSONB(), nullable=False),
        sa.Column("chosen", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=True),
        sa.Column("mend_id", sa.Uuid(), nullable=True),
        sa.Column("mended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mended_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_misses_conversation_id")),
        sa.ForeignKeyConstraint(["group_id"], ["miss_groups.id"], name=op.f("fk_misses_group_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["mend_id"], ["miss_mends.id"], name=op.f("fk_misses_mend_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_misses")),
        sa.UniqueConstraint("conversation_id", "seq", name=op.f("uq_misses_conversation_id_seq")),
    )
    op.create_index(op.f("ix_misses_state_at_id"), "misses", ["state", "at", "id"])
    op.create_index(op.f("ix_misses_group_id_state_at_id"), "misses", ["group_id", "state", "at", "id"])
    op.create_index("ix_misses_recent", "misses", ["at", "group_id"])
    op.create_index(op.f("ix_misses_mend_id"), "misses", ["mend_id"], postgresql_where=sa.text("mend_id IS NOT NULL"))
