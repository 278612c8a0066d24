"""Tables of the WeCom connector."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base
from connectors.tencent_media import UploadedMedia


class WeComCursor(Base):
    """How far the messages of a customer-service account are stored.

    ``first_at`` is when we first looked; ``complete_from`` when the last look began that found all there was.
    """

    __tablename__ = "wecom_cursors"

    open_kfid: Mapped[str] = mapped_column(primary_key=True)
    cursor: Mapped[str]
    first_at: Mapped[datetime]
    complete_from: Mapped[datetime | None]


class WeComSession(Base):
    """A customer at one customer-service account: who has the session, and what we may send.

    ``state`` is the platform's as far as we know, since ``state_at``; ``servicer`` who has it there.
    ``wrote_at``, ``used``: when the customer last wrote, and how many messages we sent since; ``last_msgid`` is the
    one counted last.  ``code`` may be used for one message until ``code_until``, in ``code_state`` if that is set.
    ``tried_at``: when handing over to people of WeCom was last tried in vain.
    """

    __tablename__ = "wecom_sessions"
    __table_args__ = (Index(None, "state_at", postgresql_where=text("state IN (2, 3)")),)

    external_userid: Mapped[str] = mapped_column(primary_key=True)
    open_kfid: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[int | None]
    servicer: Mapped[str | None]
    state_at: Mapped[datetime | None]
    seen_at: Mapped[datetime]
    wrote_at: Mapped[datetime | None]
    used: Mapped[int]
    last_msgid: Mapped[str | None]
    code: Mapped[str | None]
    code_state: Mapped[int | None]
    code_until: Mapped[datetime | None]
    tried_at: Mapped[datetime | None]


class WeComCustomer(Base):
    """Who a customer is across apps; ``asked_at`` is when the platform was last asked."""

    __tablename__ = "wecom_customers"

    external_userid: Mapped[str] = mapped_column(primary_key=True)
    unionid: Mapped[str | None]
    asked_at: Mapped[datetime]


class WeComMedia(UploadedMedia, Base):
    """A file of ours that the platform keeps for three days."""

    __tablename__ = "wecom_media"
