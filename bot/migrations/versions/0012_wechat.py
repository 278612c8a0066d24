"""WeChat: tokens of Tencent's platforms, followers and their windows, choices, media, consents, passive replies"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "platform_tokens",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("use_until", moment, nullable=False),
        sa.Column("fetched_at", moment, nullable=False),
        sa.Column("refreshed_at", moment, nullable=True),
        sa.Column("forced_at", moment, nullable=True),
        sa.Column("returned", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_platform_tokens")),
    )
    op.create_table(
        "wechat_followers",
        sa.Column("openid", sa.String(), nullable=False),
        sa.Column("follows", sa.Boolean(), nullable=False),
        sa.Column("message_at", moment, nullable=True),
        sa.Column("message_used", sa.BigInteger(), nullable=False),
        sa.Column("event_at", moment, nullable=True),
        sa.Column("event_used", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("place_at", moment, nullable=True),
        sa.Column("place_id", sa.String(), nullable=True),
        sa.Column("unionid", sa.String(), nullable=True),
        sa.Column("asked_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("openid", name=op.f("pk_wechat_followers")),
    )
    op.create_table(
        "wechat_offers",
        sa.Column("openid", sa.String(), nullable=False),
        sa.Column("choice", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("offered_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("openid", "choice", name=op.f("pk_wechat_offers")),
    )
    op.create_table(
        "wechat_media",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("media_id", sa.String(), nullable=False),
        sa.Column("uploaded_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("sha256", "kind", name=op.f("pk_wechat_media")),
    )
    op.create_table(
        "wechat_consents",
        sa.Column("letter", sa.String(), nullable=False),
        sa.Column("template_id", sa.String(), nullable=False),
        sa.Column("openid", sa.String(), nullable=False),
        sa.Column("used_by", sa.Uuid(), nullable=True),
        sa.Column("given_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("letter", "template_id", name=op.f("pk_wechat_consents")),
    )
    op.create_index(
        op.f("ix_wechat_consents_openid_template_id"),
        "wechat_consents",
        ["openid", "template_id"],
        unique=False,
        postgresql_where=sa.text("used_by IS NULL"),
    )
    op.create_table(
        "wechat_nonces",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_wechat_nonces")),
    )
    op.create_index(op.f("ix_wechat_nonces_seen_at"), "wechat_nonces", ["seen_at"], unique=False)
    op.create_table(
        "wechat_carried",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("carrier", sa.Uuid(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("sent_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_wechat_carried")),
    )
    op.create_index(op.f("ix_wechat_carried_at"), "wechat_carried", ["at"], unique=False)
    op.create_index(op.f("ix_wechat_carried_carrier"), "wechat_carried", ["carrier"], unique=False)
    op.create_table(
        "wechat_calls",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("openid", sa.String(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("first_at", moment, nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.Column("reply", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_wechat_calls")),
    )
    op.create_index(op.f("ix_wechat_calls_first_at"), "wechat_calls", ["first_at"], unique=False)
    op.create_index(op.f("ix_wechat_calls_openid"), "wechat_calls", ["openid"], unique=False)
    op.create_table(
        "wechat_unsaid",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("delivery", sa.String(), nullable=False),
        sa.Column("openid", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("given_to", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wechat_unsaid")),
        sa.UniqueConstraint("delivery", name=op.f("uq_wechat_unsaid_delivery")),
    )
    op.create_index(op.f("ix_wechat_unsaid_created_at"), "wechat_unsaid", ["created_at"], unique=False)
    op.create_index(
        "ix_wechat_unsaid_openid",
        "wechat_unsaid",
        ["openid", "id"],
        unique=False,
        postgresql_where=sa.text("given_to IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("wechat_unsaid")
    op.drop_table("wechat_calls")
    op.drop_table("wechat_carried")
    op.drop_table("wechat_nonces")
    op.drop_table("wechat_consents")
    op.drop_table("wechat_media")
    op.drop_table("wechat_offers")
    op.drop_table("wechat_followers")
    op.drop_table("platform_tokens")
