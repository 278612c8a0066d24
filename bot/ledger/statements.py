"""What a unit's account says of one month.  Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from bot.ledger.model import EntryKind, LedgerEntry


@dataclass(frozen=True)
class Balance:
    """Money in yuan and points, which do not add up with each other.  Negative: the unit owes."""

    money: Decimal = Decimal("0.00")
    score: Decimal = Decimal("0.00")

    def plus(self, kind: EntryKind, amount: Decimal) -> "Balance":
        if kind.is_money:
            return Balance(self.money + amount, self.score)
        return Balance(self.money, self.score + amount)


@dataclass(frozen=True)
class Statement:
    """One unit in one month: what it began with, what came, what it ended with."""

    unit: str
    month: str
    opening: Balance
    entries: tuple[LedgerEntry, ...] = ()

    @property
    def totals(self) -> Mapping[EntryKind, Decimal]:
        """The sum of each kind; a reversal counts against the kind of what it reverses."""
        sums = dict.fromkeys(EntryKind, Decimal("0.00"))
        for entry in self.entries:
            sums[EntryKind(entry.entry)] += entry.amount
        return sums

    @property
    def closing(self) -> Balance:
        balance = self.opening
        for kind, amount in self.totals.items():
            balance = balance.plus(kind, amount)
        return balance


def opening_balances(sums: Iterable[tuple[str, str, Decimal]]) -> dict[str, Balance]:
    """Balances by unit, from sums by unit and kind."""
    balances: dict[str, Balance] = {}
    for unit, kind, amount in sums:
        balances[unit] = balances.get(unit, Balance()).plus(EntryKind(kind), amount)
    return balances


def make_statements(month: str, openings: Mapping[str, Balance], entries: Iterable[LedgerEntry]) -> list[Statement]:
    """A statement for every unit that has entries or a balance, by unit."""
    by_unit: dict[str, list[LedgerEntry]] = {unit: [] for unit, balance in openings.items() if balance != Balance()}
    for entry in entries:
        by_unit.setdefault(entry.unit, []).append(entry)
    return [Statement(unit, month, openings.get(unit, Balance()), tuple(by_unit[unit])) for unit in sorted(by_unit)]
