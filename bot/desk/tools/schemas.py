"""What the API of the tools takes and gives."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from bot.desk.tools.canned import CannedDraft
from bot.desk.tools.kinds import (
    PromiseKind,
    PromiseState,
    Scope,
    Script,
    Severity,
    SuggestionOutcome,
    TaskState,
)
from bot.desk.tools.lexicon import Category, Hit
from bot.desk.tools.revealing import Wanted

Said = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class CannedView(_View):
    """``owner``: the team, or the person; empty for everybody's."""

    id: UUID
    scope: Scope
    owner: str
    folder: str
    shortcut: str
    title: str
    text: str
    version: int
    changed_by: str
    changed_at: datetime


class CannedVersionView(_View):
    version: int
    what: str
    folder: str
    shortcut: str
    title: str
    text: str
    by: str
    at: datetime


class CannedChange(_Body):
    """``version``: the one on the screen; where it was changed meanwhile, the answer is 409."""

    draft: CannedDraft
    version: int


class CannedRestore(_Body):
    to: int
    version: int


class FilledView(_View):
    """``missing``: variables that still stand in braces; a message with any is refused."""

    text: str
    missing: tuple[str, ...]


class ImportedView(_View):
    added: int
    changed: int
    same: int


class OfferView(_View):
    topic: str
    question: str
    text: str
    confidence: float


class OffersView(_View):
    offers: tuple[OfferView, ...]
    in_scope: bool


class SuggestionView(_View):
    id: UUID
    seq: int
    offer: OfferView


class Decided(_Body):
    outcome: SuggestionOutcome
    said_seq: int | None = None


class TopicReportView(_View):
    topic: str
    shown: int
    used: int
    edited: int
    ignored: int


class NewNote(_Body):
    """``@`` and a username or name mentions a colleague."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]


class NoteView(_View):
    id: UUID
    conversation_id: UUID
    after_seq: int
    by: str
    by_name: str
    text: str
    mentions: tuple[str, ...]
    at: datetime


class Beat(_Body):
    """``tab``: any text that no other tab of the person has."""

    tab: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    typing: bool = False


class HereView(_View):
    username: str
    name: str
    is_typing: bool
    since: datetime


class ScriptsView(_View):
    """``read_in``, ``answer_in``: null for as written."""

    read_in: Script | None = None
    answer_in: Script | None = None


class Convert(_Body):
    text: Said
    to: Script


class TextView(_View):
    text: str


class CheckRequest(_Body):
    text: Said


class CheckView(_View):
    """``text``: as it would be sent; ``severity``: the gravest of the hits."""

    text: str
    severity: Severity | None
    hits: tuple[Hit, ...]
    missing: tuple[str, ...]
    is_sendable: bool
    needs_confirmation: bool


class RevealRequest(_Body):
    wanted: Wanted
    why: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]


class DraftPromise(_View):
    kind: PromiseKind
    words: str
    made_at: datetime
    due_at: datetime


class DraftView(_View):
    wrap_up_code: str
    waybill_nos: tuple[str, ...]
    wanted: str
    done: str
    promises: tuple[DraftPromise, ...]
    text: str


class PromiseView(_View):
    id: UUID
    conversation_id: UUID
    waybill_no: str | None
    kind: PromiseKind
    words: str
    made_by: str
    made_at: datetime
    due_at: datetime
    state: PromiseState
    settled_at: datetime | None
    because: str


class Settle(_Body):
    """``kept`` or ``withdrawn``, and how."""

    state: PromiseState
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class TaskView(_View):
    id: UUID
    kind: str
    promise_id: UUID | None
    conversation_id: UUID | None
    waybill_no: str | None
    team: str | None
    assignee: str | None
    title: str
    state: TaskState
    opened_at: datetime
    due_at: datetime
    done_by: str | None
    done_at: datetime | None
    done_text: str


class Finish(_Body):
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class EditionView(_View):
    version: int
    categories: tuple[Category, ...]
    note: str
    by: str
    at: AwareDatetime | None


class EditionLine(_View):
    version: int
    note: str
    by: str
    at: AwareDatetime | None


class NewEdition(_Body):
    """The whole list; ``after`` is the version it was made from."""

    categories: tuple[Category, ...] = Field(max_length=100)
    after: int
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
