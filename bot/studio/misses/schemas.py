"""Misses over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from bot.studio.drafts.model import FaqFields
from bot.studio.misses.beside import Beside
from bot.studio.misses.kinds import MendKind, MissCause, MissState
from bot.studio.misses.lists import Filters
from bot.studio.misses.masking import Mark
from bot.studio.misses.mending import MOST, AsEntry, AsExamples, AsOutOfScope, AsPhrasings, How, Ignored
from bot.studio.misses.replacing import Worded
from bot.studio.misses.words import refused
from knowledge_base.entries import Action

LONGEST_TEXT = 500


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class MarkView(_View):
    """Characters ``start`` to ``end`` (not included) are a ``kind``."""

    start: int = Field(ge=0)
    end: int = Field(ge=1)
    kind: str = Field(max_length=40)


class WordedView(_View):
    """A sentence as it would be taught."""

    text: str = Field(max_length=LONGEST_TEXT)
    marks: tuple[MarkView, ...] = Field(default=(), max_length=30)

    @property
    def worded(self) -> Worded:
        return Worded(self.text, tuple(Mark(mark.start, mark.end, mark.kind) for mark in self.marks))


class MissView(_View):
    """A miss in a list."""

    id: int
    conversation_id: UUID
    seq: int
    text: str
    marks: tuple[MarkView, ...]
    causes: tuple[MissCause, ...]
    channel: str
    outlet: str | None
    region: str | None
    condition: str | None
    intent: str | None
    confidence: float | None
    offered: tuple[str, ...]
    chosen: str | None
    at: datetime
    state: MissState
    group_id: int | None
    mended_by: str | None
    mended_at: datetime | None


class GroupView(_View):
    """See `bot.studio.misses.lists.GroupLine`."""

    id: int
    name: str
    count: int
    this_week: int
    before: int
    newest_at: datetime
    target: str | None
    agree: int
    asked: int


class GroupsView(_View):
    groups: tuple[GroupView, ...]
    next: str | None


class MembersView(_View):
    misses: tuple[MissView, ...]
    next: str | None


class SaidView(_View):
    seq: int
    author: str
    text: str
    at: datetime
    buttons: tuple[str, ...]
    is_it: bool


class CandidateView(_View):
    topic: str
    question: str
    confidence: float


class FaqTodayView(_View):
    """What the knowledge base as it is now would do; ``decision`` null where it could not be asked."""

    decision: str | None
    candidates: tuple[CandidateView, ...]


class SuggestionView(_View):
    target: str
    share: float


class BesideView(_View):
    """A miss with the conversation around it and what the bot made of it."""

    miss: MissView
    ranking: tuple[dict[str, Any], ...]
    said: tuple[SaidView, ...]
    words: tuple[tuple[str, bool], ...]
    faq: FaqTodayView
    suggestions: tuple[SuggestionView, ...]
    worded: WordedView

    @classmethod
    def of(cls, beside: Beside) -> "BesideView":
        names = ("miss", "said", "words", "faq", "suggestions", "worded")
        return cls.model_validate({"ranking": beside.miss.ranking} | {name: getattr(beside, name) for name in names})


class MendView(_View):
    """What a step did."""

    id: UUID
    kind: MendKind
    misses: int
    left: int
    added: int


class WarningView(_View):
    kind: str
    text: str
    other: str


class FilterParams(BaseModel):
    """``state`` ``any`` shows whatever became of them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    cause: MissCause | None = None
    channel: str | None = Field(default=None, max_length=40)
    outlet: str | None = Field(default=None, max_length=64)
    region: str | None = Field(default=None, max_length=40)
    condition: str | None = Field(default=None, max_length=20)
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    state: MissState | Literal["any"] = MissState.open
    text: str | None = Field(default=None, max_length=50)

    @property
    def filters(self) -> Filters:
        given = self.model_dump(exclude={"state"})
        return Filters(**given, state=None if self.state == "any" else MissState(self.state))


class NewEntry(BaseModel):
    """An entry of the knowledge base to be written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(max_length=80)
    question: str = Field(max_length=LONGEST_TEXT)
    phrasings: tuple[Annotated[str, Field(max_length=LONGEST_TEXT)], ...] = Field(max_length=MOST)
    answer: str = Field(max_length=4000)
    covers: str = Field(default="", max_length=200)
    related: tuple[str, ...] = ()
    action_title: str = ""
    action_intent: str = ""
    valid_from: date | None = None
    valid_until: date | None = None

    @property
    def fields(self) -> FaqFields:
        action = Action(title=self.action_title, intent=self.action_intent) if self.action_intent else None
        return FaqFields(
            id=self.id.strip(),
            question=self.question.strip(),
            phrasings=tuple(dict.fromkeys(text.strip() for text in self.phrasings if text.strip())),
            answer=self.answer.strip(),
            covers=self.covers.strip(),
            related=self.related,
            action=action,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
        )


MissIds: TypeAlias = Annotated[tuple[int, ...], Field(max_length=MOST)]


class MendRequest(BaseModel):
    """One step for some misses, or for the open ones of a group.

    Without ``texts`` the misses themselves are taught, with made-up names and numbers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: MendKind
    misses: MissIds = ()
    group: int | None = None
    intent: str = Field(default="", max_length=80)
    topic: str = Field(default="", max_length=80)
    texts: tuple[WordedView, ...] | None = Field(default=None, max_length=MOST)
    entry: NewEntry | None = None
    why: str = Field(default="", max_length=200)

    @property
    def how(self) -> How:
        """Raises `RefusedError` where the entry is missing."""
        texts = tuple(text.worded for text in self.texts) if self.texts is not None else None
        match self.kind:
            case MendKind.example:
                return AsExamples(self.intent, texts)
            case MendKind.phrasing:
                return AsPhrasings(self.topic, tuple(text.text for text in texts) if texts is not None else None)
            case MendKind.out_of_scope:
                return AsOutOfScope(texts)
            case MendKind.ignore:
                return Ignored()
        if self.entry is None:
            raise refused("no_target")
        return AsEntry(self.entry.fields)


class WarningsRequest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    texts: tuple[Annotated[str, Field(max_length=LONGEST_TEXT)], ...] = Field(max_length=MOST)
    intent: str | None = None
    topic: str | None = None


class UndoneView(_View):
    """``reopened`` misses are open again."""

    reopened: int
