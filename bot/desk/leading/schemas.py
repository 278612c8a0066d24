"""The wall over HTTP: what is asked and what is answered."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from bot.conversations.model import ConversationState
from bot.conversations.schemas import ConversationView, MessageView
from bot.desk.leading.reassigning import HeldLine, Transcript
from bot.handover.kinds import AgentState


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class PassRequest(BaseModel):
    """To a team or an agent."""

    team: str | None = Field(default=None, max_length=64)
    agent: str | None = Field(default=None, max_length=64)
    note: str = Field(default="", max_length=500)


class PutRequest(BaseModel):
    state: AgentState
    why: str = Field(min_length=1, max_length=300, pattern=r"\S")


class HeldView(Frozen):
    id: UUID
    visitor: str
    channel: str
    state: ConversationState
    since: datetime
    waybill_no: str | None

    @classmethod
    def of(cls, line: HeldLine) -> Self:
        return cls.model_validate(line)


class TranscriptView(Frozen):
    """A conversation for who reads along, with everything personal masked."""

    conversation: ConversationView
    messages: tuple[MessageView, ...]

    @classmethod
    def of(cls, transcript: Transcript) -> Self:
        # The address on the channel may be a phone.
        view = transcript.view.model_copy(update={"reply_address": ""})
        return cls(conversation=view, messages=transcript.messages)
