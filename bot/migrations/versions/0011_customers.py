"""one customer on several channels, consents and notices"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TABLES = (
    "notices",
    "waybill_watches",
    "consents",
    "phone_bindings",
    "phone_codes",
    "channel_preferences",
    "closed_doors",
    "customer_moves",
    "customer_merges",
)


def upgrade() -> None:
    _identities()
    _merges()
    _reach()
    _phones()
    _consents()
    _notices()
    op.create_index(op.f("ix_waybill_instructions_customer_id"), "waybill_instructions", ["customer_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_waybill_instructions_customer_id"), table_name="waybill_instructions")
    for table in _TABLES:
        op.drop_table(table)
    for name in ("via_address", "via_channel"):
        op.drop_column("identities", name)
    op.drop_constraint(op.f("fk_customers_merged_into"), "customers", type_="foreignkey")
    op.drop_column("customers", "merged_into")


def _identities() -> None:
    op.add_column("customers", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_customers_merged_into"), "customers", "customers", ["merged_into"], ["id"])
    for name in ("via_channel", "via_address"):
        op.add_column("identities", sa.Column(name, sa.String(), nullable=True))
    # What was proven so far stood with the customer alone; the first to have proven a phone keeps it.
    op.execute(
        "INSERT INTO identities (channel, external_id, customer_id, created_at) "
        "SELECT DISTINCT ON (verified_phone) 'phone', verified_phone, id, created_at FROM customers "
        "WHERE verified_phone IS NOT NULL ORDER BY verified_phone, created_at, id ON CONFLICT DO NOTHING"
    )


def _merges() -> None:
    op.create_table(
        "customer_merges",
        _id(),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("merged_id", sa.Uuid(), nullable=False),
        _words("proof"),
        _words("proven"),
        _words("via_channel", nullable=True),
        _words("via_address", nullable=True),
        _words("by"),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("after", postgresql.JSONB(), nullable=False),
        _moment("at"),
        _moment("undone_at", nullable=True),
        _words("undone_by", nullable=True),
        _words("undone_why", nullable=True),
        _to_customer("customer_merges", "survivor_id"),
        _to_customer("customer_merges", "merged_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_merges")),
    )
    for name in ("survivor_id", "merged_id"):
        op.create_index(op.f(f"ix_customer_merges_{name}_at"), "customer_merges", [name, "at"])
    op.create_table(
        "customer_moves",
        _id(),
        sa.Column("merge_id", sa.Uuid(), nullable=False),
        _words("table"),
        sa.Column("keys", postgresql.JSONB(), nullable=False),
        _moment("at"),
        sa.ForeignKeyConstraint(["merge_id"], ["customer_merges.id"], name=op.f("fk_customer_moves_merge_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_moves")),
    )
    op.create_index(op.f("ix_customer_moves_merge_id"), "customer_moves", ["merge_id"])


def _reach() -> None:
    op.create_table(
        "closed_doors",
        _words("channel"),
        _words("address"),
        _words("why"),
        _moment("at"),
        sa.PrimaryKeyConstraint("channel", "address", name=op.f("pk_closed_doors")),
    )
    op.create_table(
        "channel_preferences",
        _id(),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        _words("channel", nullable=True),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        _moment("at"),
        _to_customer("channel_preferences"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_preferences")),
    )
    op.create_index(op.f("ix_channel_preferences_customer_id_at"), "channel_preferences", ["customer_id", "at"])


def _phones() -> None:
    op.create_table(
        "phone_codes",
        _id(),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        *(_words(name) for name in ("phone", "source", "digest")),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        _moment("created_at"),
        _moment("expires_at"),
        _moment("used_at", nullable=True),
        _to_customer("phone_codes"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_codes")),
    )
    for name in ("phone", "customer_id"):
        op.create_index(op.f(f"ix_phone_codes_{name}_created_at"), "phone_codes", [name, "created_at"])
    is_known = sa.text("source <> ''")
    op.create_index("ix_phone_codes_source", "phone_codes", ["source", "created_at"], postgresql_where=is_known)
    op.create_table(
        "phone_bindings",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        _words("step", nullable=True),
        _words("phone", nullable=True),
        sa.Column("misses", sa.BigInteger(), nullable=False),
        _words("turn", nullable=True),
        sa.Column("said", postgresql.JSONB(), nullable=False),
        _moment("offered_at", nullable=True),
        _moment("updated_at"),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_phone_bindings")),
    )


def _consents() -> None:
    op.create_table(
        "consents",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        *(_words(name) for name in ("kind", "channel", "subject")),
        sa.Column("agreed", sa.Boolean(), nullable=False),
        *(_words(name) for name in ("how", "by")),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        _moment("at"),
        _to_customer("consents"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_customer_id_id"), "consents", ["customer_id", "id"])
    is_general = sa.text("subject = ''")
    op.create_index("ix_consents_general", "consents", ["customer_id"], postgresql_where=is_general)
    op.create_table(
        "waybill_watches",
        _words("waybill_no"),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        _moment("at"),
        _to_customer("waybill_watches"),
        sa.PrimaryKeyConstraint("waybill_no", "customer_id", name=op.f("pk_waybill_watches")),
    )
    op.create_index(op.f("ix_waybill_watches_customer_id"), "waybill_watches", ["customer_id"])


def _notices() -> None:
    op.create_table(
        "notices",
        _id(),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        *(_words(name) for name in ("kind", "subject", "occasion")),
        sa.Column("values", postgresql.JSONB(), nullable=False),
        *(_moment(name) for name in ("happened_at", "due_at", "expires_at")),
        _words("state"),
        _words("channel", nullable=True),
        _words("recipient", nullable=True),
        sa.Column("told_as", sa.Uuid(), nullable=True),
        sa.Column("tried", postgresql.JSONB(), nullable=False),
        _words("why", nullable=True),
        _moment("created_at"),
        _moment("ended_at", nullable=True),
        _to_customer("notices"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("customer_id", "occasion", name=op.f("uq_notices_customer_id_occasion")),
    )
    waits, told = sa.text("state = 'waiting'"), sa.text("told_as IS NOT NULL")
    op.create_index("ix_notices_waiting", "notices", ["due_at", "customer_id"], postgresql_where=waits)
    op.create_index("ix_notices_told_as", "notices", ["told_as"], postgresql_where=told)
    op.create_index(op.f("ix_notices_subject"), "notices", ["subject"])
    op.create_index(op.f("ix_notices_customer_id_created_at"), "notices", ["customer_id", "created_at"])


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.Uuid(), nullable=False)


def _words(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _to_customer(table: str, column: str = "customer_id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["customers.id"], name=op.f(f"fk_{table}_{column}"))
