"""What an import would do: looked at first, then done as one change or not at all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.studio.faq.faults import Checking
from bot.studio.faq.files.records import CellProblem, Record, Sheet
from bot.studio.faq.model import Difference, Snapshot, by_question, differences, lines_of, normal, texts_of
from bot.studio.faq.words import problem


class RowKind(StrEnum):
    """What becomes of a row."""

    new = "new"
    changed = "changed"
    same = "same"
    gap = "gap"
    refused = "refused"


@dataclass(frozen=True)
class PlannedRow:
    """``texts`` is the whole topic as it will be; ``changes`` what is different from the draft."""

    row: int
    topic: str
    kind: RowKind
    texts: Mapping[str, str]
    changes: tuple[Difference, ...] = ()


@dataclass(frozen=True)
class ImportPlan:
    """``commit`` is the draft it was made on."""

    commit: str
    rows: tuple[PlannedRow, ...]
    problems: tuple[CellProblem, ...]

    @property
    def to_save(self) -> list[PlannedRow]:
        return [row for row in self.rows if row.kind in (RowKind.new, RowKind.changed)]

    def count(self, kind: RowKind) -> int:
        return sum(row.kind is kind for row in self.rows)


def plan_import(sheet: Sheet, draft: Snapshot, values: Mapping[str, str]) -> ImportPlan:
    """Row by row against the draft; questions that move from one row to another are no conflict."""
    wanted = [(record, _whole(record, draft)) for record in sheet.records]
    by_topic = {texts["id"]: texts for _, texts in wanted}
    questions = _questions(draft, by_topic)
    checking = Checking(frozenset(draft.topics), draft.intents, questions, values, coming=frozenset(by_topic))
    twice = {found.row for found in sheet.problems}
    rows, problems = [], list(sheet.problems)
    for record, texts in wanted:
        planned = _planned(record, texts, draft)
        faults = list(_faults(sheet, checking, planned)) if planned.kind is not RowKind.gap else []
        problems += faults
        is_refused = bool(faults) or record.row in twice
        rows.append(PlannedRow(record.row, planned.topic, RowKind.refused, texts) if is_refused else planned)
    return ImportPlan(draft.commit, tuple(rows), tuple(sorted(problems, key=lambda one: one.row)))


def _whole(record: Record, draft: Snapshot) -> dict[str, str]:
    """The topic as it would be: what the sheet does not speak of stays."""
    topic = draft.topics.get(record.texts["id"])
    return (texts_of(topic) if topic else {}) | dict(record.texts)


def _planned(record: Record, texts: Mapping[str, str], draft: Snapshot) -> PlannedRow:
    topic = draft.topics.get(texts["id"])
    before = texts_of(topic) if topic else {}
    changes = tuple(one for one in differences(before, texts) if one.field != "id")
    if (topic is None or topic.entry is None) and _says_nothing(record):
        return PlannedRow(record.row, texts["id"], RowKind.gap, texts)
    if topic is None or topic.entry is None:
        return PlannedRow(record.row, texts["id"], RowKind.new, texts, changes)
    kind = RowKind.changed if changes else RowKind.same
    return PlannedRow(record.row, texts["id"], kind, texts, changes)


def _says_nothing(record: Record) -> bool:
    """A topic's line alone, as a gap is exported."""
    return bool(record.texts["id"]) and not any(
        text for name, text in record.texts.items() if name not in ("id", "covers")
    )


def _faults(sheet: Sheet, checking: Checking, planned: PlannedRow) -> Iterator[CellProblem]:
    """Of what is as it was nobody complains."""
    if planned.kind is RowKind.same:
        return
    if not planned.topic:
        yield sheet.problem(planned.row, "id", problem("missing"))
        return
    for fault in checking.faults(planned.texts):
        yield sheet.problem(planned.row, fault.field, fault.text)


def _questions(draft: Snapshot, by_topic: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Whose every question will be, once all rows are taken in: the first row's that has it."""
    questions: dict[str, str] = {}
    for topic, texts in by_topic.items():
        for text in questions_in(texts):
            questions.setdefault(normal(text), topic)
    rest = [entry for entry in draft.entries if entry.id not in by_topic]
    return questions | by_question(rest)


def questions_in(texts: Mapping[str, str]) -> list[str]:
    """The question and its phrasings."""
    question = texts.get("question", "")
    return [*([question] if question else []), *lines_of(texts.get("phrasings", ""))]
