"""tickets with their whole life"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_IS_OPEN = "status <> 'closed'"
_RANK = "CASE priority WHEN 'urgent' THEN 0 WHEN 'high' THEN 1 ELSE 2 END"

# What tickets of the first version get in columns that may not be empty.
_FILLED: tuple[tuple[str, sa.types.TypeEngine[Any], str], ...] = (
    (
        "flow",
        sa.String(),
        "CASE WHEN kind <> 'service' THEN kind WHEN category IN ('suggestion', 'praise', 'privacy', 'fraud') "
        "THEN 'feedback' ELSE 'standard' END",
    ),
    ("cause", sa.String(), "'consultation'"),
    ("service_class", sa.String(), "'normal'"),
    ("case_key", sa.String(), "coalesce(waybill_no, 'customer:' || customer_id)"),
    ("channel", sa.String(), "''"),
    ("party", sa.String(), "''"),
    ("urges", sa.BigInteger(), "0"),
    ("escalations", sa.BigInteger(), "0"),
    ("sent_backs", sa.BigInteger(), "0"),
    ("reopened", sa.BigInteger(), "0"),
    ("version", sa.BigInteger(), "(SELECT count(*) FROM ticket_events WHERE ticket_no = tickets.ticket_no)"),
    ("tier", sa.String(), "'headquarters'"),
    ("across_provinces", sa.Boolean(), "false"),
    ("vip", sa.Boolean(), "false"),
    ("calendar", sa.String(), "'headquarters'"),
)
_EMPTY: tuple[tuple[str, sa.types.TypeEngine[Any]], ...] = (
    ("parent_no", sa.String()),
    ("merged_into", sa.String()),
    ("reporter_unit", sa.String()),
    ("outcome", sa.String()),
    ("owner_unit", sa.String()),
    ("outlet", sa.String()),
    ("province", sa.String()),
    ("assignee", sa.String()),
    ("handled_by", sa.String()),
    ("reviewed_by", sa.String()),
    ("admitted_by", sa.String()),
    ("liable_unit", sa.String()),
    ("finding", sa.String()),
    ("ruled_by", sa.String()),
    ("satisfied", sa.Boolean()),
    ("accepted_at", _MOMENT),
    ("handled_at", _MOMENT),
    ("closed_at", _MOMENT),
    ("paused_at", _MOMENT),
    ("pause_reason", sa.String()),
    ("respond_due_at", _MOMENT),
    ("respond_urged_at", _MOMENT),
    ("warn_at", _MOMENT),
    ("escalate_at", _MOMENT),
    ("window_until", _MOMENT),
    ("paused_until", _MOMENT),
    ("regulator_due_at", _MOMENT),
    ("regulator_warn_at", _MOMENT),
    ("follow_up_at", _MOMENT),
    ("follow_up_asked_at", _MOMENT),
    ("next_tick_at", _MOMENT),
)
_INDEXES: tuple[tuple[str, tuple[str, ...], str | None], ...] = (
    ("ix_tickets_tick", ("next_tick_at",), "next_tick_at IS NOT NULL"),
    ("ix_tickets_open_due", ("due_at", "ticket_no"), _IS_OPEN),
    ("ix_tickets_open_rank", ("priority_rank", "due_at", "ticket_no"), _IS_OPEN),
    ("ix_tickets_open_owner_due", ("owner_unit", "due_at", "ticket_no"), _IS_OPEN),
    ("ix_tickets_open_owner_rank", ("owner_unit", "priority_rank", "due_at", "ticket_no"), _IS_OPEN),
    ("ix_tickets_open_assignee_due", ("assignee", "due_at", "ticket_no"), _IS_OPEN),
    ("ix_tickets_open_assignee_rank", ("assignee", "priority_rank", "due_at", "ticket_no"), _IS_OPEN),
    ("ix_tickets_open_province_due", ("province", "due_at", "ticket_no"), _IS_OPEN),
    ("ix_tickets_open_province_rank", ("province", "priority_rank", "due_at", "ticket_no"), _IS_OPEN),
    ("ix_tickets_open_kind_due", ("kind", "tier", "due_at", "ticket_no"), _IS_OPEN),
    ("ix_tickets_opened_at_ticket_no", ("opened_at", "ticket_no"), None),
    ("ix_tickets_owner_unit_opened_at_ticket_no", ("owner_unit", "opened_at", "ticket_no"), None),
    ("ix_tickets_province_opened_at_ticket_no", ("province", "opened_at", "ticket_no"), None),
    ("ix_tickets_customer_id_opened_at", ("customer_id", "opened_at"), None),
    ("ix_tickets_waybill_no", ("waybill_no",), None),
    ("ix_tickets_outlet", ("outlet",), "outlet IS NOT NULL"),
    ("ix_tickets_parent_no", ("parent_no",), "parent_no IS NOT NULL"),
)


def upgrade() -> None:
    _widen_tickets()
    _widen_events()
    op.create_table(
        "rulings",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("ticket_no", sa.String(), nullable=False),
        sa.Column("about_no", sa.String(), nullable=False),
        sa.Column("effect", sa.String(), nullable=False),
        sa.Column("finding", sa.String(), nullable=False),
        sa.Column("liable_unit", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("because", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["ticket_no"], ["tickets.ticket_no"], name=op.f("fk_rulings_ticket_no")),
        sa.ForeignKeyConstraint(["about_no"], ["tickets.ticket_no"], name=op.f("fk_rulings_about_no")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rulings")),
        sa.UniqueConstraint("ticket_no", name=op.f("uq_rulings_ticket_no")),
    )
    op.create_index(op.f("ix_rulings_about_no"), "rulings", ["about_no"], unique=False)
    op.create_table(
        "ticket_appeals",
        sa.Column("about_no", sa.String(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("appeal_no", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["about_no"], ["tickets.ticket_no"], name=op.f("fk_ticket_appeals_about_no")),
        sa.ForeignKeyConstraint(["appeal_no"], ["tickets.ticket_no"], name=op.f("fk_ticket_appeals_appeal_no")),
        sa.PrimaryKeyConstraint("about_no", "party", name=op.f("pk_ticket_appeals")),
    )
    op.create_table(
        "ticket_requests",
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("who", "key", name=op.f("pk_ticket_requests")),
    )
    op.create_index(op.f("ix_ticket_requests_at"), "ticket_requests", ["at"], unique=False)


def _widen_tickets() -> None:
    for name in ("customer_id", "conversation_id"):
        op.alter_column("tickets", name, nullable=True)
    for name, kind in _EMPTY:
        op.add_column("tickets", sa.Column(name, kind, nullable=True))
    for name, kind, _ in _FILLED:
        op.add_column("tickets", sa.Column(name, kind, nullable=True))
    values = ", ".join(f"{name} = {value}" for name, _, value in _FILLED)
    op.execute(f"UPDATE tickets SET {values}")  # noqa: S608 - constants above
    op.execute(f"UPDATE tickets SET escalate_at = due_at, next_tick_at = due_at WHERE {_IS_OPEN}")  # noqa: S608
    op.execute("UPDATE tickets SET outcome = 'resolved', closed_at = updated_at WHERE status = 'closed'")
    for name, _, _ in _FILLED:
        op.alter_column("tickets", name, nullable=False)
    op.add_column(
        "tickets", sa.Column("priority_rank", sa.BigInteger(), sa.Computed(_RANK, persisted=True), nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_tickets_open_has_tick"), "tickets", "status = 'closed' OR next_tick_at IS NOT NULL"
    )
    for name in ("parent_no", "merged_into"):
        op.create_foreign_key(op.f(f"fk_tickets_{name}"), "tickets", "tickets", [name], ["ticket_no"])
    for name in ("ix_tickets_customer_id", "ix_tickets_status", "uq_tickets_open_case"):
        op.drop_index(op.f(name), table_name="tickets")
    op.create_index(
        "uq_tickets_open_case", "tickets", ["case_key", "category"], unique=True, postgresql_where=sa.text(_IS_OPEN)
    )
    for name, columns, where in _INDEXES:
        op.create_index(
            op.f(name), "tickets", list(columns), unique=False, postgresql_where=sa.text(where) if where else None
        )


def _widen_events() -> None:
    for name, kind in (("role", sa.String()), ("unit", sa.String()), ("seq", sa.BigInteger()), ("why", sa.String())):
        op.add_column("ticket_events", sa.Column(name, kind, nullable=True))
    for name in ("because", "changed"):
        op.add_column("ticket_events", sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.execute(
        "UPDATE ticket_events SET why = '', because = '[]', changed = '{}', seq = counted.seq FROM "
        "(SELECT id, row_number() OVER (PARTITION BY ticket_no ORDER BY at, id) AS seq FROM ticket_events) AS counted "
        "WHERE counted.id = ticket_events.id"
    )
    for name in ("seq", "why", "because", "changed"):
        op.alter_column("ticket_events", name, nullable=False)
    op.drop_index(op.f("ix_ticket_events_ticket_no"), table_name="ticket_events")
    op.create_unique_constraint(op.f("uq_ticket_events_ticket_no_seq"), "ticket_events", ["ticket_no", "seq"])


def downgrade() -> None:
    for table in ("ticket_requests", "ticket_appeals", "rulings"):
        op.drop_table(table)
    op.drop_constraint(op.f("uq_ticket_events_ticket_no_seq"), "ticket_events")
    op.create_index(op.f("ix_ticket_events_ticket_no"), "ticket_events", ["ticket_no"], unique=False)
    for name in ("changed", "because", "why", "seq", "unit", "role"):
        op.drop_column("ticket_events", name)
    for name, _, _ in reversed(_INDEXES):
        op.drop_index(op.f(name), table_name="tickets")
    op.drop_index("uq_tickets_open_case", table_name="tickets")
    op.drop_constraint(op.f("ck_tickets_open_has_tick"), "tickets")
    for name in ("priority_rank", *(name for name, _, _ in _FILLED), *(name for name, _ in _EMPTY)):
        op.drop_column("tickets", name)
    # The first version knows no ticket without a customer.
    op.execute("DELETE FROM ticket_events WHERE ticket_no IN (SELECT ticket_no FROM tickets WHERE customer_id IS NULL)")
    op.execute("DELETE FROM tickets WHERE customer_id IS NULL")
    for name in ("conversation_id", "customer_id"):
        op.alter_column("tickets", name, nullable=False)
    op.create_index(op.f("ix_tickets_customer_id"), "tickets", ["customer_id"], unique=False)
    op.create_index(op.f("ix_tickets_status"), "tickets", ["status"], unique=False)
    op.create_index(
        "uq_tickets_open_case",
        "tickets",
        ["waybill_no", "category"],
        unique=True,
        postgresql_where=sa.text("status <> 'closed' AND waybill_no IS NOT NULL"),
    )
