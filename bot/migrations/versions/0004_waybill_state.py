"""the state of waybills, and months as partitions

Waybills, their scans and states are split by month, so that an old month is dropped at once.  What was there is kept;
states begin as version 0, which tells the next sweep to read the track first.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
_FACTS = ("courier_name", "courier_phone", "pickup_place", "pickup_code", "signed_by")


def upgrade() -> None:
    for index in ("status", "consignor_phone", "consignee_phone"):
        op.drop_index(f"ix_waybills_{index}", table_name="waybills")
    _put_aside("waybills")
    _put_aside("checkpoints")
    _make_waybills()
    _make_states()
    _make_changes()
    _make_checkpoints()
    for table in ("waybills", "waybill_states", "condition_changes", "checkpoints"):
        op.execute(f"CREATE TABLE {table}_rest PARTITION OF {table} DEFAULT")
    _bring_over()
    op.drop_table("checkpoints_before")
    op.drop_table("waybills_before")


def _put_aside(table: str) -> None:
    op.rename_table(table, f"{table}_before")
    op.execute(f"ALTER TABLE {table}_before RENAME CONSTRAINT pk_{table} TO pk_{table}_before")


def _make_waybills() -> None:
    op.create_table(
        "waybills",
        sa.Column("waybill_no", sa.String(), nullable=False),
        sa.Column("shipped_at", MOMENT, nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("product", "declared_status")),
        *(sa.Column(name, JSONB(), nullable=False) for name in ("consignor", "consignee")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("consignor_phone", "consignee_phone", "goods")),
        *(sa.Column(name, sa.Double(), nullable=False) for name in ("weight_kg", "freight")),
        sa.Column("collect", sa.Boolean(), nullable=False),
        sa.Column("insured_amount", sa.Double(), nullable=False),
        sa.Column("promised_at", MOMENT, nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("origin_outlet", "destination_outlet", "zone")),
        *(sa.Column(name, sa.String(), nullable=True) for name in _FACTS),
        sa.PrimaryKeyConstraint("waybill_no", "shipped_at", name="pk_waybills"),
        postgresql_partition_by="RANGE (shipped_at)",
    )
    op.create_index("ix_waybills_consignor_phone", "waybills", ["consignor_phone"])
    op.create_index("ix_waybills_consignee_phone", "waybills", ["consignee_phone"])


def _make_states() -> None:
    flags = ("skipped_out_for_delivery", "station_without_consent", "refused_then_delivered", "heading_away")
    op.create_table(
        "waybill_states",
        sa.Column("waybill_no", sa.String(), nullable=False),
        sa.Column("shipped_at", MOMENT, nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("product", "zone")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("origin_outlet", "destination_outlet")),
        sa.Column("station_consent", sa.Boolean(), nullable=True),
        sa.Column("declared_status", sa.String(), nullable=False),
        sa.Column("promised_at", MOMENT, nullable=False),
        *(sa.Column(name, MOMENT, nullable=True) for name in ("agreed_at", "contacted_at", "settled_at")),
        sa.Column("open_tickets", sa.SmallInteger(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("status", "leg")),
        *(sa.Column(name, MOMENT, nullable=False) for name in ("leg_since", "last_at")),
        sa.Column("holding_outlet", sa.String(), nullable=False),
        *(sa.Column(name, sa.SmallInteger(), nullable=False) for name in ("failed_attempts", "loops")),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in flags),
        sa.Column("delivered_at", MOMENT, nullable=True),
        sa.Column("told", JSONB(), nullable=False),
        sa.Column("condition", sa.String(), nullable=False),
        sa.Column("because", JSONB(), nullable=False),
        *(sa.Column(name, MOMENT, nullable=True) for name in ("warn_at", "next_check_at")),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("waybill_no", "shipped_at", name="pk_waybill_states"),
        postgresql_partition_by="RANGE (shipped_at)",
    )
    op.create_index(
        "ix_waybill_states_due",
        "waybill_states",
        ["next_check_at"],
        postgresql_where=sa.text("next_check_at IS NOT NULL"),
    )
    op.create_index(
        "ix_waybill_states_condition",
        "waybill_states",
        ["holding_outlet"],
        postgresql_where=sa.text("condition <> 'normal'"),
    )


def _make_changes() -> None:
    op.create_table(
        "condition_changes",
        sa.Column("waybill_no", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("before", "after", "trigger")),
        *(sa.Column(name, JSONB(), nullable=False) for name in ("because", "facts")),
        sa.PrimaryKeyConstraint("waybill_no", "at", "id", name="pk_condition_changes"),
        postgresql_partition_by="RANGE (at)",
    )


def _make_checkpoints() -> None:
    op.create_table(
        "checkpoints",
        sa.Column("waybill_no", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("kind", "outlet_code", "outlet_name")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("city", "text")),
        sa.Column("told", JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("waybill_no", "at", "kind", "outlet_code", name="pk_checkpoints"),
        postgresql_partition_by="RANGE (at)",
    )


def _bring_over() -> None:
    op.execute(
        f"""INSERT INTO waybills SELECT waybill_no, shipped_at, product, status, consignor, consignee, consignor_phone,
        consignee_phone, goods, weight_kg, freight, collect, insured_amount, promised_at, origin_outlet,
        destination_outlet, '', {", ".join(_FACTS)} FROM waybills_before"""  # noqa: S608
    )
    op.execute(
        """INSERT INTO checkpoints SELECT waybill_no, at, kind, outlet_code, outlet_name, city, text
        FROM checkpoints_before"""
    )
    op.execute(
        """INSERT INTO waybill_states SELECT waybill_no, shipped_at, product, '', origin_outlet, destination_outlet,
        NULL, status, promised_at, NULL, NULL, NULL, 0, status, 'pickup', shipped_at, shipped_at, origin_outlet, 0, 0,
        false, false, false, false, delivered_at, '{}', 'normal', '[]', NULL, now(), 0 FROM waybills_before"""
    )


def downgrade() -> None:
    raise NotImplementedError("months as partitions are not put together again; restore a backup instead")
