"""named models, reports, and which share of conversations each serves"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_TEXTS = ("kind", "state", "note", "asked_by", "progress")
_MAYBE_TEXTS = (
    *("commit", "encoder", "model", "tree", "code", "trouble", "cancel_by"),
    *("overridden_by", "overridden_why", "published_by", "left_why"),
)
_MOMENTS = ("began_at", "ended_at", "published_at", "settled_at", "left_at")


def upgrade() -> None:
    op.create_table(
        "studio_releases",
        sa.Column("name", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in _TEXTS),
        *(sa.Column(name, sa.String(), nullable=True) for name in _MAYBE_TEXTS),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in _MOMENTS),
        sa.Column("share", sa.BigInteger(), nullable=False),
        sa.Column("is_up", sa.Boolean(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("log", postgresql.JSONB(), nullable=False),
        sa.Column("changes", postgresql.JSONB(), nullable=False),
        sa.Column("report", postgresql.JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_studio_releases")),
    )
    op.create_index("ix_studio_releases_asked_at", "studio_releases", ["asked_at"])
    op.create_index(
        "ix_studio_releases_stable",
        "studio_releases",
        ["state"],
        unique=True,
        postgresql_where=sa.text("state IN ('stable', 'candidate')"),
    )
    op.add_column("conversations", sa.Column("release", sa.String(), nullable=True))
    op.add_column("conversations", sa.Column("release_since", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_conversations_release",
        "conversations",
        ["release", "release_since"],
        postgresql_where=sa.text("release IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_conversations_release", table_name="conversations")
    op.drop_column("conversations", "release_since")
    op.drop_column("conversations", "release")
    op.drop_table("studio_releases")
