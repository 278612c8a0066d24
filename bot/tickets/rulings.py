"""What arbitrators decided, and who has appealed.  Append-only."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base


class Ruling(Base):
    """One decision.

    Parameters
    ----------
    ticket_no: the complaint or appeal that it ends.
    about_no: the complaint; all rulings about the same one are one line, of which the last stands.
    reference: the ledger's name for it.
    because: the rules of the ledger that followed.
    """

    __tablename__ = "rulings"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    ticket_no: Mapped[str] = mapped_column(ForeignKey("tickets.ticket_no"), unique=True)
    about_no: Mapped[str] = mapped_column(ForeignKey("tickets.ticket_no"), index=True)
    effect: Mapped[str]
    finding: Mapped[str]
    liable_unit: Mapped[str | None]
    text: Mapped[str]
    reference: Mapped[str]
    because: Mapped[list[str]]
    by: Mapped[str]
    at: Mapped[datetime]


class Appeal(Base):
    """One party's appeal against the rulings on a complaint; a second one of the same party has no place here.

    ``party`` is the code of a unit, or ``customer``.
    """

    __tablename__ = "ticket_appeals"

    about_no: Mapped[str] = mapped_column(ForeignKey("tickets.ticket_no"), primary_key=True)
    party: Mapped[str] = mapped_column(primary_key=True)
    appeal_no: Mapped[str] = mapped_column(ForeignKey("tickets.ticket_no"))
    by: Mapped[str]
    at: Mapped[datetime]
