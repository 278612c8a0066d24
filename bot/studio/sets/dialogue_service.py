"""The one door to dialogues that must go on working: made of a conversation, edited, tried against a release."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from bot.clock import Clock
from bot.conversations.model import Conversation, Message
from bot.db import Database
from bot.staff import audit
from bot.staff.model import Actor
from bot.studio.roles import refuse_unless_looks, refuse_unless_trains
from bot.studio.sets.dialogues import (
    LONGEST,
    DialogueView,
    Result,
    RunView,
    Script,
)
from bot.studio.sets.kinds import Outcome
from bot.studio.sets.playing import rehearse, turns_of
from bot.studio.sets.responses import Responses
from bot.studio.sets.stage import Stage
from bot.studio.sets.tables import DialogueRun, DialogueVersion, StudioDialogue
from bot.studio.sets.words import refused, set_words, unknown

_RUNS = 20


class Dialogues:
    """Dialogues and their runs.  ``responses`` tell what an answer was made from."""

    def __init__(self, database: Database, clock: Clock, responses: Responses) -> None:
        self._database = database
        self._clock = clock
        self.responses = responses

    async def from_conversation(
        self, actor: Actor, conversation_id: UUID, *, name: str = "", first: int = 1, last: int | None = None
    ) -> DialogueView:
        """Made of messages ``first`` to ``last`` of a conversation, with what the bot did then expected.

        Nobody can be recognised in it.  Supervisors may, too: they see conversations that went wrong.
        Raises `NotFoundError`, `RefusedError` where the customer said nothing.
        """
        refuse_unless_looks(actor)
        async with self._database.transaction() as session:
            if await session.get(Conversation, conversation_id) is None:
                raise unknown("conversation")
            query = select(Message).where(Message.conversation_id == conversation_id, Message.seq >= first)
            query = query.where(Message.seq <= last) if last is not None else query
            messages = (await session.scalars(query.order_by(Message.seq).limit(LONGEST * 6))).all()
        turns = turns_of(messages, self.responses)
        if not turns:
            raise refused("nothing_said")
        title = set_words().ui["dialogue_of"].format(text=turns[0].says[:16], id=conversation_id.hex[:4])
        return await self._save(
            actor, None, name.strip() or title, Script(turns=turns), why="", conversation_id=conversation_id
        )

    async def save(
        self,
        actor: Actor,
        dialogue_id: UUID | None,
        name: str,
        script: Script,
        *,
        version: int = 0,
        why: str,
    ) -> DialogueView:
        """A new one, or the next version of one.

        Raises `RefusedError` for a name taken, or where somebody else saved since ``version``.
        """
        refuse_unless_trains(actor)
        return await self._save(actor, dialogue_id, name, script, version=version, why=why)

    async def _save(
        self,
        actor: Actor,
        dialogue_id: UUID | None,
        name: str,
        script: Script,
        *,
        version: int = 0,
        why: str,
        conversation_id: UUID | None = None,
    ) -> DialogueView:
        try:
            async with self._database.transaction() as session:
                row = await self._row(session, dialogue_id, version)
                row.name, row.version = name.strip()[:60] or "—", row.version + 1
                row.changed_by, row.changed_at = actor.username, self._clock()
                row.conversation_id = row.conversation_id or conversation_id
                session.add(row)
                await session.flush()
                session.add(_version(row, script, why))
                audit.record_by(session, "studio.dialogue.saved", actor, at=row.changed_at, about=row.name, why=why)
                return _view(row, script, None)
        except IntegrityError as error:
            raise refused("name_taken", name=name.strip()) from error

    async def all(self, actor: Actor, *, skip: int = 0, limit: int | None = None) -> list[DialogueView]:
        """By name, each with how it went the last time; all of them, or some."""
        refuse_unless_looks(actor)
        async with self._database.transaction() as session:
            return await _active(session, _DIALOGUES.order_by(StudioDialogue.name).offset(skip).limit(limit))

    async def get(self, actor: Actor, dialogue_id: UUID) -> DialogueView:
        """Raises `NotFoundError`."""
        refuse_unless_looks(actor)
        async with self._database.transaction() as session:
            found = await _active(session, _DIALOGUES.where(StudioDialogue.id == dialogue_id))
        if not found:
            raise unknown("dialogue")
        return found[0]

    async def versions(self, actor: Actor, dialogue_id: UUID) -> list[tuple[int, str, str, Script]]:
        """Number, who, why and script of each version, the newest first."""
        refuse_unless_looks(actor)
        query = select(DialogueVersion).where(DialogueVersion.dialogue_id == dialogue_id)
        async with self._database.transaction() as session:
            rows = (await session.scalars(query.order_by(DialogueVersion.version.desc()))).all()
        return [(row.version, row.by, row.why, Script.model_validate(row.script)) for row in rows]

    async def remove(self, actor: Actor, dialogue_id: UUID) -> None:
        """It is tried no more; its versions stay."""
        refuse_unless_trains(actor)
        async with self._database.transaction() as session:
            row = await session.get(StudioDialogue, dialogue_id, with_for_update=True)
            if row is None:
                raise unknown("dialogue")
            row.is_active, row.name = False, f"{row.name}#{row.id.hex[:6]}"
            audit.record_by(session, "studio.dialogue.removed", actor, at=self._clock(), about=row.name)

    async def run(self, actor: Actor, stage: Stage, *, release: str) -> RunView:
        """Try them all, one after the other; the result is kept."""
        refuse_unless_trains(actor)
        results = [await rehearse(stage, one, self.responses) for one in await self.all(actor)]
        passed = sum(result.outcome is Outcome.passed for result in results)
        row = DialogueRun(id=uuid4(), release=release, by=actor.username, at=self._clock())
        row.total, row.passed = len(results), passed
        row.results = [result.model_dump(mode="json") for result in results]
        async with self._database.transaction() as session:
            session.add(row)
        return _run(row, results)

    async def runs(self, actor: Actor) -> list[RunView]:
        """The latest, the newest first; only the newest with its results."""
        refuse_unless_looks(actor)
        query = select(DialogueRun).order_by(DialogueRun.at.desc()).limit(_RUNS).options(defer(DialogueRun.results))
        async with self._database.transaction() as session:
            rows = (await session.scalars(query)).all()
            newest = await session.get(DialogueRun, rows[0].id, populate_existing=True) if rows else None
        results = [Result.model_validate(each) for each in newest.results] if newest else []
        return [_run(row, results if number == 0 else []) for number, row in enumerate(rows)]

    async def _row(self, session: AsyncSession, dialogue_id: UUID | None, version: int) -> StudioDialogue:
        if dialogue_id is None:
            return StudioDialogue(id=uuid4(), version=0, is_active=True)
        row = await session.get(StudioDialogue, dialogue_id, with_for_update=True)
        if row is None or not row.is_active:
            raise unknown("dialogue")
        if row.version != version:
            raise refused("dialogue_changed", by=row.changed_by)
        return row


_DIALOGUES = (
    select(StudioDialogue, DialogueVersion.script)
    .join(
        DialogueVersion,
        (DialogueVersion.dialogue_id == StudioDialogue.id) & (DialogueVersion.version == StudioDialogue.version),
    )
    .where(StudioDialogue.is_active)
)


_EACH = func.jsonb_array_elements(
    select(DialogueRun.results).order_by(DialogueRun.at.desc()).limit(1).scalar_subquery(), type_=JSONB
).column_valued("each")
_LAST_OUTCOMES = select(_EACH["dialogue_id"].astext, _EACH["outcome"].astext)
"""Of the newest run; what was said in it is much longer."""


async def _active(session: AsyncSession, query: Select[Any]) -> list[DialogueView]:
    went = {dialogue: Outcome(outcome) for dialogue, outcome in await session.execute(_LAST_OUTCOMES)}
    rows = (await session.execute(query)).all()
    return [_view(row, Script.model_validate(script), went.get(str(row.id))) for row, script in rows]


def _version(row: StudioDialogue, script: Script, why: str) -> DialogueVersion:
    kept = script.model_dump(mode="json")
    return DialogueVersion(
        dialogue_id=row.id, version=row.version, script=kept, why=why, by=row.changed_by, at=row.changed_at
    )


def _view(row: StudioDialogue, script: Script, last: Outcome | None) -> DialogueView:
    names = ("id", "name", "version", "changed_by", "changed_at", "conversation_id")
    return DialogueView(**{name: getattr(row, name) for name in names}, script=script, last=last)


def _run(row: DialogueRun, results: Sequence[Result]) -> RunView:
    names = ("id", "release", "by", "at", "total", "passed")
    return RunView(**{name: getattr(row, name) for name in names}, results=tuple(results))
