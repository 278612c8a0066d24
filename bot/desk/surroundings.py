"""Everything that is known beside a conversation, put together from the other subjects; personal data is masked."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversations.model import Message
from bot.conversations.schemas import ConversationView, MessageView
from bot.customers.service import get_customer
from bot.desk.context import customer_card, ticket_lines, waybill_card
from bot.desk.dossier import note_of
from bot.desk.past import past_with_us
from bot.desk.schemas import Context, SummaryLine, WaybillCard
from bot.desk.services import DeskServices
from bot.desk.showing import conversation_for_desk
from bot.desk.tools.kinds import Script
from bot.desk.tools.schemas import ScriptsView
from bot.desk.tools.scripts import Scripts, suggested
from bot.desk.tools.tables import ConversationScript
from bot.errors import WaybillNotFoundError
from bot.handover.brief import brief_of, past_of
from bot.tickets.model import ServiceSummary, Ticket

_LOOK_BACK = 30


class Surroundings:
    """Reads what stands beside a conversation; who may see it is asked elsewhere."""

    def __init__(self, services: DeskServices) -> None:
        self._services = services

    async def of(self, view: ConversationView) -> Context:
        view = conversation_for_desk(view)
        async with self._services.database.transaction() as session:
            customer = await get_customer(session, view.customer_id)
            handed = await past_of(session, view.id, at=self._services.clock())
            past = await past_with_us(session, view)
            summaries = await _summaries(session, view.id)
            scripts = await _chosen(session, view.id)
            suggests = self._services.tools is not None and scripts == Scripts()
            proposed = await _suggested(session, view) if suggests else None
        waybill = await self._waybill(view)
        tickets = ticket_lines(await self._tickets(view), now=self._services.clock())
        is_party = waybill is not None and waybill.party is not None
        return Context(
            conversation=view,
            customer=customer_card(customer),
            waybill=waybill,
            tickets=tickets,
            summaries=summaries,
            brief=brief_of(
                view,
                handed.model_copy(update={"because": self._told(handed.because)}),
                [ticket.ticket_no for ticket in tickets],
                is_party=is_party,
            ),
            past=past,
            scripts=ScriptsView.model_validate(scripts),
            suggested=proposed,
        )

    async def scripts(self, conversation_id: UUID) -> Scripts:
        """In which characters the conversation is read and answered."""
        tools = self._services.tools
        return await tools.translation.chosen(conversation_id) if tools is not None else Scripts()

    def _told(self, because: Sequence[str]) -> tuple[str, ...]:
        """What the rules say in words of their own; a row without a note says nothing that isn't shown anyway."""
        book = self._services.rules()
        return tuple(note for rule in because if (note := note_of(book, rule)))

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


async def _summaries(session: AsyncSession, conversation_id: UUID) -> tuple[SummaryLine, ...]:
    """What was agreed in this conversation, oldest first."""
    query = select(ServiceSummary).where(ServiceSummary.conversation_id == conversation_id).order_by(ServiceSummary.at)
    found = await session.scalars(query)
    return tuple(SummaryLine(wrap_up_code=one.wrap_up_code, text=one.text, by=one.by, at=one.at) for one in found)


async def _chosen(session: AsyncSession, conversation_id: UUID) -> Scripts:
    row = await session.get(ConversationScript, conversation_id)
    return Scripts(_script(row.read_in), _script(row.answer_in)) if row is not None else Scripts()


def _script(value: str | None) -> Script | None:
    return Script(value) if value else None


async def _suggested(session: AsyncSession, view: ConversationView) -> ScriptsView | None:
    """Other characters, for a customer who writes them while nobody has chosen any."""
    query = select(Message).where(
        Message.conversation_id == view.id, Message.author == "customer", Message.seq > view.last_seq - _LOOK_BACK
    )
    found = suggested([MessageView.of(message) for message in await session.scalars(query)])
    return ScriptsView.model_validate(found) if found != Scripts() else None
