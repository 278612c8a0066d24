"""Tables of the WeChat connector."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base
from connectors.tencent_media import UploadedMedia


class WeChatFollower(Base):
    """What the platform's rules depend on, for one openid.

    ``message_at``, ``message_used``: when the follower last wrote, and how many messages we sent since.
    ``event_at``, ``event_used``: the same for a tap on the menu, a scan or a subscription, which open a short window.
    ``place``, ``place_at``, ``place_id``: the last place told, because the platform may tell it twice.
    ``asked_at``: when the platform was last asked for the unionid.
    """

    __tablename__ = "wechat_followers"

    openid: Mapped[str] = mapped_column(primary_key=True)
    follows: Mapped[bool]
    message_at: Mapped[datetime | None]
    message_used: Mapped[int]
    event_at: Mapped[datetime | None]
    event_used: Mapped[int]
    place: Mapped[str | None]
    place_at: Mapped[datetime | None]
    place_id: Mapped[str | None]
    unionid: Mapped[str | None]
    asked_at: Mapped[datetime | None]


class WeChatOffer(Base):
    """A choice offered to a follower.  ``number`` is what to type for it while it is the last thing said."""

    __tablename__ = "wechat_offers"

    openid: Mapped[str] = mapped_column(primary_key=True)
    choice: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    payload: Mapped[str]
    number: Mapped[int | None]
    offered_at: Mapped[datetime]


class WeChatMedia(UploadedMedia, Base):
    """A file of ours that the platform keeps for three days."""

    __tablename__ = "wechat_media"


class WeChatConsent(Base):
    """A follower agreed to one subscription notice of a template; ``used_by`` is the delivery it was used for."""

    __tablename__ = "wechat_consents"
    __table_args__ = (Index(None, "openid", "template_id", postgresql_where=text("used_by IS NULL")),)

    letter: Mapped[str] = mapped_column(primary_key=True)
    template_id: Mapped[str] = mapped_column(primary_key=True)
    openid: Mapped[str]
    used_by: Mapped[UUID | None]
    given_at: Mapped[datetime]


class WeChatNonce(Base):
    """A signature that was used for a plain body, which it does not cover."""

    __tablename__ = "wechat_nonces"
    __table_args__ = (Index(None, "seen_at"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    seen_at: Mapped[datetime]


class WeChatCarried(Base):
    """A bubble that goes out within the message of an earlier one; ``sent_at`` once that message is sent."""

    __tablename__ = "wechat_carried"
    __table_args__ = (Index(None, "carrier"), Index(None, "at"))

    delivery_id: Mapped[UUID] = mapped_column(primary_key=True)
    carrier: Mapped[UUID]
    at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class WeChatCall(Base):
    """A push that waits for its passive reply, through all attempts of the platform.

    ``after``: what was laid down last when it came; the answer is something newer.
    """

    __tablename__ = "wechat_calls"
    __table_args__ = (Index(None, "openid"), Index(None, "first_at"))

    key: Mapped[str] = mapped_column(primary_key=True)
    openid: Mapped[str]
    attempts: Mapped[int]
    first_at: Mapped[datetime]
    after: Mapped[int]
    reply: Mapped[str | None]


class WeChatUnsaid(Base):
    """Words that wait until the platform asks for them; ``given_to`` is the push they went out with."""

    __tablename__ = "wechat_unsaid"
    __table_args__ = (
        Index("ix_wechat_unsaid_openid", "openid", "id", postgresql_where=text("given_to IS NULL")),
        Index(None, "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    delivery: Mapped[str] = mapped_column(unique=True)
    openid: Mapped[str]
    text: Mapped[str]
    created_at: Mapped[datetime]
    given_to: Mapped[str | None]
