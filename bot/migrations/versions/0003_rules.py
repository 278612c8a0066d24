"""rules; where the people of the desk work"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("agents", sa.Column("unit", sa.String(), nullable=True))
    op.add_column("agents", sa.Column("province", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("agents", "province")
    op.drop_column("agents", "unit")
