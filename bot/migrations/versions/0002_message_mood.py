"""the mood of messages, and the queue's order by it"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("sentiment", sa.String(), nullable=True))
    op.add_column("messages", sa.Column("sentiment_confidence", sa.Float(), nullable=True))
    op.add_column("messages", sa.Column("urgency", sa.String(), nullable=True))
    op.add_column("messages", sa.Column("urgency_confidence", sa.Float(), nullable=True))
    op.add_column("conversations", sa.Column("sentiment", sa.String(), nullable=True))
    op.add_column("conversations", sa.Column("urgency", sa.String(), nullable=True))
    op.add_column("conversations", sa.Column("priority", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("conversations", sa.Column("person_offered_at", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("conversations", "priority", server_default=None)


def downgrade() -> None:
    for column in ("person_offered_at", "priority", "urgency", "sentiment"):
        op.drop_column("conversations", column)
    for column in ("urgency_confidence", "urgency", "sentiment_confidence", "sentiment"):
        op.drop_column("messages", column)
