"""supervisors: quality samples and score sheets"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLES = ("quality_objections", "quality_scores", "quality_samples", "quality_draws", "quality_editions")


def upgrade() -> None:
    op.create_table(
        "quality_editions",
        *_texts("kind", "name"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        _document("content"),
        *_texts("note", "by"),
        _moment("at"),
        sa.PrimaryKeyConstraint("kind", "name", "version", name=op.f("pk_quality_editions")),
    )
    op.create_table(
        "quality_draws",
        sa.Column("id", sa.Uuid(), nullable=False),
        _moment("since"),
        _moment("until"),
        sa.Column("plan_version", sa.BigInteger(), nullable=False),
        *_texts("seed"),
        _document("candidates"),
        *_texts("by"),
        _moment("at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_draws")),
        sa.UniqueConstraint("since", "until", name=op.f("uq_quality_draws_since_until")),
    )
    _samples()
    _scores()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _samples() -> None:
    op.create_table(
        "quality_samples",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("draw_id", sa.Uuid(), nullable=True),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("move_id", sa.BigInteger(), nullable=False),
        *_texts("agent"),
        *_texts("team", nullable=True),
        *_texts("channel"),
        _moment("served_at"),
        _moment("ended_at", nullable=True),
        _document("because"),
        *_texts("sheet", "state"),
        sa.Column("scorers_wanted", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.Float(), nullable=True),
        _moment("scored_at", nullable=True),
        *_texts("made_by"),
        _moment("made_at"),
        _to("quality_samples", "draw_id", "quality_draws.id"),
        _to("quality_samples", "conversation_id", "conversations.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_samples")),
        sa.UniqueConstraint("move_id", name=op.f("uq_quality_samples_move_id")),
    )
    for columns in (
        ["conversation_id"],
        ["state", "served_at", "id"],
        ["agent", "served_at", "id"],
        ["served_at", "id"],
    ):
        op.create_index(op.f(f"ix_quality_samples_{'_'.join(columns)}"), "quality_samples", columns)


def _scores() -> None:
    op.create_table(
        "quality_scores",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        *_texts("scorer", "sheet"),
        sa.Column("sheet_version", sa.BigInteger(), nullable=False),
        *(_document(name) for name in ("marks", "failed", "remarks")),
        *_texts("comment"),
        sa.Column("total", sa.Float(), nullable=False),
        _moment("at"),
        _to("quality_scores", "sample_id", "quality_samples.id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_scores")),
        sa.UniqueConstraint("sample_id", "scorer", name=op.f("uq_quality_scores_sample_id_scorer")),
    )
    op.create_table(
        "quality_objections",
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        *_texts("by", "text"),
        _moment("at"),
        sa.Column("total_before", sa.Float(), nullable=False),
        sa.Column("upheld", sa.Boolean(), nullable=True),
        *_texts("answer"),
        *_texts("answered_by", nullable=True),
        _moment("answered_at", nullable=True),
        _to("quality_objections", "sample_id", "quality_samples.id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("sample_id", name=op.f("pk_quality_objections")),
    )


def _to(table: str, column: str, other: str, *, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [other], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _texts(*names: str, nullable: bool = False) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.String(), nullable=nullable) for name in names]


def _document(name: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(), nullable=False)
