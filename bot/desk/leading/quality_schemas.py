"""Quality over HTTP: what is asked and what is answered."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from bot.conversations.schemas import MessageView
from bot.desk.leading.kinds import Mark, SampleState
from bot.desk.leading.scoring import Compared, Dossier
from bot.desk.leading.sheets import PlanRule, Sheet
from bot.desk.leading.tables import QualityDraw, QualityScore

Text = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")]
Note = Annotated[str, Field(max_length=300)]


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class SheetView(Frozen):
    name: str
    version: int
    sheet: Sheet


class PublishSheet(BaseModel):
    """``after``: the version it follows; 409 where somebody published meanwhile."""

    sheet: Sheet
    after: int = Field(ge=0)
    note: Note = ""


class PlanView(Frozen):
    version: int
    rules: tuple[PlanRule, ...]


class PublishPlan(BaseModel):
    rules: tuple[PlanRule, ...] = Field(max_length=10)
    after: int = Field(ge=0)
    note: Note = ""


class EditionView(Frozen):
    name: str
    version: int
    note: str
    by: str
    at: datetime | None


class DrawRequest(BaseModel):
    """Whole days in China, both included."""

    first: date
    last: date


class DrawView(Frozen):
    """``candidates``: by reason, how many there were and the SHA-256 of which; ``drawn``: samples by reason."""

    id: UUID
    since: datetime
    until: datetime
    plan_version: int
    seed: str
    candidates: dict[str, dict[str, Any]]
    by: str
    at: datetime
    drawn: dict[str, int] = {}

    @classmethod
    def of(cls, row: QualityDraw, drawn: dict[str, int]) -> Self:
        return cls.model_validate(row).model_copy(update={"drawn": drawn})


class SampleView(Frozen):
    id: UUID
    draw_id: UUID | None
    conversation_id: UUID
    agent: str
    team: str | None
    channel: str
    served_at: datetime
    ended_at: datetime | None
    because: list[dict[str, Any]]
    sheet: str
    state: SampleState
    scorers_wanted: int
    total: float | None
    scored_at: datetime | None


class Samples(Frozen):
    """``next`` is the ``before`` of the following page, null on the last."""

    samples: tuple[SampleView, ...]
    next: str | None


class ChooseRequest(BaseModel):
    """The last service of a conversation; two scorers or more are compared."""

    conversation_id: UUID
    scorers: int = Field(default=1, ge=1, le=5)
    sheet: str = Field(default="service", max_length=40)


class CompareRequest(BaseModel):
    scorers: int = Field(default=2, ge=2, le=5)


class ScoreRequest(BaseModel):
    """``remarks``: by the number of the message."""

    marks: dict[str, Mark] = Field(max_length=200)
    remarks: dict[int, Annotated[str, Field(max_length=500)]] = Field(default={}, max_length=300)
    comment: str = Field(default="", max_length=2000)
    sheet_version: int = Field(ge=0)


class ScoreView(Frozen):
    scorer: str
    sheet: str
    sheet_version: int
    marks: dict[str, Mark]
    failed: list[str]
    remarks: list[dict[str, Any]]
    comment: str
    total: float
    at: datetime

    @classmethod
    def of(cls, score: QualityScore) -> Self:
        return cls.model_validate(score)


class ObjectionView(Frozen):
    by: str
    text: str
    at: datetime
    total_before: float
    upheld: bool | None
    answer: str
    answered_by: str | None
    answered_at: datetime | None


class DossierView(Frozen):
    """A sample with everything the caller may see; messages are masked."""

    sample: SampleView
    sheet: Sheet
    sheet_version: int
    messages: tuple[MessageView, ...]
    scores: tuple[ScoreView, ...]
    hidden: int
    objection: ObjectionView | None

    @classmethod
    def of(cls, dossier: Dossier) -> Self:
        return cls.model_validate(dossier)


class ObjectRequest(BaseModel):
    text: Text


class AnswerRequest(BaseModel):
    """With a ``total`` the objection is upheld."""

    text: Text
    total: float | None = Field(default=None, ge=0, le=100)


class AgentResultView(Frozen):
    agent: str
    name: str
    scored: int
    average: float
    failed: int
    objected: int
    upheld: int


class ComparedView(Frozen):
    sample: SampleView
    totals: dict[str, float]
    differing: tuple[str, ...]

    @classmethod
    def of(cls, one: Compared) -> Self:
        sample = SampleView.model_validate(one.sample)
        return cls(sample=sample, totals=dict(one.totals), differing=one.differing)


class CalibrationView(Frozen):
    """Over all pairs of scorers; ``kappa`` is the agreement beyond chance."""

    pairs: int
    share: float | None
    kappa: float | None
    spread: float
    compared: tuple[ComparedView, ...]
