"""Every column of the whole system that says whose something is, and what a merge does with it.

Customers stand below all who refer to them, so tables are named here and not imported.  A test reads the tables of the
system and fails for a reference that is not in this list.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, DateTime, String, TableClause, Uuid, column, false, func, table
from sqlalchemy.types import TypeEngine

UUIDS: TypeEngine[Any] = Uuid()
STRINGS: TypeEngine[Any] = String()
NUMBERS: TypeEngine[Any] = BigInteger()


@dataclass(frozen=True)
class Reference:
    """One column.

    Parameters
    ----------
    key: the other columns that name a row, with their types.
    made: the column that says when a row was made.
    conversation: the column that says in which conversation it was made, if one does; ``turn``: one whose value begins
        with the conversation and a colon.
    once: of rows that agree in these columns a customer has one: the survivor's own stands, the other's stays behind.
    forget_new: a row made while two were one is dropped when they are parted, for nobody knows whose it is.
    """

    table: str
    key: Mapping[str, TypeEngine[Any]]
    made: str
    column: str = "customer_id"
    conversation: str | None = None
    turn: str | None = None
    once: tuple[str, ...] = ()
    forget_new: bool = False
    more: Mapping[str, TypeEngine[Any]] = field(default_factory=dict)

    def clause(self) -> TableClause:
        """The table as far as merging needs to know it."""
        names: dict[str, TypeEngine[Any]] = {
            self.column: UUIDS,
            self.made: DateTime(timezone=True),
            **self.key,
            **{name: STRINGS for name in self.once if name not in self.key},
            **self.more,
        }
        if self.conversation:
            names[self.conversation] = UUIDS
        if self.turn:
            names[self.turn] = STRINGS
        return table(self.table, *(column(name, kind) for name, kind in names.items()))

    def made_in(self, rows: TableClause, conversations: Collection[UUID]) -> ColumnElement[bool]:
        """Whether a row was made in one of these conversations."""
        if self.conversation:
            return rows.c[self.conversation].in_(conversations)
        if self.turn:
            return func.split_part(rows.c[self.turn], ":", 1).in_([str(each) for each in conversations])
        return false()


_ID = {"id": UUIDS}
IDENTITIES = Reference(
    "identities",
    {"channel": STRINGS, "external_id": STRINGS},
    "created_at",
    more={"via_channel": STRINGS, "via_address": STRINGS},
)
CONVERSATIONS = Reference("conversations", _ID, "created_at")
TICKETS = Reference(
    "tickets",
    {"ticket_no": STRINGS},
    "opened_at",
    conversation="conversation_id",
    more={"case_key": STRINGS, "category": STRINGS, "status": STRINGS},
)
REFERENCES: tuple[Reference, ...] = (
    IDENTITIES,
    TICKETS,
    Reference("orders", {"order_no": STRINGS}, "placed_at", turn="turn"),
    Reference("waybill_grants", {"waybill_no": STRINGS}, "granted_at", once=("waybill_no",), forget_new=True),
    Reference("foreign_inquiries", {"waybill_no": STRINGS}, "at", once=("waybill_no",), forget_new=True),
    Reference("waybill_instructions", _ID, "at", conversation="conversation_id"),
    Reference("phone_tail_guesses", _ID, "at"),
    Reference("phone_codes", _ID, "created_at"),
    Reference("channel_preferences", _ID, "at", conversation="conversation_id"),
    Reference("consents", {"id": NUMBERS}, "at", conversation="conversation_id"),
    Reference("waybill_watches", {"waybill_no": STRINGS}, "at", once=("waybill_no",), conversation="conversation_id"),
    Reference("notices", _ID, "created_at", once=("occasion",)),
    CONVERSATIONS,
)
"""In the order in which they are moved: conversations last, for whoever holds a ticket or a notice may wait for one."""

STAY: frozenset[tuple[str, str]] = frozenset(
    {
        ("customers", "merged_into"),
        ("customer_merges", "survivor_id"),
        ("customer_merges", "merged_id"),
    }
)
"""Columns that tell of merges themselves."""
