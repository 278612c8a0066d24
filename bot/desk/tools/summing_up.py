"""The service summary at the end of a contact: drafted, confirmed or edited by the agent, kept with its promises."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from bot.clock import Clock
from bot.conversations.model import Message
from bot.conversations.schemas import ConversationView
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.desk.tools.drafting import Done, Draft, Material, draft_of
from bot.desk.tools.free_text import mask_text
from bot.desk.tools.keeping import next_look
from bot.desk.tools.kinds import PromiseKind, PromiseState
from bot.desk.tools.ports import Calendar
from bot.desk.tools.tables import ServicePromise
from bot.desk.tools.who import Sight
from bot.desk.tools.words import refused
from bot.desk.words import desk_words
from bot.staff.model import Actor
from bot.tickets.events import TicketEvent
from bot.tickets.kinds import Move
from bot.tickets.model import Ticket
from bot.tickets.service import Contact, TicketService
from bot.waybills.tables import Instruction

_LOOK_BACK = 200
_Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
_INTENT_OF = {
    "change_address": "change_address",
    "reschedule_delivery": "reschedule_delivery",
    "delivery_preference": "delivery_preference",
    "intercept": "intercept_parcel",
    "refuse": "refuse_parcel",
    "expedite": "urge_delivery",
}
"""What each instruction for a waybill is called among intents."""


class ConfirmedPromise(BaseModel):
    """A promise as the agent leaves it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: PromiseKind
    words: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
    due_at: AwareDatetime
    made_at: AwareDatetime | None = None
    waybill_no: _Line | None = None


class Confirmed(BaseModel):
    """The summary as the agent leaves it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    wrap_up_code: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""
    waybill_nos: tuple[_Line, ...] = Field((), max_length=20)
    wanted: _Line = ""
    done: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""
    promises: tuple[ConfirmedPromise, ...] = Field((), max_length=10)


class SummingUp:
    """Drafts and keeps summaries of the conversations that an agent holds."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        sight: Sight,
        conversations: ConversationService,
        tickets: TicketService,
        calendar: Calendar,
    ) -> None:
        self._database = database
        self._clock = clock
        self._sight = sight
        self._conversations = conversations
        self._tickets = tickets
        self._calendar = calendar

    async def draft(self, actor: Actor, conversation_id: UUID) -> Draft:
        """What the summary should say, by what was said and done; nothing is kept yet."""
        view = await self._sight.view(actor, conversation_id)
        return draft_of(await self._material(view), calendar=self._calendar)

    async def confirm(self, actor: Actor, conversation_id: UUID, confirmed: Confirmed) -> None:
        """Keep the summary and its promises, once per acceptance; then the conversation can be resolved.

        Raises `IllegalMoveError` for a conversation that the actor does not hold, `RefusedError` for a wrap-up code
        that is not listed or a promise for a time that is over.
        """
        view = await self._sight.held(actor, conversation_id)
        now = self._clock()
        if confirmed.wrap_up_code not in desk_words().wrap_up_codes:
            raise refused("wrap_up", code=confirmed.wrap_up_code)
        if any(one.due_at <= now for one in confirmed.promises):
            raise refused("promise_past")
        turn = turn_of(view)
        waybill_no = confirmed.waybill_nos[0] if confirmed.waybill_nos else view.waybill_no
        rows = [
            _row(view, turn, place, one, waybill_no, actor.username, now)
            for place, one in enumerate(confirmed.promises)
        ]
        if rows:
            async with self._database.transaction() as session:
                await session.execute(insert(ServicePromise).values(rows).on_conflict_do_nothing())
        contact = Contact(view.customer_id, conversation_id, turn, by=actor.username)
        await self._tickets.summarise(
            confirmed.wrap_up_code, confirmed.text, waybill_no=waybill_no, contact=contact, details=_details(confirmed)
        )

    # -- within ----------------------------------------------------------------------------------

    async def _material(self, view: ConversationView) -> Material:
        since = view.accepted_at or view.created_at
        messages = await self._conversations.messages_before(view.id, view.last_seq + 1, limit=_LOOK_BACK)
        begins = await self._begins(view)
        contact = [message for message in messages if message.created_at >= begins]
        async with self._database.transaction() as session:
            query = select(Message.seq, Message.understood).where(
                Message.conversation_id == view.id,
                Message.author == "customer",
                Message.created_at >= begins,
                Message.understood.is_not(None),
            )
            understood = (await session.execute(query.order_by(Message.seq))).all()
        return Material(
            messages=contact,
            intents=[(seq, name) for seq, each in understood if (name := _intent(each))],
            hand_off_intent=view.hand_off_intent,
            waybill_no=view.waybill_no,
            done=await self._done(view.id, begins),
            since=since,
        )

    async def _begins(self, view: ConversationView) -> datetime:
        """Since the last summary that a person wrote, else since the conversation began."""
        before = [one.at for one in await self._tickets.summaries_of(view.id) if ":desk:" in one.turn]
        return max((at for at in before if at < self._clock()), default=view.created_at)

    async def _done(self, conversation_id: UUID, since: datetime) -> list[Done]:
        opened = (Move.open.value, Move.append.value)
        tickets = (
            select(Ticket.ticket_no, Ticket.category, TicketEvent.at)
            .join(TicketEvent, TicketEvent.ticket_no == Ticket.ticket_no)
            .where(Ticket.conversation_id == conversation_id, TicketEvent.at >= since, TicketEvent.what.in_(opened))
            .order_by(TicketEvent.at)
        )
        changes = (
            select(Instruction.kind)
            .where(Instruction.conversation_id == conversation_id, Instruction.at >= since)
            .order_by(Instruction.at)
        )
        async with self._database.transaction() as session:
            of_tickets = {number: category for number, category, _ in (await session.execute(tickets)).all()}
            kinds = (await session.scalars(changes)).all()
        catalogue = self._tickets.core.catalogue()
        leaves = {category: catalogue.leaf_or_other(category) for category in of_tickets.values()}
        named = {key: (leaf.intents[0] if leaf.intents else key) for key, leaf in leaves.items()}
        return [
            *(Done(None, _INTENT_OF.get(kind, kind)) for kind in kinds),
            *(Done(number, named[category]) for number, category in of_tickets.items()),
        ]


def turn_of(view: ConversationView) -> str:
    """What makes the summary of one acceptance count once; the desk's own when it resolves is the same."""
    since = int(view.accepted_at.timestamp()) if view.accepted_at else 0
    return f"{view.id}:desk:{since}"


def _intent(understood: dict[str, Any] | None) -> str | None:
    """However the engine writes it: a name, or an object with one."""
    intent = (understood or {}).get("intent")
    name = intent.get("name") if isinstance(intent, dict) else intent
    return str(name).partition("/")[0] if name else None


def _row(
    view: ConversationView,
    turn: str,
    place: int,
    promise: ConfirmedPromise,
    waybill_no: str | None,
    by: str,
    now: datetime,
) -> dict[str, object]:
    return {
        "turn": turn,
        "place": place,
        "conversation_id": view.id,
        "waybill_no": promise.waybill_no or waybill_no,
        "kind": promise.kind.value,
        "words": mask_text(promise.words),
        "made_by": by,
        "made_at": promise.made_at or now,
        "confirmed_at": now,
        "due_at": promise.due_at,
        "state": PromiseState.open.value,
        "look_at": next_look(promise.due_at, now),
        "because": "",
    }


def _details(confirmed: Confirmed) -> dict[str, object]:
    return confirmed.model_dump(mode="json", include={"waybill_nos", "wanted", "done", "promises"})
