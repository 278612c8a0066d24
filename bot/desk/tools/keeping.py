"""Promises after they were made: looked at until they are kept or broken; a broken one becomes a task."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.conversations.model import Message
from bot.db import Database
from bot.desk.tools import who
from bot.desk.tools.hints import hint
from bot.desk.tools.kinds import PromiseKind, PromiseState, TaskState
from bot.desk.tools.ports import Colleagues
from bot.desk.tools.proving import GRACE, Ended, Judged, Proof, judge
from bot.desk.tools.tables import DeskTask, ServicePromise
from bot.desk.tools.who import Sight
from bot.desk.tools.words import illegal, refused, tool_words, unknown
from bot.errors import WaybillNotFoundError
from bot.outbox import emit
from bot.staff.model import Actor
from bot.tickets.model import Ticket
from bot.waybills.service import WaybillService

LOOK_EVERY = timedelta(minutes=30)
TASK_WITHIN = timedelta(hours=2)
"""A broken promise is to be made good so soon."""
BROKEN = "promise_broken"
_AT_ONCE = 200


class Promises:
    """The one door to promises."""

    def __init__(
        self, database: Database, clock: Clock, sight: Sight, waybills: WaybillService, colleagues: Colleagues
    ) -> None:
        self._database = database
        self._clock = clock
        self._sight = sight
        self._waybills = waybills
        self._colleagues = colleagues

    async def of_conversation(self, actor: Actor, conversation_id: UUID) -> list[ServicePromise]:
        """What was promised in a conversation, soonest due first."""
        await self._sight.view(actor, conversation_id)
        query = select(ServicePromise).where(ServicePromise.conversation_id == conversation_id)
        async with self._database.transaction() as session:
            return list(await session.scalars(query.order_by(ServicePromise.due_at)))

    async def of_waybill(self, actor: Actor, waybill_no: str) -> list[ServicePromise]:
        """What was promised about a parcel, newest first; for whoever talks with customers."""
        who.refuse_unless_talks(actor)
        query = select(ServicePromise).where(ServicePromise.waybill_no == waybill_no)
        async with self._database.transaction() as session:
            return list(await session.scalars(query.order_by(ServicePromise.made_at.desc()).limit(50)))

    async def settle(self, actor: Actor, promise_id: UUID, state: PromiseState, text: str) -> ServicePromise:
        """Say by hand that a promise was kept, or that it no longer holds, and how; for its maker and who leads.

        Raises `NotFoundError`, `AccessRefusedError`, `IllegalMoveError` once it is settled, `RefusedError` without a
        word of how.
        """
        who.refuse_unless_talks(actor)
        if not text.strip() or state not in (PromiseState.kept, PromiseState.withdrawn):
            raise refused("task_says_nothing")
        async with self._database.transaction() as session:
            promise = await session.get(ServicePromise, promise_id, with_for_update=True)
            if promise is None or (promise.made_by != actor.username and actor.role not in who.LEADS):
                raise unknown("promise")
            if promise.state != PromiseState.open:
                raise illegal("promise_settled")
            because = tool_words().verdicts["by_hand"].format(by=actor.username, text=text.strip())
            await self._settle(session, promise, Judged(state, because), team=None)
            who.keep(session, f"promise.{state}", actor, at=self._clock(), conversation_id=promise.conversation_id)
            return promise

    async def look(self, now: datetime) -> int:
        """Judge every promise that is due for a look; returns how many were settled.

        Several processes may look at once: each promise is judged by one of them.
        """
        settled = 0
        async with self._database.transaction() as session:
            query = select(ServicePromise.id).where(ServicePromise.look_at <= now).order_by(ServicePromise.look_at)
            ids = (await session.scalars(query.limit(_AT_ONCE))).all()
        for promise_id in ids:
            settled += await self._look_at(promise_id, now)
        return settled

    # -- within ----------------------------------------------------------------------------------

    async def _look_at(self, promise_id: UUID, now: datetime) -> bool:
        async with self._database.transaction() as session:
            promise = await session.get(ServicePromise, promise_id)
        if promise is None:
            return False
        proof = await self._proof(promise)
        teams = await self._colleagues.teams_of(promise.made_by)
        judged = judge(
            PromiseKind(promise.kind),
            since=promise.confirmed_at,
            made_at=promise.made_at,
            due_at=promise.due_at,
            proof=proof,
            now=now,
        )
        async with self._database.transaction() as session:
            query = select(ServicePromise).where(
                ServicePromise.id == promise_id, ServicePromise.state == PromiseState.open
            )
            mine = (await session.scalars(query.with_for_update(skip_locked=True))).first()
            if mine is None:
                return False
            if judged is None:
                mine.look_at = next_look(mine.due_at, now)
                return False
            await self._settle(session, mine, judged, team=teams[0] if teams else None)
            return True

    async def _settle(
        self, session: AsyncSession, promise: ServicePromise, judged: Judged, *, team: str | None
    ) -> None:
        now = self._clock()
        promise.state, promise.because = judged.state.value, judged.because
        promise.settled_at, promise.look_at = now, None
        if judged.state is not PromiseState.broken:
            return
        kind = tool_words().promises[promise.kind]
        session.add(
            DeskTask(
                kind=BROKEN,
                promise_id=promise.id,
                conversation_id=promise.conversation_id,
                waybill_no=promise.waybill_no,
                team=team,
                assignee=promise.made_by if team is None else None,
                title=tool_words().summary["task"].format(kind=kind),
                state=TaskState.open.value,
                opened_at=now,
                due_at=now + TASK_WITHIN,
                done_text="",
            )
        )
        subject = promise.waybill_no or str(promise.id)
        await emit(session, "promise.broken", subject, _told(promise), at=now)
        await hint(session, promise.conversation_id, "task")

    async def _proof(self, promise: ServicePromise) -> Proof:
        track = None
        if promise.waybill_no is not None:
            try:
                track = (await self._waybills.get(promise.waybill_no)).track
            except WaybillNotFoundError:
                track = None
        async with self._database.transaction() as session:
            spoken = await session.scalars(
                select(Message.created_at).where(
                    Message.conversation_id == promise.conversation_id,
                    Message.author == "agent",
                    Message.created_at > promise.confirmed_at,
                )
            )
            ended = await session.scalars(select(Ticket).where(_about(promise), Ticket.handled_at > promise.made_at))
            closed = await session.scalars(select(Ticket).where(_about(promise), Ticket.closed_at > promise.made_at))
            return Proof(track, sorted(spoken), _ended([*ended, *closed]))


def next_look(due_at: datetime, now: datetime) -> datetime:
    """Now and then before it is due, and for the last time shortly after."""
    return min(max(now + LOOK_EVERY, now), max(due_at + GRACE + timedelta(minutes=1), now + timedelta(minutes=5)))


def _about(promise: ServicePromise) -> ColumnElement[bool]:
    of_conversation = Ticket.conversation_id == promise.conversation_id
    return or_(of_conversation, Ticket.waybill_no == promise.waybill_no) if promise.waybill_no else of_conversation


def _ended(tickets: Sequence[Ticket]) -> list[Ended]:
    moments = {(one.ticket_no, at) for one in tickets for at in (one.handled_at, one.closed_at) if at is not None}
    return [Ended(ticket_no, at) for ticket_no, at in sorted(moments, key=lambda each: each[1])]


def _told(promise: ServicePromise) -> dict[str, object]:
    return {
        "promise_id": str(promise.id),
        "kind": promise.kind,
        "waybill_no": promise.waybill_no,
        "due_at": promise.due_at,
        "by": promise.made_by,
    }
