"""SMS: numbers that opted out"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "sms_numbers",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("opted_out_at", moment, nullable=True),
        sa.Column("opted_out_by", sa.String(), nullable=True),
        sa.Column("wrote_at", moment, nullable=True),
        sa.Column("link_at", moment, nullable=True),
        sa.Column("warned_at", moment, nullable=True),
        sa.Column("choices", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_sms_numbers")),
    )
    op.create_table(
        "sms_traffic",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sms_traffic")),
    )
    op.create_index("ix_sms_traffic_number_at", "sms_traffic", ["number", "at"])
    op.create_index("ix_sms_traffic_at", "sms_traffic", ["at"])


def downgrade() -> None:
    op.drop_table("sms_traffic")
    op.drop_table("sms_numbers")
