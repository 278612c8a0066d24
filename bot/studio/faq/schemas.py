"""What the API of the knowledge base takes and gives."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bot.studio.drafts.model import FaqDraft, Version, WarningKind
from bot.studio.faq.files.splitting import FoundBy
from bot.studio.faq.finding import FaqLine, FaqPage, FaqState
from bot.studio.faq.importing import Proposed, Saved
from bot.studio.faq.model import Difference
from bot.studio.faq.plan import ImportPlan, PlannedRow, RowKind
from bot.studio.faq.service import Checked, EntryView
from bot.studio.faq.trying import Side, Tried
from bot.studio.faq.use import TopicUse
from knowledge_base.retriever import Decision

Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Text = Annotated[str, StringConstraints(max_length=60_000)]
Texts = Annotated[dict[str, Text], Field(max_length=40)]


class UseView(BaseModel):
    """The last 30 days; ``helped`` and ``score`` are null where nothing is known."""

    model_config = ConfigDict(frozen=True)

    uses: int
    handed_over: int
    asked_again: int
    rated: int
    helped: float | None
    score: float | None

    @classmethod
    def of(cls, use: TopicUse) -> "UseView":
        return cls(**{name: getattr(use, name) for name in cls.model_fields})


class LineView(BaseModel):
    """A topic in the list; ``question`` is null for a gap."""

    model_config = ConfigDict(frozen=True)

    topic: str
    covers: str
    question: str | None
    phrasings: int
    states: tuple[FaqState, ...]
    use: UseView
    unchanged_since: date | None
    valid_from: date | None
    valid_until: date | None
    found: str | None

    @classmethod
    def of(cls, line: FaqLine) -> "LineView":
        given = {name: getattr(line, name) for name in cls.model_fields if name not in ("use", "states")}
        return cls(**given, use=UseView.of(line.use), states=tuple(sorted(line.states)))


class PageView(BaseModel):
    """``after`` is given back to get the next page; null at the end."""

    model_config = ConfigDict(frozen=True)

    items: tuple[LineView, ...]
    total: int
    after: str | None
    states: Mapping[FaqState, int]
    groups: Mapping[str, int]

    @classmethod
    def of(cls, page: FaqPage) -> "PageView":
        items = tuple(map(LineView.of, page.lines))
        return cls(items=items, total=page.total, after=page.after, states=page.states, groups=page.groups)


class VersionView(BaseModel):
    """One change of an entry."""

    model_config = ConfigDict(frozen=True)

    commit: str
    who: str
    when: datetime
    why: str
    told: tuple[str, ...]

    @classmethod
    def of(cls, version: Version) -> "VersionView":
        return cls(**{name: getattr(version, name) for name in cls.model_fields})


class EntryAnswer(BaseModel):
    """An entry; ``texts`` by field, lists with a line for each element.  ``version`` is null for a gap."""

    model_config = ConfigDict(frozen=True)

    topic: str
    covers: str
    version: str | None
    is_changed: bool
    texts: dict[str, str]
    history: tuple[VersionView, ...]
    use: UseView

    @classmethod
    def of(cls, view: EntryView) -> "EntryAnswer":
        return cls(
            topic=view.topic.id,
            covers=view.topic.covers,
            version=view.version,
            is_changed=view.is_changed,
            texts=dict(view.texts),
            history=tuple(map(VersionView.of, view.history)),
            use=UseView.of(view.use),
        )


class SaveRequest(BaseModel):
    """``texts`` by field; ``version`` is the one the entry was read with, null for a new one."""

    texts: Texts
    version: str | None = None
    why: Why


class SavedView(BaseModel):
    """An entry that was saved, by its new version."""

    topic: str
    version: str

    @classmethod
    def of(cls, draft: FaqDraft) -> "SavedView":
        return cls(topic=draft.id, version=draft.version)


class RestoreRequest(BaseModel):
    """``version`` is the entry's as it stands now."""

    version: str
    why: Why


class CheckRequest(BaseModel):
    """The topic's id is that of the address."""

    texts: Texts


class FaultView(BaseModel):
    """What keeps an entry from being saved."""

    field: str
    text: str


class WarningView(BaseModel):
    """A text that should perhaps not be added, and what it is too like."""

    kind: WarningKind
    text: str
    other: str


