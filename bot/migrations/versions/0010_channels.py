"""delivery to channels, the inbox, doors of conversations"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)

_DOORS = """
    INSERT INTO conversation_doors (channel, address, conversation_id, created_at)
    SELECT DISTINCT ON (i.channel, i.external_id) i.channel, i.external_id, c.id, c.created_at
    FROM identities i JOIN conversations c ON c.customer_id = i.customer_id AND c.channel = i.channel
    ORDER BY i.channel, i.external_id, (c.state = 'ended'), c.created_at DESC
"""
_REPLIES = """
    UPDATE conversations c SET reply_channel = c.channel, reply_address = COALESCE(
        (SELECT i.external_id FROM identities i WHERE i.customer_id = c.customer_id AND i.channel = c.channel
         ORDER BY i.created_at, i.external_id LIMIT 1), '')
"""


def upgrade() -> None:
    _inbox()
    _deliveries()
    _conversations()


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.Column("state", sa.String(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("failing_since", _MOMENT, nullable=True),
        sa.Column("next_at", _MOMENT, nullable=True),
        sa.Column("closed_at", _MOMENT, nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("channel", "key", name=op.f("uq_inbox_channel_key")),
    )
    waiting, aside = sa.text("state = 'waiting'"), sa.text("state = 'aside'")
    op.create_index("ix_inbox_waiting", "inbox", ["channel", "lane", "id"], postgresql_where=waiting)
    op.create_index("ix_inbox_aside", "inbox", ["id"], postgresql_where=aside)
    op.create_index("ix_inbox_closed_at", "inbox", ["closed_at"])


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("channel", "recipient", "lane", "author", "text")),
        sa.Column("buttons", postgresql.JSONB(), nullable=False),
        sa.Column("attachments", postgresql.JSONB(), nullable=False),
        sa.Column("notice_kind", sa.String(), nullable=True),
        sa.Column("notice_values", postgresql.JSONB(), nullable=True),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("parts", sa.BigInteger(), nullable=True),
        sa.Column("parts_sent", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        *(sa.Column(name, _MOMENT, nullable=True) for name in ("sending_since", "failing_since", "next_at")),
        sa.Column("expires_at", _MOMENT, nullable=True),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        *(sa.Column(name, _MOMENT, nullable=True) for name in ("sent_at", "delivered_at", "read_at")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("conversation_id", "seq", name=op.f("uq_deliveries_conversation_id_seq")),
    )
    is_open = sa.text("state IN ('waiting', 'sending', 'held')")
    op.create_index("ix_deliveries_open", "deliveries", ["channel", "lane", "number"], postgresql_where=is_open)
    op.create_index("ix_deliveries_dead", "deliveries", ["number"], postgresql_where=sa.text("state = 'dead'"))
    op.create_index("ix_deliveries_number", "deliveries", ["number"], unique=True)
    op.create_index("ix_deliveries_updated_at", "deliveries", ["updated_at"])
    op.create_table(
        "delivery_parts",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("platform_id", sa.String(), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.Column("sent_at", _MOMENT, nullable=False),
        sa.Column("reported", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_delivery_parts_delivery_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("delivery_id", "part", name=op.f("pk_delivery_parts")),
    )
    op.create_index("ix_delivery_parts_channel_platform_id", "delivery_parts", ["channel", "platform_id"])
    op.create_table(
        "delivery_reports",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("platform_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("channel", "platform_id", "state", name=op.f("pk_delivery_reports")),
    )
    op.create_table(
        "delivery_writers",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("wrote_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("channel", "recipient", name=op.f("pk_delivery_writers")),
    )


def _conversations() -> None:
    op.create_table(
        "conversation_doors",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_conversation_doors_conversation_id")
        ),
        sa.PrimaryKeyConstraint("channel", "address", name=op.f("pk_conversation_doors")),
    )
    op.create_index(op.f("ix_conversation_doors_conversation_id"), "conversation_doors", ["conversation_id"])
    op.add_column("conversations", sa.Column("reply_channel", sa.String(), nullable=True))
    op.add_column("conversations", sa.Column("reply_address", sa.String(), nullable=True))
    op.execute(_DOORS)
    op.execute(_REPLIES)
    op.alter_column("conversations", "reply_channel", nullable=False)
    op.alter_column("conversations", "reply_address", nullable=False)
    # The default fills the rows there are; new ones say it themselves.
    op.add_column("messages", sa.Column("attachments", postgresql.JSONB(), server_default="[]", nullable=False))
    op.alter_column("messages", "attachments", server_default=None)


def downgrade() -> None:
    op.drop_column("messages", "attachments")
    op.drop_column("conversations", "reply_address")
    op.drop_column("conversations", "reply_channel")
    for table in (
        "conversation_doors",
        "delivery_writers",
        "delivery_reports",
        "delivery_parts",
        "deliveries",
        "inbox",
    ):
        op.drop_table(table)
