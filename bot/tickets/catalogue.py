"""The catalogue of categories: the table ``category``, one row a leaf, and the names of the causes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import yaml

from bot.rules.cells import Value
from bot.rules.model import RuleBook
from bot.rules.table import Row
from bot.tickets.kinds import Flow, OwnerRule, Priority, ServiceClass, TicketKind
from bot.tickets.opening import Leaf
from bot.tickets.words import DATA, illegal

TABLE = "category"
FALLBACK = "other"
"""What a category that nobody listed is treated as: its ticket is opened all the same."""


@dataclass(frozen=True)
class Category:
    """One leaf.

    Parameters
    ----------
    zh, parent: its name and that of its group, in Chinese.
    cause: key of ``causes.yml``.
    intents: intents of the taxonomy that lead here.
    redelivery: the reason by which the table ``redelivery`` sets the deadline, where it is one.
    because: the row that says all this.
    """

    id: str
    zh: str
    parent: str
    kind: TicketKind
    flow: Flow
    cause: str
    owner: OwnerRule
    service_class: ServiceClass
    priority: Priority
    intents: tuple[str, ...]
    redelivery: str | None
    because: str

    def leaf_for(self, category: str, kind: TicketKind) -> Leaf:
        """What a ticket carries on: the id it was reported with, and the flow that its kind asks for."""
        flows = {TicketKind.complaint: Flow.complaint, TicketKind.appeal: Flow.appeal}
        flow = self.flow if kind is self.kind else flows.get(kind, Flow.standard)
        return Leaf(category, flow, self.cause, self.service_class, self.priority)


@dataclass(frozen=True)
class Catalogue:
    """All leaves of one version of the rules, in the order of the table."""

    leaves: tuple[Category, ...]

    @classmethod
    def of(cls, rules: RuleBook) -> "Catalogue":
        version = rules.version_of(TABLE)
        return cls(tuple(_category(row, version) for row in rules.table(TABLE).rows))

    def __contains__(self, category: str) -> bool:
        return category in self._by_id

    def leaf(self, category: str) -> Category:
        """Raises `IllegalMoveError` for a category that is not listed."""
        if category not in self._by_id:
            raise illegal("category", category=category)
        return self._by_id[category]

    def leaf_or_other(self, category: str) -> Category:
        return self._by_id.get(category) or self._by_id[FALLBACK]

    def of_intent(self, intent: str) -> Category | None:
        """The first leaf that an intent leads to."""
        return next((leaf for leaf in self.leaves if intent in leaf.intents), None)

    def of_redelivery(self, reason: str) -> Category | None:
        return next((leaf for leaf in self.leaves if leaf.redelivery == reason), None)

    def tree(self) -> dict[str, tuple[Category, ...]]:
        """Groups and their leaves, in the order of the table."""
        groups = dict.fromkeys(leaf.parent for leaf in self.leaves)
        return {name: tuple(leaf for leaf in self.leaves if leaf.parent == name) for name in groups}

    @cached_property
    def _by_id(self) -> Mapping[str, Category]:
        return {leaf.id: leaf for leaf in self.leaves}


class CurrentCatalogue:
    """The catalogue of the rules in force, read again only when another version is published."""

    def __init__(self, rules: Callable[[], RuleBook]) -> None:
        self._rules = rules
        self._known: tuple[RuleBook, Catalogue] | None = None

    def __call__(self) -> Catalogue:
        book = self._rules()
        if self._known is None or self._known[0] is not book:
            self._known = (book, Catalogue.of(book))
        return self._known[1]


@lru_cache(maxsize=1)
def causes() -> dict[str, str]:
    """The causes of problems and their Chinese names."""
    found: dict[str, str] = yaml.safe_load((DATA / "causes.yml").read_text(encoding="utf-8"))
    return found


def _category(row: Row, version: int) -> Category:
    then = row.then
    return Category(
        id=_id(row),
        zh=_text(then, "zh"),
        parent=_text(then, "parent"),
        kind=TicketKind(_text(then, "kind")),
        flow=Flow(_text(then, "flow")),
        cause=_text(then, "cause"),
        owner=OwnerRule(_text(then, "owner")),
        service_class=ServiceClass(_text(then, "service_class")),
        priority=Priority(_text(then, "priority")),
        intents=tuple(part.strip() for part in _text(then, "intents").split(",") if part.strip()),
        redelivery=_text(then, "redelivery") or None,
        because=f"{TABLE}.{row.id}@v{version}",
    )


def _id(row: Row) -> str:
    """The category that the row is about: the word its only cell names."""
    (item,) = row.cell("category").items
    return str(getattr(item, "value", row.id))


def _text(then: Mapping[str, Value], name: str) -> str:
    value = then.get(name)
    return "" if value is None else str(value)
