"""evaluation sets made from conversations, labels, test dialogues; counters by hour and day"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_TABLES = (
    *("studio_day_counts", "studio_slice_counts", "studio_slices", "studio_dialogue_runs"),
    *("studio_dialogue_versions", "studio_dialogues", "studio_set_labels", "studio_set_sentences", "studio_sets"),
)


def upgrade() -> None:
    _create_sets()
    _create_dialogues()
    _create_counters()
    op.create_index(
        "ix_messages_created_at",
        "messages",
        ["created_at"],
        postgresql_using="brin",
        postgresql_with={"pages_per_range": "32", "autosummarize": "on"},
    )


def _create_sets() -> None:
    op.create_table(
        "studio_sets",
        sa.Column("id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("name", "about", "made_by")),
        sa.Column("drawn", postgresql.JSONB(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_studio_sets")),
        sa.UniqueConstraint("name", name=op.f("uq_studio_sets_name")),
    )
    op.create_table(
        "studio_set_sentences",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("set_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("no", "band", "labelled")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("text", "text_key", "channel", "state")),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("guess", postgresql.JSONB(), nullable=True),
        *(sa.Column(name, postgresql.JSONB(), nullable=False) for name in ("intents", "entities")),
        *(sa.Column(name, sa.String(), nullable=True) for name in ("topic", "settled_by", "settled_how", "held_by")),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in ("settled_at", "held_until")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_studio_set_sentences")),
        sa.ForeignKeyConstraint(
            ["set_id"], ["studio_sets.id"], name=op.f("fk_studio_set_sentences_set_id"), ondelete="CASCADE"
        ),
    )
    op.create_index(op.f("ix_studio_set_sentences_set_id_state_no"), "studio_set_sentences", ["set_id", "state", "no"])
    op.create_index(op.f("ix_studio_set_sentences_text_key"), "studio_set_sentences", ["text_key"])
    op.create_table(
        "studio_set_labels",
        sa.Column("sentence_id", sa.Uuid(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        *(sa.Column(name, postgresql.JSONB(), nullable=False) for name in ("intents", "entities")),
        sa.Column("topic", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sentence_id", "by", name=op.f("pk_studio_set_labels")),
        sa.ForeignKeyConstraint(
            ["sentence_id"],
            ["studio_set_sentences.id"],
            name=op.f("fk_studio_set_labels_sentence_id"),
            ondelete="CASCADE",
        ),
    )


def _create_dialogues() -> None:
    op.create_table(
        "studio_dialogues",
        sa.Column("id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("name", "changed_by")),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_studio_dialogues")),
        sa.UniqueConstraint("name", name=op.f("uq_studio_dialogues_name")),
    )
    op.create_table(
        "studio_dialogue_versions",
        sa.Column("dialogue_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("script", postgresql.JSONB(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("why", "by")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("dialogue_id", "version", name=op.f("pk_studio_dialogue_versions")),
        sa.ForeignKeyConstraint(
            ["dialogue_id"],
            ["studio_dialogues.id"],
            name=op.f("fk_studio_dialogue_versions_dialogue_id"),
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "studio_dialogue_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("release", "by")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("total", "passed")),
        sa.Column("results", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_studio_dialogue_runs")),
    )
    op.create_index(op.f("ix_studio_dialogue_runs_at"), "studio_dialogue_runs", ["at"])


def _create_counters() -> None:
    op.create_table(
        "studio_slices",
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in ("at", "counted_at")),
        sa.PrimaryKeyConstraint("at", name=op.f("pk_studio_slices")),
    )
    op.create_index(op.f("ix_studio_slices_counted_at"), "studio_slices", ["counted_at"])
    names = ("metric", "channel", "key")
    op.create_table(
        "studio_slice_counts",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in names),
        *_counted(),
        sa.PrimaryKeyConstraint("at", *names, name=op.f("pk_studio_slice_counts")),
    )
    op.create_table(
        "studio_day_counts",
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in names[1:]),
        *_counted(),
        sa.PrimaryKeyConstraint("metric", "day", "channel", "key", name=op.f("pk_studio_day_counts")),
    )


def _counted() -> tuple["sa.Column[int]", "sa.Column[float]"]:
    return sa.Column("n", sa.BigInteger(), nullable=False), sa.Column("total", sa.Float(), nullable=False)


def downgrade() -> None:
    op.drop_index("ix_messages_created_at", table_name="messages")
    for name in _TABLES:
        op.drop_table(name)
