"""What the demo put in, so that it can be taken out again without touching anything else."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base


class DemoLoad(Base):
    """The last load; one row."""

    __tablename__ = "demo_loads"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[str]
    waybills: Mapped[int]
    checkpoints: Mapped[int]
    outlets: Mapped[int]
    loaded_at: Mapped[datetime]


class DemoWaybill(Base):
    """A waybill that belongs to the demo."""

    __tablename__ = "demo_waybills"

    waybill_no: Mapped[str] = mapped_column(primary_key=True)
