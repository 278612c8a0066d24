"""canned responses, suggestions, notes, presence, scripts, sensitive words, promises and tasks of the desk"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLES = (
    "desk_tasks",
    "service_promises",
    "sensitive_lexicons",
    "conversation_scripts",
    "desk_presence",
    "note_mentions",
    "private_notes",
    "answer_suggestions",
    "canned_uses",
    "canned_versions",
    "canned_responses",
)


def upgrade() -> None:
    _canned()
    _beside_conversations()
    _notes()
    _promises()
    op.create_table(
        "sensitive_lexicons",
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("categories", postgresql.JSONB(), nullable=False),
        *_texts("note", "by"),
        _moment("at"),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_sensitive_lexicons")),
    )
    op.add_column("service_summaries", sa.Column("details", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("service_summaries", "details")
    for table in TABLES:
        op.drop_table(table)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _texts(*names: str, nullable: bool = False) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.String(), nullable=nullable) for name in names]


def _ints(*names: str, nullable: bool = False) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.BigInteger(), nullable=nullable) for name in names]


def _ref(
    table: str, name: str, to: str, *, nullable: bool = False
) -> tuple[sa.Column[object], sa.ForeignKeyConstraint]:
    return (
        sa.Column(name, sa.Uuid(), nullable=nullable),
        sa.ForeignKeyConstraint([name], [f"{to}.id"], name=op.f(f"fk_{table}_{name}")),
    )


def _key(table: str, *names: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*names, name=op.f(f"pk_{table}"))


def _index(table: str, *names: str, where: str | None = None) -> None:
    condition = sa.text(where) if where else None
    op.create_index(op.f(f"ix_{table}_{'_'.join(names)}"), table, list(names), postgresql_where=condition)


def _canned() -> None:
    op.create_table(
        "canned_responses",
        sa.Column("id", sa.Uuid(), nullable=False),
        *_texts("scope", "owner", "folder", "shortcut", "title", "text"),
        *_ints("version"),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        *_texts("changed_by"),
        _moment("changed_at"),
        _key("canned_responses", "id"),
    )
    op.create_index(
        "uq_canned_responses_shortcut",
        "canned_responses",
        ["scope", "owner", "shortcut"],
        unique=True,
        postgresql_where=sa.text("is_active AND shortcut <> ''"),
    )
    _index("canned_responses", "scope", "owner")
    op.create_table(
        "canned_versions",
        *_ref("canned_versions", "response_id", "canned_responses"),
        *_ints("version"),
        *_texts("what", "folder", "shortcut", "title", "text", "by"),
        _moment("at"),
        _key("canned_versions", "response_id", "version"),
    )
    op.create_table(
        "canned_uses",
        *_texts("username"),
        *_ref("canned_uses", "response_id", "canned_responses"),
        *_ints("times"),
        _moment("last_at"),
        _key("canned_uses", "username", "response_id"),
    )


def _beside_conversations() -> None:
    op.create_table(
        "answer_suggestions",
        sa.Column("id", sa.Uuid(), nullable=False),
        *_ref("answer_suggestions", "conversation_id", "conversations"),
        *_ints("seq"),
        *_texts("topic", "text"),
        *_ints("rank"),
        sa.Column("confidence", sa.Float(), nullable=False),
        *_texts("shown_to"),
        _moment("shown_at"),
        *_texts("outcome", nullable=True),
        sa.Column("likeness", sa.Float(), nullable=True),
        *_ints("said_seq", nullable=True),
        _moment("decided_at", nullable=True),
        _key("answer_suggestions", "id"),
        sa.UniqueConstraint(
            "conversation_id", "seq", "topic", name=op.f("uq_answer_suggestions_conversation_id_seq_topic")
        ),
    )
    _index("answer_suggestions", "topic", "shown_at")
    op.create_table(
        "desk_presence",
        *_ref("desk_presence", "conversation_id", "conversations"),
        *_texts("username", "tab", "name"),
        _moment("since"),
        _moment("seen_at"),
        _moment("typing_at", nullable=True),
        _key("desk_presence", "conversation_id", "username", "tab"),
    )
    _index("desk_presence", "seen_at")
    op.create_table(
        "conversation_scripts",
        *_ref("conversation_scripts", "conversation_id", "conversations"),
        *_texts("read_in", "answer_in", nullable=True),
        *_texts("by"),
        _moment("at"),
        _key("conversation_scripts", "conversation_id"),
    )


def _notes() -> None:
    op.create_table(
        "private_notes",
        sa.Column("id", sa.Uuid(), nullable=False),
        *_ref("private_notes", "conversation_id", "conversations"),
        *_ints("after_seq"),
        *_texts("by", "by_name", "text"),
        _moment("at"),
        _key("private_notes", "id"),
    )
    _index("private_notes", "conversation_id", "at")
    op.create_table(
        "note_mentions",
        *_ref("note_mentions", "note_id", "private_notes"),
        *_texts("username"),
        _moment("seen_at", nullable=True),
        _key("note_mentions", "note_id", "username"),
    )
    _index("note_mentions", "username", "seen_at")


def _promises() -> None:
    op.create_table(
        "service_promises",
        sa.Column("id", sa.Uuid(), nullable=False),
        *_texts("turn"),
        *_ints("place"),
        *_ref("service_promises", "conversation_id", "conversations"),
        *_texts("waybill_no", nullable=True),
        *_texts("kind", "words", "made_by"),
        _moment("made_at"),
        _moment("confirmed_at"),
        _moment("due_at"),
        *_texts("state"),
        _moment("look_at", nullable=True),
        _moment("settled_at", nullable=True),
        *_texts("because"),
        _key("service_promises", "id"),
        sa.UniqueConstraint("turn", "place", name=op.f("uq_service_promises_turn_place")),
    )
    op.create_index(
        "ix_service_promises_look", "service_promises", ["look_at"], postgresql_where=sa.text("look_at IS NOT NULL")
    )
    _index("service_promises", "conversation_id")
    _index("service_promises", "waybill_no")
    op.create_table(
        "desk_tasks",
        sa.Column("id", sa.Uuid(), nullable=False),
        *_texts("kind"),
        *_ref("desk_tasks", "promise_id", "service_promises", nullable=True),
        *_ref("desk_tasks", "conversation_id", "conversations", nullable=True),
        *_texts("waybill_no", "team", "assignee", nullable=True),
        *_texts("title", "state"),
        _moment("opened_at"),
        _moment("due_at"),
        _moment("taken_at", nullable=True),
        *_texts("done_by", nullable=True),
        _moment("done_at", nullable=True),
        *_texts("done_text"),
        _key("desk_tasks", "id"),
        sa.UniqueConstraint("promise_id", name=op.f("uq_desk_tasks_promise_id")),
    )
    for name in ("assignee", "team"):
        _index("desk_tasks", name, where="state <> 'done'")
