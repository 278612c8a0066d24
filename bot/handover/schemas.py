"""The handover over HTTP: what is asked and what is answered."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from bot.conversations.moves import ConversationMove
from bot.handover.kinds import AgentState
from bot.handover.presence import AgentCard
from bot.handover.words import move_name


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class StateRequest(BaseModel):
    state: AgentState


class TransferRequest(BaseModel):
    """To a team or an agent."""

    team: str | None = Field(default=None, max_length=64)
    agent: str | None = Field(default=None, max_length=64)
    note: str = Field(default="", max_length=500)


class NoteRequest(BaseModel):
    note: str = Field(default="", max_length=500)


class WhisperRequest(BaseModel):
    text: str = Field(min_length=1, max_length=500, pattern=r"\S")


class VipRequest(BaseModel):
    vip: bool


class AgentView(Frozen):
    """A person at the desk; ``why``: ``lost`` or ``passed`` where the system changed the state."""

    username: str
    name: str
    state: AgentState
    why: str
    since: datetime
    is_there: bool
    capacity: int
    held: int
    offered: int
    teams: tuple[str, ...]

    @classmethod
    def of(cls, card: AgentCard) -> Self:
        return cls.model_validate(card)


class TeamView(Frozen):
    name: str
    label: str


class MoveView(Frozen):
    """One line of a conversation's log; ``name`` is the move in Chinese."""

    move: str
    name: str
    before: str
    after: str
    who: str
    why: str
    agent: str | None
    team: str | None
    lasted_s: float
    at: datetime

    @classmethod
    def of(cls, move: ConversationMove) -> Self:
        fields = {name: getattr(move, name) for name in cls.model_fields if name != "name"}
        return cls(**fields, name=move_name(move.move))
