"""What the ledger API answers.  Amounts are strings with two decimals: money is never a float."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from bot.ledger.model import EntryKind, LedgerEntry
from bot.ledger.statements import Statement


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class BalanceView(_View):
    """Yuan and points; negative: the unit owes."""

    money: Decimal
    score: Decimal


class EntryView(_View):
    id: UUID
    unit: str
    month: str
    entry: EntryKind
    amount: Decimal
    cause: str | None
    ticket_no: str
    reference: str
    rule: str
    reverses: UUID | None
    by: str
    at: datetime
    note: str

    @classmethod
    def of(cls, entry: LedgerEntry) -> "EntryView":
        return cls.model_validate(entry)


class SummaryView(_View):
    """A statement without its entries."""

    unit: str
    month: str
    opening: BalanceView
    totals: dict[EntryKind, Decimal]
    closing: BalanceView

    @classmethod
    def summary_of(cls, statement: Statement) -> "SummaryView":
        return cls.model_validate(statement)


class StatementView(SummaryView):
    entries: list[EntryView]

    @classmethod
    def of(cls, statement: Statement) -> "StatementView":
        return cls.model_validate(statement)
