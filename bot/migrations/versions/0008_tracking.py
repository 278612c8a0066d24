"""tracks of other carriers"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "track_answers",
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("waybill_no", sa.String(), nullable=False),
        sa.Column("phone_tail", sa.String(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refusal", sa.String(), nullable=False),
        sa.Column("track", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("service", "carrier", "waybill_no", "phone_tail", name=op.f("pk_track_answers")),
    )
    op.create_index(op.f("ix_track_answers_tried_at"), "track_answers", ["tried_at"], unique=False)
    op.create_table(
        "pushed_tracks",
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("waybill_no", sa.String(), nullable=False),
        sa.Column("checkpoints", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("subscribed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended", sa.String(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("corrected_to", sa.String(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("carrier", "waybill_no", name=op.f("pk_pushed_tracks")),
    )
    op.create_index(op.f("ix_pushed_tracks_changed_at"), "pushed_tracks", ["changed_at"], unique=False)
    op.create_table(
        "foreign_inquiries",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("waybill_no", sa.String(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("phone_tail", sa.String(), nullable=False),
        sa.Column("proven_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "waybill_no", name=op.f("pk_foreign_inquiries")),
    )
    op.create_index(op.f("ix_foreign_inquiries_at"), "foreign_inquiries", ["at"], unique=False)
    op.create_index(op.f("ix_foreign_inquiries_waybill_no"), "foreign_inquiries", ["waybill_no"], unique=False)


def downgrade() -> None:
    op.drop_table("foreign_inquiries")
    op.drop_table("pushed_tracks")
    op.drop_table("track_answers")
