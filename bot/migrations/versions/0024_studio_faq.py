"""how often each answer of the knowledge base is given, by day"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "faq_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("uses", "handed_over", "asked_again", "unhelped", "rated", "scores")
        ),
        sa.PrimaryKeyConstraint("day", "topic", name=op.f("pk_faq_days")),
    )
    op.create_table(
        "faq_days_counted",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_faq_days_counted")),
    )
    op.create_table(
        "faq_ages",
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("topic", name=op.f("pk_faq_ages")),
    )


def downgrade() -> None:
    op.drop_table("faq_ages")
    op.drop_table("faq_days_counted")
    op.drop_table("faq_days")
