"""Spreadsheets and documents on their way in: looked at first, saved when somebody said so."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pypinyin import lazy_pinyin

from bot.errors import EntryRefusedError, StaleEntryError
from bot.staff.model import Actor
from bot.studio.drafts.model import WarningKind
from bot.studio.faq.content import DraftContent, EntryDrafts, fields_of, version_of
from bot.studio.faq.faults import entry_of
from bot.studio.faq.files.blocks import read_blocks
from bot.studio.faq.files.cells import read_rows
from bot.studio.faq.files.records import CellProblem, read_sheet, sheet_of
from bot.studio.faq.files.splitting import Proposal, heading_of, split
from bot.studio.faq.model import Snapshot
from bot.studio.faq.plan import ImportPlan, PlannedRow, RowKind, plan_import, questions_in
from bot.studio.faq.trying import FaqTrial
from bot.studio.faq.words import problem, refusal
from bot.studio.roles import refuse_unless_trains
from knowledge_base.retriever import Candidate

MOST_PROPOSALS = 300
_ASKED_AT_ONCE = 500
_NAME = 40


@dataclass(frozen=True)
class Saved:
    """What an import did; ``commit`` is the draft after it."""

    added: int
    changed: int
    commit: str


@dataclass(frozen=True)
class Proposed:
    """A proposal with what the knowledge base knows of it.

    ``topic`` is a free id that could be its; ``covered`` the entry that answers its question already, if one does.
    """

    proposal: Proposal
    topic: str
    covered: Candidate | None


class FaqImports:
    """The one door for files.

    Parameters
    ----------
    values: what variables of answers stand for.
    """

    def __init__(self, drafts: EntryDrafts, content: DraftContent, trial: FaqTrial, values: Mapping[str, str]) -> None:
        self._drafts = drafts
        self._content = content
        self._trial = trial
        self._values = values

    async def plan(self, actor: Actor, name: str, file: bytes) -> ImportPlan:
        """What a spreadsheet would change; nothing is saved.  Raises `ImportFileError`."""
        refuse_unless_trains(actor)
        draft = (await self._content.latest()).snapshot
        plan = await asyncio.to_thread(_planned, name, file, draft, self._values)
        return _with(plan, await self._judged(plan, draft))

    async def apply(self, actor: Actor, plan: ImportPlan, *, why: str) -> Saved:
        """All of it as one change.

        Raises `EntryRefusedError` while there are problems or nothing to do, `StaleEntryError` when the draft is not
        the one that the plan was made on.
        """
        refuse_unless_trains(actor)
        if plan.problems:
            raise EntryRefusedError([refusal("import_problems", n=len(plan.problems))])
        if not plan.to_save:
            raise EntryRefusedError([refusal("import_nothing")])
        if await self._drafts.head() != plan.commit:
            raise StaleEntryError(refusal("import_stale"), None)
        commit = await self._save(actor, plan.to_save, why)
        return Saved(plan.count(RowKind.new), plan.count(RowKind.changed), commit)

    async def propose(self, actor: Actor, name: str, file: bytes, *, on: date) -> list[Proposed]:
        """A policy document as entries that could be; nothing is saved.  Raises `ImportFileError`."""
        refuse_unless_trains(actor)
        proposals = await asyncio.to_thread(lambda: split(read_blocks(name, file))[:MOST_PROPOSALS])
        draft = (await self._content.latest()).snapshot
        given = set[str]()
        found = []
        for proposal in proposals:
            covered = await self._trial.covered(proposal.question, draft, on=on)
            nearest = covered or await self._trial.nearest(proposal.question, draft, on=on)
            topic = _free_id(proposal, nearest, draft, given)
            given.add(topic)
            found.append(Proposed(proposal, topic, covered))
        return found

    async def plan_entries(self, actor: Actor, entries: Sequence[Mapping[str, str]]) -> ImportPlan:
        """What saving these texts by field would change, rows numbered from 1."""
        refuse_unless_trains(actor)
        draft = (await self._content.latest()).snapshot
        plan = await asyncio.to_thread(_planned_entries, entries, draft, self._values)
        return _with(plan, await self._judged(plan, draft))

    async def _save(self, actor: Actor, rows: Sequence[PlannedRow], why: str) -> str:
        draft = (await self._content.latest()).snapshot
        wanted = []
        for row in rows:
            entry = fields_of(entry_of(row.texts), row.texts.get("covers", ""))
            old = draft.entry(row.topic)
            wanted.append((entry, version_of(old) if old else None))
        await self._drafts.save_entries(actor, wanted, why=why)
        return await self._drafts.head()

    async def _judged(self, plan: ImportPlan, draft: Snapshot) -> list[CellProblem]:
        """New questions that models are judged by, which must never be taught."""
        new: dict[str, int] = {}
        for row in plan.to_save:
            entry = draft.entry(row.topic)
            known = set(entry.questions) if entry else set[str]()
            new |= {text: row.row for text in questions_in(row.texts) if text not in known}
        texts, problems = list(new), []
        for start in range(0, len(texts), _ASKED_AT_ONCE):
            for warning in await self._drafts.warnings(texts[start : start + _ASKED_AT_ONCE]):
                if warning.kind is WarningKind.evaluation:
                    said = problem("evaluation", text=warning.text, name=warning.other)
                    problems.append(CellProblem(new[warning.text], "", said))
        return problems


def _planned(name: str, file: bytes, draft: Snapshot, values: Mapping[str, str]) -> ImportPlan:
    return plan_import(read_sheet(read_rows(name, file)), draft, values)


def _planned_entries(entries: Sequence[Mapping[str, str]], draft: Snapshot, values: Mapping[str, str]) -> ImportPlan:
    return plan_import(sheet_of(entries), draft, values)


def _with(plan: ImportPlan, problems: Sequence[CellProblem]) -> ImportPlan:
    """Rows with further problems are refused, too."""
    bad = {one.row for one in problems}
    rows = tuple(replace(row, kind=RowKind.refused, changes=()) if row.row in bad else row for row in plan.rows)
    ordered = sorted([*plan.problems, *problems], key=lambda one: one.row)
    return replace(plan, rows=rows, problems=tuple(ordered))


def _free_id(proposal: Proposal, nearest: Candidate | None, draft: Snapshot, given: set[str]) -> str:
    """In the group of the nearest entry, spelled like the question; a gap whose line says the same is taken."""
    for topic in draft.topics.values():
        if topic.entry is None and topic.covers and topic.id not in given and topic.covers in proposal.question:
            return topic.id
    first = next(iter(draft.topics.values()), None)
    group = nearest.topic.partition(".")[0] if nearest else first.group if first else "general"
    syllables = [
        part
        for part in lazy_pinyin(heading_of(proposal.question), errors="ignore")
        if part.isascii() and part.isalpha()
    ]
    name = "_".join(syllables[:6]).lower()[:_NAME].strip("_") or "topic"
    numbered = (f"{group}.{name}_{number}" for number in range(2, MOST_PROPOSALS + len(draft.topics) + 3))
    return next(one for one in (f"{group}.{name}", *numbered) if one not in given and one not in draft.topics)
