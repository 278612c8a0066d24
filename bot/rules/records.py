"""What the database keeps of rules: every version ever published, and decisions worth asking about again."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base
from bot.rules.decision import Decision, plain


class RuleVersion(Base):
    """One publication of all tables.  Append-only.

    ``content``: the document of each table by its name.  ``shipped``: a digest of each table the program shipped then.
    ``restores``: the version that was published again, in a roll back.
    """

    __tablename__ = "rule_versions"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[dict[str, Any]]
    actor: Mapped[str]
    why: Mapped[str]
    based_on: Mapped[int]
    restores: Mapped[int | None]
    shipped: Mapped[dict[str, Any]]
    published_at: Mapped[datetime]


class RuleDecision(Base):
    """What a table said of which facts, so that a draft can be tried on what really happened."""

    __tablename__ = "rule_decisions"
    __table_args__ = (Index(None, "table_name", "id"), Index(None, "subject"), Index(None, "at"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    asked_by: Mapped[str]
    table_name: Mapped[str]
    version: Mapped[int]
    facts: Mapped[dict[str, Any]]
    because: Mapped[list[str]]
    subject: Mapped[str]
    at: Mapped[datetime]


def record(session: AsyncSession, decision: Decision, subject: str, at: datetime, *, asked_by: str = "system") -> None:
    """Keep a decision about ``subject`` (a ticket or waybill number) with the change that followed from it."""
    session.add(
        RuleDecision(
            asked_by=asked_by,
            table_name=decision.table,
            version=decision.version,
            facts={name: plain(value) for name, value in decision.facts.items()},
            because=list(decision.because),
            subject=subject,
            at=at,
        )
    )
