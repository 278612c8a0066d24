"""Misses, their groups, and how they were mended."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.conversations.model import Conversation
from bot.conversations.ratings import Rating
from bot.db import Base
from bot.studio.misses.kinds import MendKind, MissState
from bot.studio.misses.words import already

LOW_RATING = 2
"""Up to so many stars the customer was not helped."""

Index("ix_conversations_updated_at", Conversation.updated_at, Conversation.id)
Index(
    "ix_conversation_ratings_low",
    Rating.answered_at,
    Rating.conversation_id,
    postgresql_where=text("score <= 2 AND about = 'bot'"),
)


class MissGroup(Base):
    """Misses of like meaning.

    Parameters
    ----------
    name: its most central sentence.
    total: the sum of its members' vectors (float32, little-endian), seen from the centre of all known sentences.
    weight: how many vectors are in it.
    open: members that nobody has dealt with; ``size`` counts all.
    votes: how many members have their nearest known sentences at which target; the empty one is for none.
    target: the one with the most votes, ``intent:...`` or ``topic:...``; ``agree`` of ``asked`` members say so.
    """

    __tablename__ = "miss_groups"
    __table_args__ = (Index("ix_miss_groups_open", text("open DESC"), "id", postgresql_where=text("open > 0")),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str]
    total: Mapped[bytes] = mapped_column(LargeBinary)
    weight: Mapped[int]
    size: Mapped[int] = mapped_column(default=0)
    open: Mapped[int] = mapped_column(default=0)
    newest_at: Mapped[datetime]
    votes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    target: Mapped[str | None]
    agree: Mapped[int] = mapped_column(default=0)
    asked: Mapped[int] = mapped_column(default=0)


class Miss(Base):
    """One customer message that went wrong.  Nobody can be recognised in it.

    Parameters
    ----------
    text: with placeholders (``〔电话〕``) for whatever is personal.
    marks: ``{start, end, kind}`` within ``text``: placeholders, and entities that the pipeline found.
    ranking: ``{name, confidence}`` of the likeliest intents.
    offered: what 您是不是想问 offered; ``chosen`` which of them the customer took.  All of them targets.
    region: the province of ``outlet``, which had the parcel under discussion.
    """

    __tablename__ = "misses"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        Index(None, "state", "at", "id"),
        Index(None, "group_id", "state", "at", "id"),
        Index("ix_misses_recent", "at", "group_id"),
        Index(None, "mend_id", postgresql_where=text("mend_id IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    seq: Mapped[int]
    text: Mapped[str]
    marks: Mapped[list[dict[str, Any]]]
    causes: Mapped[list[str]]
    channel: Mapped[str]
    outlet: Mapped[str | None]
    region: Mapped[str | None]
    condition: Mapped[str | None]
    intent: Mapped[str | None]
    confidence: Mapped[float | None]
    ranking: Mapped[list[dict[str, Any]]]
    offered: Mapped[list[str]]
    chosen: Mapped[str | None]
    at: Mapped[datetime]
    found_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default=MissState.open.value)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("miss_groups.id", ondelete="SET NULL"))
    mend_id: Mapped[UUID | None] = mapped_column(ForeignKey("miss_mends.id"))
    mended_at: Mapped[datetime | None]
    mended_by: Mapped[str | None]

    def mend(self, mend: "MissMend") -> None:
        """Dealt with.  Raises `IllegalMoveError` when somebody has done so already."""
        if self.state != MissState.open:
            raise already(self.mended_by)
        self.state = MendKind(mend.kind).leads_to.value
        self.mend_id, self.mended_at, self.mended_by = mend.id, mend.at, mend.by

    def reopen(self) -> None:
        self.state = MissState.open.value
        self.mend_id = self.mended_at = self.mended_by = None


class MissVector(Base):
    """The meaning of a miss (float16, little-endian, length 1), and by which encoder."""

    __tablename__ = "miss_vectors"

    miss_id: Mapped[int] = mapped_column(ForeignKey("misses.id", ondelete="CASCADE"), primary_key=True)
    encoder: Mapped[str]
    vector: Mapped[bytes] = mapped_column(LargeBinary)


class MissMend(Base):
    """One step that dealt with one miss or with many.

    Parameters
    ----------
    target: the intent or topic; None where nothing was taught.
    texts: what was added to the content.
    commit: of the draft; None where the content stayed as it was.
    waited_s: seconds from the oldest of its misses until this.
    """

    __tablename__ = "miss_mends"
    __table_args__ = (Index(None, "by", "at"), Index(None, "at"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[str]
    target: Mapped[str | None]
    texts: Mapped[list[str]]
    commit: Mapped[str | None]
    misses: Mapped[int]
    waited_s: Mapped[float]
    by: Mapped[str]
    at: Mapped[datetime]
    undone_by: Mapped[str | None]
    undone_at: Mapped[datetime | None]


class MissRead(Base):
    """How far a conversation was searched for misses."""

    __tablename__ = "miss_reads"

    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int]


class MissCursor(Base):
    """How far a list was searched: everything up to this moment, and at this moment up to this id.

    ``name`` is ``conversations`` or ``ratings``.  ``groups`` has no place: it counts the changes of groups in
    ``changes``, and names in ``encoder`` whose vectors they are made of.
    """

    __tablename__ = "miss_cursors"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime | None]
    place: Mapped[UUID | None]
    changes: Mapped[int] = mapped_column(default=0)
    encoder: Mapped[str] = mapped_column(default="")
