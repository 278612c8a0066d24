"""people: teams, sessions, second factors, tokens, single sign-on, an audit nobody rewrites"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_EMPTY = sa.text("'[]'::jsonb")
_NEW_TABLES = (
    "desk_sign_ons",
    "desk_tokens",
    "desk_reset_links",
    "desk_recovery_codes",
    "desk_login_waits",
    "desk_half_logins",
    "team_members",
    "teams",
)


def upgrade() -> None:
    _agents()
    _teams()
    _sessions()
    _ways_in()
    _audit()


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _skills() -> sa.Column[object]:
    return sa.Column("skills", postgresql.JSONB(), nullable=False)


def _owner(table: str) -> tuple[sa.Column[object], sa.ForeignKeyConstraint]:
    name = op.f(f"fk_{table}_username")
    return (
        _text("username"),
        sa.ForeignKeyConstraint(["username"], ["agents.username"], name=name, ondelete="CASCADE"),
    )


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def _agents() -> None:
    """Failures to log in are counted by name from here on, whether or not there is such an account."""
    for column in ("failed_logins", "locked_until"):
        op.drop_column("agents", column)
    for name in ("email", "subject", "totp_secret"):
        op.add_column("agents", _text(name, nullable=True))
    for name in ("email", "subject"):
        op.create_unique_constraint(op.f(f"uq_agents_{name}"), "agents", [name])
    op.add_column("agents", sa.Column("totp_step", sa.BigInteger(), nullable=True))
    for name in ("password_changed_at", "seen_at"):
        op.add_column("agents", _moment(name, nullable=True))
    op.add_column("agents", sa.Column("capacity", sa.BigInteger(), nullable=False, server_default="5"))
    op.add_column("agents", sa.Column("skills", postgresql.JSONB(), nullable=False, server_default=_EMPTY))
    for name in ("capacity", "skills"):
        op.alter_column("agents", name, server_default=None)


def _teams() -> None:
    op.create_table(
        "teams",
        _text("name"),
        _text("label"),
        _text("purpose"),
        _skills(),
        _moment("created_at"),
        _key("teams", "name"),
    )
    op.create_table(
        "team_members",
        _text("team"),
        *_owner("team_members"),
        sa.ForeignKeyConstraint(["team"], ["teams.name"], name=op.f("fk_team_members_team"), ondelete="CASCADE"),
        _key("team_members", "team", "username"),
    )
    _index("team_members", "username")


def _sessions() -> None:
    """Whoever was logged in logs in again: the old sessions do not know where they began."""
    op.execute("DELETE FROM desk_sessions")
    op.add_column("desk_sessions", sa.Column("id", sa.Uuid(), nullable=False))
    op.create_unique_constraint(op.f("uq_desk_sessions_id"), "desk_sessions", ["id"])
    op.add_column("desk_sessions", _moment("seen_at"))
    op.add_column("desk_sessions", _text("address", nullable=True))
    op.add_column("desk_sessions", _text("device"))
    op.add_column("desk_sessions", _text("method"))


def _ways_in() -> None:
    op.create_table(
        "desk_half_logins",
        _text("token_hash"),
        *_owner("desk_half_logins"),
        _text("secret", nullable=True),
        _moment("expires_at"),
        _key("desk_half_logins", "token_hash"),
    )
    _index("desk_half_logins", "username")
    _index("desk_half_logins", "expires_at")
    op.create_table(
        "desk_login_waits",
        _text("key"),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        _moment("last_at"),
        _moment("until", nullable=True),
        _key("desk_login_waits", "key"),
    )
    _index("desk_login_waits", "last_at")
    op.create_table(
        "desk_recovery_codes",
        _text("code_hash"),
        *_owner("desk_recovery_codes"),
        _moment("used_at", nullable=True),
        _key("desk_recovery_codes", "code_hash"),
    )
    _index("desk_recovery_codes", "username")
    op.create_table(
        "desk_reset_links",
        _text("token_hash"),
        *_owner("desk_reset_links"),
        _text("made_by"),
        _moment("expires_at"),
        _key("desk_reset_links", "token_hash"),
    )
    _index("desk_reset_links", "username")
    _tokens_and_sign_ons()


def _tokens_and_sign_ons() -> None:
    op.create_table(
        "desk_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        _text("token_hash"),
        *_owner("desk_tokens"),
        _text("name"),
        _text("role"),
        _moment("created_at"),
        _moment("expires_at"),
        _moment("used_at", nullable=True),
        _moment("ended_at", nullable=True),
        _key("desk_tokens", "id"),
        sa.UniqueConstraint("token_hash", name=op.f("uq_desk_tokens_token_hash")),
    )
    _index("desk_tokens", "username")
    op.create_table(
        "desk_sign_ons",
        _text("state_hash"),
        _text("nonce"),
        _text("verifier"),
        _moment("expires_at"),
        _key("desk_sign_ons", "state_hash"),
    )
    _index("desk_sign_ons", "expires_at")


def _audit() -> None:
    for name in ("about", "address"):
        op.add_column("desk_audit", _text(name, nullable=True))
    _index("desk_audit", "about", "at")
    _index("desk_audit", "at")
    op.execute(
        """
        CREATE FUNCTION desk_audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'table % is append-only: % refused', TG_TABLE_NAME, TG_OP
                USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER desk_audit_append_only BEFORE UPDATE OR DELETE ON desk_audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION desk_audit_refuse_change()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER desk_audit_append_only ON desk_audit")
    op.execute("DROP FUNCTION desk_audit_refuse_change()")
    for index in ("ix_desk_audit_about_at", "ix_desk_audit_at"):
        op.drop_index(index, table_name="desk_audit")
    for name in ("about", "address"):
        op.drop_column("desk_audit", name)
    for name in ("id", "seen_at", "address", "device", "method"):
        op.drop_column("desk_sessions", name)
    for table in _NEW_TABLES:
        op.drop_table(table)
    for name in (
        "email",
        "subject",
        "totp_secret",
        "totp_step",
        "password_changed_at",
        "seen_at",
        "capacity",
        "skills",
    ):
        op.drop_column("agents", name)
    op.add_column("agents", sa.Column("failed_logins", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("agents", "failed_logins", server_default=None)
    op.add_column("agents", _moment("locked_until", nullable=True))
