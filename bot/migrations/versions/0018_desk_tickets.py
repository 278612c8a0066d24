"""saved filters and columns of ticket lists; who opened a ticket is found quickly"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_ticket_filters",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", postgresql.JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_ticket_filters")),
    )
    for column in ("owner", "team"):
        op.create_index(op.f(f"ix_saved_ticket_filters_{column}"), "saved_ticket_filters", [column])
    op.create_table(
        "ticket_column_choices",
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("columns", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("username", name=op.f("pk_ticket_column_choices")),
    )
    op.create_index(
        "ix_ticket_events_opened_by",
        "ticket_events",
        ["by", "ticket_no"],
        postgresql_where=sa.text("what = 'opened'"),
    )


def downgrade() -> None:
    op.drop_index("ix_ticket_events_opened_by", table_name="ticket_events")
    op.drop_table("ticket_column_choices")
    op.drop_table("saved_ticket_filters")
