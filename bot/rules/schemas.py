"""What the rules look like over HTTP."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from bot.rules.differences import Difference
from bot.rules.dry_run import DryRun, Outcomes, outcomes_text
from bot.rules.model import RuleBook, Value
from bot.rules.problems import Problem
from bot.rules.publications import Publication


class _Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class PublicationView(_Answer):
    """Who published what, when and why."""

    version: int
    actor: str
    why: str
    based_on: int
    restores: int | None
    published_at: datetime

    @classmethod
    def of(cls, publication: Publication) -> "PublicationView":
        return cls.model_validate(publication)


class TableView(_Answer):
    """One table in a list."""

    name: str
    title: str
    hit: str
    rows: int


class StatusView(_Answer):
    """What is in force, and what an operator should look at."""

    version: int
    publication: PublicationView | None
    tables: list[TableView]
    changed: list[str]
    own: list[str]


class ProblemView(_Answer):
    """One thing to correct, and where it stands: a line of a file or a cell of a sheet."""

    table: str
    row: str
    column: str
    what: str
    where: str

    @classmethod
    def of(cls, problem: Problem) -> "ProblemView":
        return cls.model_validate(problem)


class DifferenceView(_Answer):
    """One thing that is different; a row that came, went or moved has no column."""

    table: str
    row: str
    what: str
    column: str
    before: str
    after: str

    @classmethod
    def of(cls, difference: Difference) -> "DifferenceView":
        return cls.model_validate(difference)


class CheckView(_Answer):
    """What publishing an upload would change, or why it cannot be published: the first thousand problems."""

    problem_count: int
    problems: list[ProblemView]
    differences: list[DifferenceView]


class RollBackRequest(BaseModel):
    """Which version to publish again, and why."""

    version: int = Field(ge=0)
    why: str = Field(min_length=1, max_length=500)
    based_on: int | None = Field(default=None, ge=0)


class ShiftView(_Answer):
    """So many cases went from one outcome to another."""

    before: str
    after: str
    count: int


class ExampleView(_Answer):
    """A case that would be decided otherwise."""

    subject: str
    facts: dict[str, Value]
    before: str
    after: str
    because_before: list[str]
    because_after: list[str]


class DryRunView(_Answer):
    """What a draft would decide otherwise."""

    table: str
    cases_of: str
    total: int
    changed: int
    shifts: list[ShiftView]
    examples: list[ExampleView]

    @classmethod
    def of(cls, run: DryRun) -> "DryRunView":
        shifts = [ShiftView(count=shift.count, **_sides(shift.before, shift.after)) for shift in run.shifts]
        examples = [
            ExampleView(
                subject=example.subject,
                facts=dict(example.facts),
                because_before=list(example.because_before),
                because_after=list(example.because_after),
                **_sides(example.before, example.after),
            )
            for example in run.examples
        ]
        return cls(
            table=run.table,
            cases_of=run.cases_of,
            total=run.total,
            changed=run.changed,
            shifts=shifts,
            examples=examples,
        )


def _sides(before: Outcomes, after: Outcomes) -> dict[str, str]:
    return {"before": outcomes_text(before), "after": outcomes_text(after)}


def table_views(book: RuleBook) -> list[TableView]:
    return [
        TableView(name=table.name, title=table.title, hit=table.hit.value, rows=len(table.rows))
        for table in book.tables.values()
    ]
