"""ratings, read receipts, web accounts and links, the callback channel"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = (
    "callback_modes",
    "callback_accounts",
    "continue_links",
    "web_accounts",
    "read_receipts",
    "conversation_ratings",
)


def upgrade() -> None:
    _conversations()
    _web()
    _callback()


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _conversation(table: str) -> tuple[sa.Column[object], sa.ForeignKeyConstraint]:
    name = op.f(f"fk_{table}_conversation_id")
    return (
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=name),
    )


def _conversations() -> None:
    op.create_table(
        "conversation_ratings",
        *_conversation("conversation_ratings"),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("agent_name", sa.String(), nullable=True),
        sa.Column("score", sa.BigInteger(), nullable=True),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        _moment("offered_at"),
        _moment("answered_at", nullable=True),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name=op.f("pk_conversation_ratings")),
    )
    op.create_index(op.f("ix_conversation_ratings_offered_at"), "conversation_ratings", ["offered_at"])
    op.create_table(
        "read_receipts",
        *_conversation("read_receipts"),
        sa.Column("up_to_seq", sa.BigInteger(), nullable=False),
        _moment("at"),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_read_receipts")),
    )


def _web() -> None:
    op.create_table(
        "web_accounts",
        sa.Column("visitor", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        _moment("at"),
        sa.PrimaryKeyConstraint("visitor", name=op.f("pk_web_accounts")),
    )
    op.create_index(op.f("ix_web_accounts_user_id"), "web_accounts", ["user_id"])
    op.create_table(
        "continue_links",
        sa.Column("code_hash", sa.String(), nullable=False),
        *_conversation("continue_links"),
        _moment("made_at"),
        _moment("expires_at"),
        sa.Column("used_by", sa.String(), nullable=True),
        _moment("used_at", nullable=True),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_continue_links")),
    )
    op.create_index(op.f("ix_continue_links_expires_at"), "continue_links", ["expires_at"])


def _callback() -> None:
    op.create_table(
        "callback_accounts",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("vouches", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        _moment("created_at"),
        sa.Column("changed_by", sa.String(), nullable=True),
        _moment("changed_at", nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_callback_accounts")),
    )
    op.create_table(
        "callback_modes",
        *_conversation("callback_modes"),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("agent_name", sa.String(), nullable=True),
        _moment("at"),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_callback_modes")),
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
