"""快捷回复: shared, of a team, and one's own; found, changed with every version kept, and used."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import ColumnElement, and_, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.desk.tools import who
from bot.desk.tools.kinds import Scope, Severity
from bot.desk.tools.ports import Colleagues
from bot.desk.tools.ranking import Use, ranked
from bot.desk.tools.sensitive import SensitiveWords
from bot.desk.tools.tables import CannedResponse, CannedUse, CannedVersion
from bot.desk.tools.variables import unknown_variables
from bot.desk.tools.words import denied, illegal, refused, unknown
from bot.staff.model import Actor

_Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)]


class CannedDraft(BaseModel):
    """What somebody writes.  ``folder`` is a path like ``运单/催派``; ``team`` counts for the scope ``team`` only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
    scope: Scope = Scope.personal
    team: _Line = ""
    folder: _Line = ""
    shortcut: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20, pattern=r"^\S*$")] = ""


@dataclass(frozen=True)
class Mine:
    """Whose responses a person has: everybody's, those of these teams (of all for who leads), and the own."""

    username: str
    teams: tuple[str, ...]
    leads: bool


class CannedResponses:
    """The one door to canned responses.

    Everybody who talks reads the shared ones, those of the own teams and the own.  Shared and team ones are changed by
    supervisors and administrators, personal ones by their owner.
    """

    def __init__(self, database: Database, clock: Clock, sensitive: SensitiveWords, colleagues: Colleagues) -> None:
        self._database = database
        self._clock = clock
        self._sensitive = sensitive
        self._colleagues = colleagues

    # -- finding ---------------------------------------------------------------------------------

    async def search(
        self, actor: Actor, query: str = "", *, folder: str | None = None, limit: int = 20
    ) -> list[CannedResponse]:
        """Those that fit, best first: by words, shortcut, pinyin or its first letters, then by the person's own use.

        Without a query: what the person uses most.  ``folder`` takes in what is below it.
        """
        mine = await self._mine(actor)
        async with self._database.transaction() as session:
            found = {one.id: one for one in await self._visible(session, mine)}
            uses = await session.scalars(select(CannedUse).where(CannedUse.username == mine.username))
            used = {one.response_id: Use(one.times, one.last_at) for one in uses}
        if folder:
            found = {key: one for key, one in found.items() if f"{one.folder}/".startswith(f"{folder}/")}
        best = ranked(query, found.values(), used, now=self._clock())
        return [found[response_id] for response_id, _ in best[:limit]]

    async def folders(self, actor: Actor) -> list[str]:
        """Every folder with something in it for this person."""
        async with self._database.transaction() as session:
            found = await self._visible(session, await self._mine(actor))
        return sorted({one.folder for one in found if one.folder})

    async def get(self, actor: Actor, response_id: UUID) -> CannedResponse:
        """One that the person has.  Raises `NotFoundError`."""
        mine = await self._mine(actor)
        async with self._database.transaction() as session:
            return await self._own(session, mine, response_id)

    async def everything(self, actor: Actor) -> Sequence[CannedResponse]:
        """All that this person has, in the order of folders and titles."""
        async with self._database.transaction() as session:
            return await self._visible(session, await self._mine(actor))

    async def versions(self, actor: Actor, response_id: UUID) -> list[CannedVersion]:
        """How it was before, newest first."""
        mine = await self._mine(actor)
        query = select(CannedVersion).where(CannedVersion.response_id == response_id)
        async with self._database.transaction() as session:
            await self._own(session, mine, response_id)
            return list(await session.scalars(query.order_by(CannedVersion.version.desc())))

    # -- changing --------------------------------------------------------------------------------

    async def add(self, actor: Actor, draft: CannedDraft, *, what: str = "added") -> CannedResponse:
        """A new one.

        Raises `AccessRefusedError`, `IllegalMoveError` for a shortcut that is taken, `RefusedError` for words that must
        not be sent and for variables that do not exist.
        """
        owner = await self._owner(actor, draft)
        await self._refuse_unsendable(draft.text)
        now = self._clock()
        response = CannedResponse(
            scope=draft.scope.value, owner=owner, version=0, is_active=True, changed_by=actor.username, changed_at=now
        )
        with _one_shortcut(draft.shortcut):
            async with self._database.transaction() as session:
                session.add(response)
                await self._write(session, response, draft, what, by=actor.username, at=now)
        return response

    async def change(self, actor: Actor, response_id: UUID, draft: CannedDraft, *, version: int) -> CannedResponse:
        """Other words from now on; the scope stays.  ``version`` is the one that was on the screen."""
        await self._refuse_unsendable(draft.text)
        return await self._rewrite(actor, response_id, draft, "changed", version=version)

    async def restore(self, actor: Actor, response_id: UUID, to: int, *, version: int) -> CannedResponse:
        """As it was in version ``to``, as a new version."""
        who.refuse_unless_talks(actor)
        async with self._database.transaction() as session:
            old = await session.get(CannedVersion, (response_id, to))
        if old is None:
            raise unknown("canned_unknown")
        draft = CannedDraft(title=old.title, text=old.text, folder=old.folder, shortcut=old.shortcut)
        return await self._rewrite(actor, response_id, draft, "restored", version=version)

    async def remove(self, actor: Actor, response_id: UUID) -> None:
        """Nobody finds it any more; its versions stay."""
        mine = await self._mine(actor)
        async with self._database.transaction() as session:
            response = await self._own(session, mine, response_id, lock=True)
            self._refuse_unless_owner(actor, response)
            response.is_active = False
            draft = CannedDraft(
                title=response.title, text=response.text, folder=response.folder, shortcut=response.shortcut
            )
            await self._write(session, response, draft, "removed", by=actor.username, at=self._clock())

    async def used(self, actor: Actor, response_id: UUID) -> None:
        """Remember that the person used it; what is used comes first."""
        mine = await self._mine(actor)
        put = insert(CannedUse).values(username=mine.username, response_id=response_id, times=1, last_at=self._clock())
        again = put.on_conflict_do_update(
            index_elements=["username", "response_id"],
            set_={"times": CannedUse.times + 1, "last_at": put.excluded.last_at},
        )
        async with self._database.transaction() as session:
            await self._own(session, mine, response_id)
            await session.execute(again)

    # -- within ----------------------------------------------------------------------------------

    async def _mine(self, actor: Actor) -> Mine:
        who.refuse_unless_talks(actor)
        return Mine(actor.username, tuple(await self._colleagues.teams_of(actor.username)), actor.role in who.LEADS)

    async def _visible(self, session: AsyncSession, mine: Mine) -> Sequence[CannedResponse]:
        query = select(CannedResponse).where(CannedResponse.is_active, _is_of(mine))
        return (await session.scalars(query.order_by(CannedResponse.folder, CannedResponse.title))).all()

    async def _own(self, session: AsyncSession, mine: Mine, response_id: UUID, *, lock: bool = False) -> CannedResponse:
        query = select(CannedResponse).where(CannedResponse.id == response_id, CannedResponse.is_active, _is_of(mine))
        found = (await session.scalars(query.with_for_update() if lock else query)).first()
        if found is None:
            raise unknown("canned_unknown")
        return found

    async def _owner(self, actor: Actor, draft: CannedDraft) -> str:
        mine = await self._mine(actor)
        if draft.scope is Scope.personal:
            return mine.username
        if actor.role not in who.LEADS:
            raise denied("canned_owner")
        if draft.scope is Scope.team and not draft.team:
            raise refused("canned_team_missing")
        return draft.team if draft.scope is Scope.team else ""

    def _refuse_unless_owner(self, actor: Actor, response: CannedResponse) -> None:
        is_own = response.scope == Scope.personal and response.owner == actor.username
        if not is_own and (response.scope == Scope.personal or actor.role not in who.LEADS):
            raise denied("canned_owner")

    async def _refuse_unsendable(self, text: str) -> None:
        strangers = unknown_variables(text)
        if strangers:
            raise refused("canned_variable", names="、".join(strangers))
        verdict = await self._sensitive.check(text)
        if verdict.severity is Severity.block:
            blocked = [hit.text for hit in verdict.hits if hit.severity is Severity.block]
            raise refused("canned_words", words="、".join(dict.fromkeys(blocked)))

    async def _rewrite(
        self, actor: Actor, response_id: UUID, draft: CannedDraft, what: str, *, version: int
    ) -> CannedResponse:
        mine = await self._mine(actor)
        with _one_shortcut(draft.shortcut):
            async with self._database.transaction() as session:
                response = await self._own(session, mine, response_id, lock=True)
                self._refuse_unless_owner(actor, response)
                if response.version != version:
                    raise illegal("canned_version")
                await self._write(session, response, draft, what, by=actor.username, at=self._clock())
        return response

    async def _write(
        self, session: AsyncSession, response: CannedResponse, draft: CannedDraft, what: str, *, by: str, at: datetime
    ) -> None:
        """The words, and the version that keeps them."""
        words = {"folder": draft.folder, "shortcut": draft.shortcut, "title": draft.title, "text": draft.text}
        for name, value in words.items():
            setattr(response, name, value)
        response.version += 1
        response.changed_by, response.changed_at = by, at
        await session.flush()
        session.add(CannedVersion(response_id=response.id, version=response.version, what=what, by=by, at=at, **words))


def _is_of(mine: Mine) -> ColumnElement[bool]:
    return or_(
        CannedResponse.scope == Scope.shared.value,
        and_(CannedResponse.scope == Scope.team.value, or_(CannedResponse.owner.in_(mine.teams), literal(mine.leads))),
        and_(CannedResponse.scope == Scope.personal.value, CannedResponse.owner == mine.username),
    )


@contextmanager
def _one_shortcut(shortcut: str) -> Iterator[None]:
    """Says that a shortcut is taken in words for people."""
    try:
        yield
    except IntegrityError as error:
        if "uq_canned_responses_shortcut" not in str(error.orig):
            raise
        raise illegal("canned_shortcut", shortcut=shortcut) from error
