"""What arbitrators decided, and who has appealed.  Append-only."""

from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base

CUSTOMER = "customer"


class Ruling(Base):
    """One decision.

    Parameters
    ----------
    id: rises with each ruling, so that of two the later one is known.
    ticket_no: the complaint or appeal that it ends.
    about_no: the complaint; all rulings about the same one are one line, of which the last stands.
    reference: the ledger's name for it.
    because: the rules of the ledger that followed.
    """

    __tablename__ = "rulings"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
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

    ``party`` is the code of a unit, or `CUSTOMER`.
    """

    __tablename__ = "ticket_appeals"

    about_no: Mapped[str] = mapped_column(ForeignKey("tickets.ticket_no"), primary_key=True)
    party: Mapped[str] = mapped_column(primary_key=True)
    appeal_no: Mapped[str] = mapped_column(ForeignKey("tickets.ticket_no"), index=True)
    by: Mapped[str]
    at: Mapped[datetime]


async def standing_ruling(session: AsyncSession, about_no: str) -> Ruling | None:
    """The last ruling on a complaint."""
    query = select(Ruling).where(Ruling.about_no == about_no).order_by(Ruling.id.desc()).limit(1)
    return (await session.scalars(query)).first()


async def count_appeal(
    session: AsyncSession, about_no: str, party: str, appeal_no: str, *, by: str, at: datetime
) -> bool:
    """Remember that a party has appealed; returns whether it is the first time."""
    values = {"about_no": about_no, "party": party, "appeal_no": appeal_no, "by": by, "at": at}
    put = insert(Appeal).values(values).on_conflict_do_nothing().returning(Appeal.party)
    return await session.scalar(put) is not None
