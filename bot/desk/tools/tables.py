"""What the tools keep."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base
from bot.desk.tools.kinds import PromiseState, Scope, TaskState


class CannedResponse(Base):
    """快捷回复.

    Parameters
    ----------
    owner: the team's name, or the username of the person; empty where everybody has it.
    folder: parts of its path are separated by ``/``.
    version: the newest of `CannedVersion`.
    """

    __tablename__ = "canned_responses"
    __table_args__ = (
        Index(
            "uq_canned_responses_shortcut",
            "scope",
            "owner",
            "shortcut",
            unique=True,
            postgresql_where=text("is_active AND shortcut <> ''"),
        ),
        Index(None, "scope", "owner"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    scope: Mapped[str]
    owner: Mapped[str]
    folder: Mapped[str]
    shortcut: Mapped[str]
    title: Mapped[str]
    text: Mapped[str]
    version: Mapped[int]
    is_active: Mapped[bool] = mapped_column(default=True)
    changed_by: Mapped[str]
    changed_at: Mapped[datetime]

    @property
    def is_shared(self) -> bool:
        return self.scope == Scope.shared


class CannedVersion(Base):
    """How a canned response once was.  ``what`` happened: added, changed, removed, restored, imported."""

    __tablename__ = "canned_versions"

    response_id: Mapped[UUID] = mapped_column(ForeignKey("canned_responses.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]
    folder: Mapped[str]
    shortcut: Mapped[str]
    title: Mapped[str]
    text: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]


class CannedUse(Base):
    """How often, and when last, a person used a canned response."""

    __tablename__ = "canned_uses"

    username: Mapped[str] = mapped_column(primary_key=True)
    response_id: Mapped[UUID] = mapped_column(ForeignKey("canned_responses.id"), primary_key=True)
    times: Mapped[int]
    last_at: Mapped[datetime]


class AnswerSuggestion(Base):
    """An answer that was shown to an agent, and what the agent did with it.

    Parameters
    ----------
    seq: the customer's message that it answers.
    text: as it was offered.
    rank: 1 for the first.
    likeness: how much of it was in what the agent said, from 0 to 1.
    said_seq: the agent's message that decided it.
    """

    __tablename__ = "answer_suggestions"
    __table_args__ = (UniqueConstraint("conversation_id", "seq", "topic"), Index(None, "topic", "shown_at"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    seq: Mapped[int]
    topic: Mapped[str]
    text: Mapped[str]
    rank: Mapped[int]
    confidence: Mapped[float]
    shown_to: Mapped[str]
    shown_at: Mapped[datetime]
    outcome: Mapped[str | None]
    likeness: Mapped[float | None]
    said_seq: Mapped[int | None]
    decided_at: Mapped[datetime | None]


class PrivateNote(Base):
    """What colleagues write to each other beside a conversation.  It is no message and has no way to a customer.

    ``after_seq``: the message it stands behind in the log.
    """

    __tablename__ = "private_notes"
    __table_args__ = (Index(None, "conversation_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    after_seq: Mapped[int]
    by: Mapped[str]
    by_name: Mapped[str]
    text: Mapped[str]
    at: Mapped[datetime]


class NoteMention(Base):
    """A colleague whom a note is meant for."""

    __tablename__ = "note_mentions"
    __table_args__ = (Index(None, "username", "seen_at"),)

    note_id: Mapped[UUID] = mapped_column(ForeignKey("private_notes.id"), primary_key=True)
    username: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime | None]


class DeskPresence(Base):
    """Somebody who has a conversation on the screen; over once nothing was heard for a while.

    ``tab``: one browser tab, for a person may have several.
    """

    __tablename__ = "desk_presence"
    __table_args__ = (Index(None, "seen_at"),)

    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    username: Mapped[str] = mapped_column(primary_key=True)
    tab: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    since: Mapped[datetime]
    seen_at: Mapped[datetime]
    typing_at: Mapped[datetime | None]


class ConversationScript(Base):
    """In which characters a conversation is read and answered; None means as it is written."""

    __tablename__ = "conversation_scripts"

    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    read_in: Mapped[str | None]
    answer_in: Mapped[str | None]
    by: Mapped[str]
    at: Mapped[datetime]


class LexiconVersion(Base):
    """One version of the sensitive words; before the first the shipped file holds."""

    __tablename__ = "sensitive_lexicons"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    categories: Mapped[list[dict[str, Any]]]
    note: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]


class ServicePromise(Base):
    """What an agent promised a customer, by when, and what became of it.

    Parameters
    ----------
    words: the agent's sentence, without phones and addresses.
    turn: the summary it was confirmed with.
    look_at: when it is looked at next, None once it is settled.
    because: what settled it, in Chinese.
    """

    __tablename__ = "service_promises"
    __table_args__ = (
        UniqueConstraint("turn", "place"),
        Index("ix_service_promises_look", "look_at", postgresql_where=text("look_at IS NOT NULL")),
        Index(None, "conversation_id"),
        Index(None, "waybill_no"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    turn: Mapped[str]
    place: Mapped[int]
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    waybill_no: Mapped[str | None]
    kind: Mapped[str]
    words: Mapped[str]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    confirmed_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default=PromiseState.open.value)
    look_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    because: Mapped[str] = mapped_column(default="")


class DeskTask(Base):
    """Something to be done by somebody of a team, that no ticket is about.

    Parameters
    ----------
    team: whose members see it; None for everybody who talks with customers.
    assignee: whom it is meant for, or who took it.
    """

    __tablename__ = "desk_tasks"
    __table_args__ = (
        Index(None, "assignee", postgresql_where=text("state <> 'done'")),
        Index(None, "team", postgresql_where=text("state <> 'done'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[str]
    promise_id: Mapped[UUID | None] = mapped_column(ForeignKey("service_promises.id"), unique=True)
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversations.id"))
    waybill_no: Mapped[str | None]
    team: Mapped[str | None]
    assignee: Mapped[str | None]
    title: Mapped[str]
    state: Mapped[str] = mapped_column(default=TaskState.open.value)
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    done_by: Mapped[str | None]
    done_at: Mapped[datetime | None]
    done_text: Mapped[str] = mapped_column(default="")
