"""What people arrange for themselves at the lists of tickets: filters with a name, and which columns they want."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base


class SavedTicketFilter(Base):
    """A filter with a name.  ``team`` is who shares it, None where it is the owner's alone."""

    __tablename__ = "saved_ticket_filters"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    owner: Mapped[str] = mapped_column(index=True)
    team: Mapped[str | None] = mapped_column(index=True)
    name: Mapped[str]
    query: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class TicketColumnChoice(Base):
    """The columns that somebody wants, in their order."""

    __tablename__ = "ticket_column_choices"

    username: Mapped[str] = mapped_column(primary_key=True)
    columns: Mapped[list[str]]
