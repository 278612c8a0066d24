"""Tasks of the desk: taken by one of a team, and done with a word of what was done."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.desk.tools import who
from bot.desk.tools.kinds import TaskState
from bot.desk.tools.ports import Colleagues
from bot.desk.tools.tables import DeskTask
from bot.desk.tools.words import illegal, refused, unknown
from bot.staff.model import Actor


class Tasks:
    """Everybody who talks sees the own tasks, those of the own teams, and those of nobody; who leads sees all."""

    def __init__(self, database: Database, clock: Clock, colleagues: Colleagues) -> None:
        self._database = database
        self._clock = clock
        self._colleagues = colleagues

    async def of(self, actor: Actor, *, done: bool = False, limit: int = 100) -> list[DeskTask]:
        """Those to be done, soonest due first; or those that were done, newest first."""
        mine = await self._visible(actor)
        is_done = DeskTask.state == TaskState.done.value
        query = select(DeskTask).where(mine, is_done if done else ~is_done).limit(limit)
        order = DeskTask.done_at.desc() if done else DeskTask.due_at
        async with self._database.transaction() as session:
            return list(await session.scalars(query.order_by(order)))

    async def take(self, actor: Actor, task_id: UUID) -> DeskTask:
        """Have it from now on.  Raises `IllegalMoveError` when a colleague was faster, `NotFoundError`."""
        mine = await self._visible(actor)
        async with self._database.transaction() as session:
            task = await self._locked(session, task_id, mine)
            if task.state == TaskState.taken and task.assignee != actor.username:
                raise illegal("task_taken", by=task.assignee)
            if task.state != TaskState.taken:
                task.state, task.assignee, task.taken_at = TaskState.taken.value, actor.username, self._clock()
            return task

    async def give_back(self, actor: Actor, task_id: UUID) -> DeskTask:
        """For somebody else of the team; by whoever has it, or who leads."""
        mine = await self._visible(actor)
        async with self._database.transaction() as session:
            task = await self._locked(session, task_id, mine)
            self._refuse_unless_holder(actor, task)
            task.state, task.assignee, task.taken_at = TaskState.open.value, None, None
            return task

    async def finish(self, actor: Actor, task_id: UUID, text: str) -> DeskTask:
        """Done, and how; taken first where nobody had it."""
        if not text.strip():
            raise refused("task_says_nothing")
        mine = await self._visible(actor)
        async with self._database.transaction() as session:
            task = await self._locked(session, task_id, mine)
            self._refuse_unless_holder(actor, task)
            task.assignee = task.assignee or actor.username
            task.state, task.done_by, task.done_at = TaskState.done.value, actor.username, self._clock()
            task.done_text = text.strip()
            who.keep(session, "task.done", actor, at=self._clock(), why=task.kind, conversation_id=task.conversation_id)
            return task

    def _refuse_unless_holder(self, actor: Actor, task: DeskTask) -> None:
        if task.state == TaskState.taken and task.assignee != actor.username and actor.role not in who.LEADS:
            raise illegal("task_taken", by=task.assignee)

    async def _visible(self, actor: Actor) -> ColumnElement[bool]:
        who.refuse_unless_talks(actor)
        if actor.role in who.LEADS:
            return DeskTask.id.is_not(None)
        teams = await self._colleagues.teams_of(actor.username)
        nobodys = and_(DeskTask.team.is_(None), DeskTask.assignee.is_(None))
        return or_(DeskTask.assignee == actor.username, DeskTask.team.in_(teams), nobodys)

    async def _locked(self, session: AsyncSession, task_id: UUID, mine: ColumnElement[bool]) -> DeskTask:
        query = select(DeskTask).where(DeskTask.id == task_id, mine).with_for_update()
        task = (await session.scalars(query)).first()
        if task is None:
            raise unknown("task")
        if task.state == TaskState.done:
            raise illegal("task_done")
        return task
