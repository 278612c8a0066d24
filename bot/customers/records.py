"""What is kept of a merge: who became one with whom, on what proof, and every row that changed hands."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base
from bot.errors import IllegalMoveError


class CustomerMerge(Base):
    """Two customers became one.

    ``proof`` is ``unionid``, ``phone`` or ``account``, ``proven`` the thing itself.  ``before`` is what of both
    customers was overwritten, ``after`` what it was overwritten with.  ``via_*`` is the door the proof came in by.
    """

    __tablename__ = "customer_merges"
    __table_args__ = (Index(None, "survivor_id", "at"), Index(None, "merged_id", "at"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    survivor_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    merged_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    proof: Mapped[str]
    proven: Mapped[str]
    via_channel: Mapped[str | None]
    via_address: Mapped[str | None]
    by: Mapped[str]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None]
    undone_why: Mapped[str | None]

    def undo(self, *, by: str, why: str, at: datetime, refusal: str) -> None:
        """Raises `IllegalMoveError` with ``refusal`` when it was undone already."""
        if self.undone_at is not None:
            raise IllegalMoveError(refusal)
        self.undone_at, self.undone_by, self.undone_why = at, by, why


class CustomerMove(Base):
    """The rows of one table that a merge gave to the survivor, by their keys."""

    __tablename__ = "customer_moves"
    __table_args__ = (Index(None, "merge_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    merge_id: Mapped[UUID] = mapped_column(ForeignKey("customer_merges.id"))
    table: Mapped[str]
    keys: Mapped[list[dict[str, Any]]]
    at: Mapped[datetime]
