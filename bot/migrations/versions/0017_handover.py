"""who has a conversation and why, offers, promises to call back, agents at the desk, key accounts"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_EMPTY = sa.text("'[]'::jsonb")
_MOMENTS = ("state_since", "served_from", "offered_until", "callback_at", "given_back_at", "place_told_at")
_TEXTS = (
    *("team", "offered_to", "wanted", "transfer_note", "callback_ticket"),
    *("given_back_reason", "given_back_note"),
)
_NUMBERS = ("route_priority", "offer_seconds")
_LISTS = ("route_because", "let_pass")
_INDEXES = ("ix_conversations_served", "ix_conversations_callback", "ix_conversations_agent")


def upgrade() -> None:
    _conversations()
    op.create_table(
        "conversation_moves",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("move", "before", "after", "who", "why")),
        sa.Column("agent", sa.String(), nullable=True),
        sa.Column("team", sa.String(), nullable=True),
        sa.Column("lasted_s", sa.Float(), nullable=False),
        _moment("at", nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_conversation_moves_conversation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_moves")),
    )
    for columns in (["conversation_id", "id"], ["move", "at"]):
        op.create_index(op.f(f"ix_conversation_moves_{'_'.join(columns)}"), "conversation_moves", columns)
    _agents()
    op.add_column("customers", sa.Column("is_vip", sa.Boolean(), nullable=False, server_default="false"))
    op.alter_column("customers", "is_vip", server_default=None)


def downgrade() -> None:
    op.execute("UPDATE conversations SET state = 'queued' WHERE state = 'offered'")
    op.drop_column("customers", "is_vip")
    for table in ("agent_changes", "agent_presence", "conversation_moves"):
        op.drop_table(table)
    for name in _INDEXES:
        op.drop_index(name, table_name="conversations")
    for name in (*_MOMENTS, *_TEXTS, *_NUMBERS, *_LISTS, "place_told"):
        op.drop_column("conversations", name)


def _conversations() -> None:
    for name in _MOMENTS:
        op.add_column("conversations", _moment(name))
    for name in _TEXTS:
        op.add_column("conversations", sa.Column(name, sa.String(), nullable=True))
    op.add_column("conversations", sa.Column("place_told", sa.BigInteger(), nullable=True))
    for name in _NUMBERS:
        op.add_column("conversations", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    for name in _LISTS:
        op.add_column("conversations", sa.Column(name, postgresql.JSONB(), nullable=False, server_default=_EMPTY))
    for name in (*_NUMBERS, *_LISTS):
        op.alter_column("conversations", name, server_default=None)
    op.execute(
        "UPDATE conversations SET served_from = queued_at - priority * interval '10 minutes' "
        "WHERE state IN ('queued', 'agent')"
    )
    _index("ix_conversations_served", "served_from", "state IN ('queued', 'offered')")
    _index("ix_conversations_callback", "callback_at", "callback_at IS NOT NULL")
    _index("ix_conversations_agent", "agent", "agent IS NOT NULL")


def _agents() -> None:
    op.create_table(
        "agent_presence",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("username", "state", "why")),
        _moment("since", nullable=False),
        _moment("seen_at"),
        sa.Column("passed", sa.BigInteger(), nullable=False),
        _moment("idle_since", nullable=False),
        _of_agent("agent_presence"),
        sa.PrimaryKeyConstraint("username", name=op.f("pk_agent_presence")),
    )
    op.create_index(
        op.f("ix_agent_presence_seen_at"),
        "agent_presence",
        ["seen_at"],
        postgresql_where=sa.text("seen_at IS NOT NULL"),
    )
    op.create_table(
        "agent_changes",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("username", "before", "after", "who", "why")),
        _moment("at", nullable=False),
        _of_agent("agent_changes"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_changes")),
    )
    op.create_index(op.f("ix_agent_changes_username_at"), "agent_changes", ["username", "at"])


def _of_agent(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["username"], ["agents.username"], name=op.f(f"fk_{table}_username"), ondelete="CASCADE"
    )


def _index(name: str, column: str, where: str) -> None:
    op.create_index(name, "conversations", [column], postgresql_where=sa.text(where))


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
