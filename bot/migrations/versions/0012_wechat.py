"""WeChat: tokens of Tencent's platforms, followers and their windows, choices, media, consents, replies; WeCom"""

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
    _wecom(moment)


def _wecom(moment: sa.DateTime) -> None:
    """How far messages are stored, sessions and their windows, unionids, media"""
    op.create_table(
        "wecom_cursors",
        sa.Column("open_kfid", sa.String(), nullable=False),
        sa.Column("cursor", sa.String(), nullable=False),
        sa.Column("first_at", moment, nullable=False),
        sa.Column("complete_from", moment, nullable=True),
        sa.PrimaryKeyConstraint("open_kfid", name=op.f("pk_wecom_cursors")),
    )
    op.create_table(
        "wecom_sessions",
        sa.Column("external_userid", sa.String(), nullable=False),
        sa.Column("open_kfid", sa.String(), nullable=False),
        sa.Column("state", sa.BigInteger(), nullable=True),
        sa.Column("servicer", sa.String(), nullable=True),
        sa.Column("state_at", moment, nullable=True),
        sa.Column("seen_at", moment, nullable=False),
        sa.Column("wrote_at", moment, nullable=True),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("last_msgid", sa.String(), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("code_state", sa.BigInteger(), nullable=True),
        sa.Column("code_until", moment, nullable=True),
        sa.Column("tried_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("external_userid", "open_kfid", name=op.f("pk_wecom_sessions")),
    )
    op.create_index(
        op.f("ix_wecom_sessions_state_at"),
        "wecom_sessions",
        ["state_at"],
        unique=False,
        postgresql_where=sa.text("state IN (2, 3)"),
    )
    op.create_table(
        "wecom_customers",
        sa.Column("external_userid", sa.String(), nullable=False),
        sa.Column("unionid", sa.String(), nullable=True),
        sa.Column("asked_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("external_userid", name=op.f("pk_wecom_customers")),
    )
    op.create_table(
        "wecom_media",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("media_id", sa.String(), nullable=False),
        sa.Column("uploaded_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("sha256", "kind", name=op.f("pk_wecom_media")),
    )


def downgrade() -> None:
    op.drop_table("wecom_media")
    op.drop_table("wecom_customers")
    op.drop_table("wecom_sessions")
    op.drop_table("wecom_cursors")
    op.drop_table("wechat_unsaid")
    op.drop_table("wechat_calls")
    op.drop_table("wechat_carried")
    op.drop_table("wechat_nonces")
    op.drop_table("wechat_consents")
    op.drop_table("wechat_media")
    op.drop_table("wechat_offers")
    op.drop_table("wechat_followers")
    op.drop_table("platform_tokens")