class AlikeView(BaseModel):
    """What another topic says nearly the same."""

    model_config = ConfigDict(from_attributes=True)

    text: str
    topic: str
    question: str
    phrasing: str
    likeness: float


class CandidateView(BaseModel):
    """``confidence`` is a probability; ``matched`` the nearest phrasing of the topic."""

    model_config = ConfigDict(from_attributes=True)

    topic: str
    question: str
    confidence: float
    matched: str | None


class CheckedView(BaseModel):
    """Everything to be said of an entry before it is saved."""

    faults: list[FaultView]
    warnings: list[WarningView]
    alike: list[AlikeView]
    covered: CandidateView | None

    @classmethod
    def of(cls, checked: Checked) -> "CheckedView":
        return cls(
            faults=[FaultView(field=one.field, text=one.text) for one in checked.faults],
            warnings=[WarningView(kind=one.kind, text=one.text, other=one.other) for one in checked.warnings],
            alike=[AlikeView.model_validate(one) for one in checked.alike],
            covered=CandidateView.model_validate(checked.covered) if checked.covered else None,
        )


class SideView(BaseModel):
    """What the draft or the published knowledge base makes of a question."""

    decision: Decision
    in_scope: float
    candidates: list[CandidateView]
    took_ms: float

    @classmethod
    def of(cls, side: Side) -> "SideView":
        candidates = [CandidateView.model_validate(one) for one in side.candidates]
        return cls(decision=side.decision, in_scope=side.in_scope, candidates=candidates, took_ms=side.took_ms)


class TriedView(BaseModel):
    """``is_same``: the customer would get the same."""

    text: str
    is_same: bool
    published: SideView
    draft: SideView

    @classmethod
    def of(cls, tried: Tried) -> "TriedView":
        sides = {"published": SideView.of(tried.published), "draft": SideView.of(tried.draft)}
        return cls(text=tried.text, is_same=tried.is_same, **sides)


class ProblemView(BaseModel):
    """Something in a file that has to be mended; ``column`` is empty for the row as a whole."""

    model_config = ConfigDict(from_attributes=True)

    row: int
    column: str
    text: str


class DifferenceView(BaseModel):
    """One field before and after."""

    model_config = ConfigDict(from_attributes=True)

    field: str
    before: str
    after: str

    @classmethod
    def several(cls, differences: Sequence[Difference]) -> "list[DifferenceView]":
        return [cls.model_validate(one) for one in differences]


class RowView(BaseModel):
    """What becomes of a row."""

    row: int
    topic: str
    kind: RowKind
    changes: list[DifferenceView]

    @classmethod
    def of(cls, row: PlannedRow) -> "RowView":
        return cls(row=row.row, topic=row.topic, kind=row.kind, changes=DifferenceView.several(row.changes))


class PlanView(BaseModel):
    """``saved`` is null for a dry run; ``rows`` are those that are not as they were."""

    counts: dict[RowKind, int]
    problems: list[ProblemView]
    rows: list[RowView]
    commit: str
    saved: str | None = None

    @classmethod
    def of(cls, plan: ImportPlan, saved: Saved | None = None) -> "PlanView":
        return cls(
            counts={kind: plan.count(kind) for kind in RowKind},
            problems=[ProblemView.model_validate(one) for one in plan.problems],
            rows=[RowView.of(row) for row in plan.rows if row.kind not in (RowKind.same, RowKind.gap)],
            commit=plan.commit,
            saved=saved.commit if saved else None,
        )


class ProposalView(BaseModel):
    """An entry that a document could become; ``topic`` is a free id, ``covered`` who answers it already."""

    question: str
    answer: str
    path: tuple[str, ...]
    place: str
    found_by: FoundBy
    topic: str
    covered: CandidateView | None

    @classmethod
    def of(cls, one: Proposed) -> "ProposalView":
        given = {name: getattr(one.proposal, name) for name in ("question", "answer", "path", "place", "found_by")}
        covered = CandidateView.model_validate(one.covered) if one.covered else None
        return cls(**given, topic=one.topic, covered=covered)


class UploadedView(BaseModel):
    """By what the page takes the file."""

    token: str


class EntriesRequest(BaseModel):
    """Entries that were reviewed, to be saved as one change."""

    entries: Annotated[list[Texts], Field(min_length=1, max_length=300)]
    why: Why
