"""The table of outlets.  Prices, days and coverage are data files in ``data/``."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base


class OutletRow(Base):
    """One outlet, provincial centre or headquarters."""

    __tablename__ = "outlets"
    __table_args__ = (Index(None, "province", "city"),)

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    tier: Mapped[str]
    province: Mapped[str]
    city: Mapped[str]
    district: Mapped[str]
    address: Mapped[str]
    phone: Mapped[str]
    opening_hours: Mapped[str]
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("outlets.code", ondelete="SET NULL"))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
