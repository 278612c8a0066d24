"""What a person does at the desk: see who waits, take a conversation, talk, look around, finish."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from bot.channels import Attachment
from bot.clock import Clock
from bot.conversations.custody import WAITING
from bot.conversations.events import EventHub
from bot.conversations.model import ConversationState
from bot.conversations.schemas import ConversationView, MessageView
from bot.conversations.service import ConversationService
from bot.customers.service import get_customer
from bot.db import Database
from bot.desk.coalesce import Coalesced
from bot.desk.context import customer_card, ticket_lines, visitor_label, waybill_card
from bot.desk.model import ReadMark
from bot.desk.schemas import Context, Glance, Lists, SummaryLine, WaybillCard
from bot.desk.service import AgentService, Person
from bot.desk.tools.services import DeskTools
from bot.desk.words import desk_words
from bot.errors import AccessRefusedError, IllegalMoveError, NotFoundError, WaybillNotFoundError
from bot.evidence.attachments import AttachmentService
from bot.handover.brief import brief_of, past_of
from bot.handover.heartbeats import Heartbeats
from bot.handover.service import Handover
from bot.staff import audit
from bot.staff.model import Role
from bot.tickets.model import Ticket
from bot.tickets.service import Contact, TicketService
from bot.waybills.service import WaybillService

_LOOK_BACK = 30
_REMEMBERED = 2000
_SEES_ALL = {Role.supervisor, Role.admin}


@dataclass(frozen=True)
class DeskServices:
    """What the desk is built on, put together by the composition root."""

    database: Database
    clock: Clock
    hub: EventHub
    conversations: ConversationService
    waybills: WaybillService
    tickets: TicketService
    agents: AgentService
    attachments: AttachmentService | None = None
    tools: DeskTools | None = None
    handover: Handover | None = None
    heartbeats: Heartbeats | None = None


@dataclass(frozen=True)
class _Tail:
    """The end of a log as the lists need it."""

    last_seq: int
    last_author: str | None
    last_text: str
    last_at: datetime
    customer_seqs: tuple[int, ...]


class Workplace:
    """The one door of the desk, for its pages and its API alike.

    Moves raise `AccessRefusedError` when the role or the conversation is not the person's, and `IllegalMoveError` when
    the conversation is no longer in a state that allows them.
    """

    def __init__(self, services: DeskServices) -> None:
        self._services = services
        self._conversations = services.conversations
        self._waiting = Coalesced(self._read_waiting)
        self._tails: OrderedDict[UUID, _Tail] = OrderedDict()

    # -- the lists -------------------------------------------------------------------------------

    async def waiting(self) -> list[Glance]:
        """The queue, in the order it is served; read once for all who ask at the same moment."""
        return await self._waiting()

    async def mine(self, person: Person) -> list[Glance]:
        """The person's own conversations, oldest first, with how much is unread."""
        views = await self._conversations.held_by(person.username)
        marks = await self._read_marks(person, [view.id for view in views])
        return [await self._glance(view, marks.get(view.id, 0)) for view in views]

    async def lists(self, person: Person) -> Lists:
        self._refuse_unless_talks(person)
        return Lists(waiting=tuple(await self.waiting()), mine=tuple(await self.mine(person)))

    # -- one conversation ------------------------------------------------------------------------

    async def view(self, person: Person, conversation_id: UUID) -> ConversationView:
        """A conversation the person may see.  Raises `NotFoundError`."""
        self._refuse_unless_talks(person)
        view = await self._conversations.view(conversation_id)
        is_own = view.state == ConversationState.agent and view.agent == person.username
        if not (is_own or view.state in WAITING or person.role in _SEES_ALL):
            raise AccessRefusedError(f"conversation {conversation_id} is not for {person.username} to see")
        return view

    async def open(self, person: Person, conversation_id: UUID) -> Context:
        """Look into a conversation; that somebody did is kept."""
        context = await self.context(person, conversation_id)
        await self._record("conversation.opened", person, conversation_id)
        return context

    async def context(self, person: Person, conversation_id: UUID) -> Context:
        """What is known beside the conversation."""
        view = await self.view(person, conversation_id)
        async with self._services.database.transaction() as session:
            customer = await get_customer(session, view.customer_id)
            past = await past_of(session, conversation_id, at=self._services.clock())
        waybill = await self._waybill(view)
        tickets = ticket_lines(await self._tickets(view), now=self._services.clock())
        is_party = waybill is not None and waybill.party is not None
        return Context(
            conversation=view,
            customer=customer_card(customer),
            waybill=waybill,
            tickets=tickets,
            summaries=await self._summaries(conversation_id),
            brief=brief_of(view, past, [ticket.ticket_no for ticket in tickets], is_party=is_party),
        )

    async def messages_after(self, person: Person, conversation_id: UUID, seq: int) -> list[MessageView]:
        await self.view(person, conversation_id)
        return await self._conversations.messages_after(conversation_id, seq)

    async def messages_before(self, person: Person, conversation_id: UUID, seq: int) -> list[MessageView]:
        await self.view(person, conversation_id)
        return await self._conversations.messages_before(conversation_id, seq)

    async def attachment(self, person: Person, conversation_id: UUID, seq: int, place: int) -> tuple[Attachment, bytes]:
        """What came with a message, counted from 0, and its content.

        Raises `AccessRefusedError` like everything of the conversation, `NotFoundError`.
        """
        await self.view(person, conversation_id)
        message = await self._conversations.message(conversation_id, seq)
        files = [Attachment.model_validate(each) for each in message.attachments]
        store = self._services.attachments
        if store is None or not 0 <= place < len(files) or not files[place].id:
            raise NotFoundError(f"message {seq} of conversation {conversation_id} has no attachment {place}")
        return files[place], await store.content(files[place].id)

    async def newest(self, person: Person, conversation_id: UUID) -> list[MessageView]:
        """The last screenfuls of the log, oldest first."""
        view = await self.view(person, conversation_id)
        return await self._conversations.messages_before(conversation_id, view.last_seq + 1)

    async def read(self, person: Person, conversation_id: UUID, seq: int) -> None:
        """Remember that the person has seen everything up to ``seq``; reading never goes backwards."""
        put = insert(ReadMark).values(username=person.username, conversation_id=conversation_id, seq=seq)
        async with self._services.database.transaction() as session:
            await session.execute(
                put.on_conflict_do_update(
                    index_elements=["username", "conversation_id"],
                    set_={"seq": func.greatest(ReadMark.seq, put.excluded.seq)},
                )
            )

    # -- moves -----------------------------------------------------------------------------------

    async def accept(self, person: Person, conversation_id: UUID) -> ConversationView:
        """Take a waiting conversation."""
        self._refuse_unless_talks(person)
        if self._services.handover is not None:
            view = await self._services.handover.accept(person.actor, conversation_id)
        else:
            view = await self._conversations.accept(conversation_id, person.username, person.name)
        await self._record("conversation.accepted", person, conversation_id, why=view.hand_off_reason)
        return view

    async def accept_next(self, person: Person) -> ConversationView | None:
        """Take whoever is next, passing over those a colleague takes meanwhile; None when nobody is left."""
        ringing = [one for one in await self.waiting() if one.offered_to in (person.username, None)]
        for glance in sorted(ringing, key=lambda one: one.offered_to is None):
            try:
                return await self.accept(person, glance.id)
            except IllegalMoveError:
                continue
        return None

    async def say(
        self, person: Person, conversation_id: UUID, text: str, *, external_id: str, confirmed: bool = True
    ) -> MessageView:
        """Say something to the customer, once it has passed the checks of the tools.

        Raises `SendingRefusedError` for what is not filled, for words that must not be sent, and for a warning that is
        not ``confirmed``.
        """
        self._refuse_unless_talks(person)
        tools = self._services.tools
        if tools is not None:
            text = await tools.outgoing.pass_on(person.actor, conversation_id, text, confirmed=confirmed)
        said = await self._conversations.say_as_agent(conversation_id, person.username, text, external_id=external_id)
        if tools is not None:
            await tools.answers.spoken(conversation_id, said)
        return said

    async def typing(self, conversation_id: UUID, *, on: bool) -> None:
        await self._conversations.typing(conversation_id, "agent", on=on)

    async def resolve(self, person: Person, conversation_id: UUID, wrap_up_code: str, text: str) -> None:
        """Write the service summary, then give the conversation back to the bot.

        In this order, so that a crash in between leaves a held conversation with its summary rather than a lost one;
        the summary counts once per acceptance.
        """
        view = await self._conversations.view(conversation_id)
        if view.state != ConversationState.agent or view.agent != person.username:
            raise IllegalMoveError(f"conversation {conversation_id} is not held by {person.username}")
        since = int(view.accepted_at.timestamp()) if view.accepted_at else 0
        contact = Contact(view.customer_id, conversation_id, f"{conversation_id}:desk:{since}", by=person.username)
        await self._services.tickets.summarise(wrap_up_code, text, waybill_no=view.waybill_no, contact=contact)
        await self._conversations.resolve(conversation_id, person.username)
        await self._record("conversation.resolved", person, conversation_id, why=wrap_up_code)

    # -- within ----------------------------------------------------------------------------------

    def _refuse_unless_talks(self, person: Person) -> None:
        if not person.role.may_talk:
            raise AccessRefusedError(f"role {person.role} does not talk with customers")

    async def _read_waiting(self) -> list[Glance]:
        glances = [await self._glance(view, view.last_seq) for view in await self._conversations.waiting()]
        offered = {one.offered_to for one in glances if one.offered_to}
        handover = self._services.handover
        names = await handover.names(offered) if handover is not None else {}
        return [one.model_copy(update={"offered_name": names.get(one.offered_to or "")}) for one in glances]

    async def _glance(self, view: ConversationView, read: int) -> Glance:
        tail = await self._tail(view)
        return Glance(
            id=view.id,
            channel=view.channel,
            visitor=visitor_label(view.customer_id),
            waybill_no=view.waybill_no,
            reason=view.hand_off_reason,
            intent=view.hand_off_intent,
            summary=view.hand_off_summary,
            sentiment=view.sentiment,
            urgency=view.urgency,
            team=view.team,
            offered_to=view.offered_to,
            offered_until=view.offered_until,
            queued_at=view.queued_at,
            accepted_at=view.accepted_at,
            last_author=tail.last_author,
            last_text=tail.last_text,
            last_at=tail.last_at,
            unread=sum(seq > read for seq in tail.customer_seqs),
        )

    async def _tail(self, view: ConversationView) -> _Tail:
        """The end of the log, read again only when the log has grown."""
        known = self._tails.get(view.id)
        if known is not None and known.last_seq == view.last_seq:
            self._tails.move_to_end(view.id)
            return known
        messages = await self._conversations.messages_before(view.id, view.last_seq + 1, limit=_LOOK_BACK)
        spoken = [message for message in messages if message.author != "system"]
        last = spoken[-1] if spoken else None
        tail = _Tail(
            last_seq=view.last_seq,
            last_author=last.author if last else None,
            last_text=(last.text or desk_words().file(last.kind))[:120] if last else "",
            last_at=last.created_at if last else view.updated_at,
            customer_seqs=tuple(message.seq for message in messages if message.author == "customer"),
        )
        self._tails[view.id] = tail
        if len(self._tails) > _REMEMBERED:
            self._tails.popitem(last=False)
        return tail

    async def _read_marks(self, person: Person, ids: list[UUID]) -> dict[UUID, int]:
        query = select(ReadMark).where(ReadMark.username == person.username, ReadMark.conversation_id.in_(ids))
        async with self._services.database.transaction() as session:
            return {mark.conversation_id: mark.seq for mark in await session.scalars(query)}

    async def _waybill(self, view: ConversationView) -> WaybillCard | None:
        if view.waybill_no is None:
            return None
        try:
            progress = await self._services.waybills.progress(view.waybill_no)
            party = await self._services.waybills.party(view.customer_id, view.waybill_no)
        except WaybillNotFoundError:
            return None
        return waybill_card(progress, party)

    async def _tickets(self, view: ConversationView) -> list[Ticket]:
        """Of the customer and of the waybill, each once."""
        of_customer = await self._services.tickets.of_customer(view.customer_id, limit=20)
        of_waybill = await self._services.tickets.of_waybill(view.waybill_no) if view.waybill_no else []
        return list({ticket.ticket_no: ticket for ticket in (*of_waybill, *of_customer)}.values())

    async def _summaries(self, conversation_id: UUID) -> tuple[SummaryLine, ...]:
        found = await self._services.tickets.summaries_of(conversation_id)
        return tuple(SummaryLine(wrap_up_code=one.wrap_up_code, text=one.text, by=one.by, at=one.at) for one in found)

    async def _record(self, what: str, person: Person, conversation_id: UUID, *, why: str | None = None) -> None:
        async with self._services.database.transaction() as session:
            audit.record(
                session,
                what,
                who=person.username,
                at=self._services.clock(),
                why=why,
                conversation_id=conversation_id,
            )
