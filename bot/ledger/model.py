"""An entry of the ledger.  The table takes no UPDATE and no DELETE: what was wrong is reversed by another entry."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.clock import local
from bot.db import Base

CENT = Decimal("0.01")


class EntryKind(StrEnum):
    """罚款, 奖励, 服务分."""

    fine = "fine"
    reward = "reward"
    score = "score"

    @property
    def is_money(self) -> bool:
        return self is not EntryKind.score

    def signed(self, figure: float | Decimal) -> Decimal:
        """The amount as the unit feels it: a fine takes, a reward gives, a score is signed as the rule has it.

        Two decimals, halves up; yuan, or points for a score.
        """
        amount = Decimal(str(figure)).quantize(CENT, ROUND_HALF_UP)
        if self is EntryKind.score:
            return amount
        return -abs(amount) if self is EntryKind.fine else abs(amount)


class LedgerEntry(Base):
    """What one rule put to the account of one unit because of one ruling.

    Parameters
    ----------
    unit: code of the outlet, provincial centre or headquarters.
    month: ``YYYY-MM`` of ``at`` by China's time.
    amount: signed; yuan, or points when ``entry`` is ``score``.
    reference: the ruling or ticket event it follows from; with ``ticket_no`` and ``row`` it can be entered once.
    rule: ``table.row@version``; ``row`` is the row alone.
    reverses: id of the entry that this one takes back.
    """

    __tablename__ = "ledger_entries"
    __table_args__ = (
        Index(
            "uq_ledger_entries_once",
            "ticket_no",
            "reference",
            "row",
            unique=True,
            postgresql_where=text("reverses IS NULL"),
        ),
        Index(None, "unit", "month"),
        Index(None, "month"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit: Mapped[str]
    month: Mapped[str]
    entry: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    cause: Mapped[str | None]
    ticket_no: Mapped[str]
    reference: Mapped[str]
    rule: Mapped[str]
    row: Mapped[str]
    reverses: Mapped[UUID | None] = mapped_column(ForeignKey("ledger_entries.id"), unique=True)
    by: Mapped[str]
    at: Mapped[datetime]
    note: Mapped[str]


def month_of(moment: datetime) -> str:
    """The month a moment falls into on the wall clock of the business, ``YYYY-MM``."""
    return local(moment).strftime("%Y-%m")
