"""What the variables of a canned response stand for in one conversation."""

from datetime import datetime
from uuid import UUID

from bot.clock import Clock, local
from bot.conversations.schemas import ConversationView
from bot.customers.service import get_customer
from bot.db import Database
from bot.desk.tools.canned import CannedResponses
from bot.desk.tools.variables import Filled, fill
from bot.desk.tools.who import Sight
from bot.desk.words import desk_words
from bot.errors import WaybillNotFoundError
from bot.staff.model import Actor
from bot.tickets.model import TicketStatus
from bot.tickets.service import TicketService
from bot.waybills.model import Waybill
from bot.waybills.service import WaybillService


class Filling:
    """Fills canned responses for the conversation at hand.

    Parameters
    ----------
    company, hotline: what ``{公司名称}`` and ``{客服热线}`` stand for.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        sight: Sight,
        waybills: WaybillService,
        tickets: TicketService,
        *,
        company: str = "",
        hotline: str = "",
    ) -> None:
        self._database = database
        self._clock = clock
        self._sight = sight
        self._waybills = waybills
        self._tickets = tickets
        self._fixed = {"公司名称": company, "客服热线": hotline}

    async def filled(
        self, responses: CannedResponses, actor: Actor, response_id: UUID, conversation_id: UUID
    ) -> Filled:
        """A canned response as it would be said here; the use of it is counted."""
        response = await responses.get(actor, response_id)
        view = await self._sight.view(actor, conversation_id)
        await responses.used(actor, response_id)
        return fill(response.text, await self.values(view))

    async def text(self, actor: Actor, text: str, conversation_id: UUID) -> Filled:
        """Any text with variables."""
        return fill(text, await self.values(await self._sight.view(actor, conversation_id)))

    async def values(self, view: ConversationView) -> dict[str, str | None]:
        """What is known; None or empty for what is not."""
        async with self._database.transaction() as session:
            customer = await get_customer(session, view.customer_id)
        waybill = await self._waybill(view)
        ticket_no, ticket_due = await self._ticket(view, is_party=waybill is not None)
        return {
            **self._fixed,
            "客户称呼": customer.name,
            "客服姓名": view.agent_name,
            "今天": _day(self._clock()),
            "工单号": ticket_no,
            "工单时限": ticket_due,
            **(_of_waybill(waybill) if waybill else {"运单号": view.waybill_no}),
        }

    async def _waybill(self, view: ConversationView) -> Waybill | None:
        """Only for whom the customer has shown to be: nothing of a parcel is filled in for a stranger."""
        if view.waybill_no is None:
            return None
        try:
            party = await self._waybills.party(view.customer_id, view.waybill_no)
            return await self._waybills.get(view.waybill_no) if party is not None else None
        except WaybillNotFoundError:
            return None

    async def _ticket(self, view: ConversationView, *, is_party: bool) -> tuple[str | None, str | None]:
        found = await self._tickets.of_customer(view.customer_id, limit=20)
        if view.waybill_no and is_party:
            found = [*await self._tickets.of_waybill(view.waybill_no), *found]
        unsettled = [ticket for ticket in found if ticket.status != TicketStatus.closed]
        if not unsettled:
            return None, None
        newest = max(unsettled, key=lambda ticket: ticket.opened_at)
        return newest.ticket_no, _moment(newest.due_at)


def _of_waybill(waybill: Waybill) -> dict[str, str | None]:
    return {
        "运单号": waybill.waybill_no,
        "承诺时间": _moment(waybill.due_at) if waybill.due_at else None,
        "物流状态": desk_words().statuses[waybill.status],
        "最新轨迹": waybill.last.text if waybill.last else None,
        "派件员": waybill.courier_name,
        "取件处": waybill.pickup_place,
        "目的城市": waybill.consignee.city,
    }


def _day(at: datetime) -> str:
    day = local(at)
    return f"{day.month}月{day.day}日"


def _moment(at: datetime) -> str:
    return f"{_day(at)}{local(at):%H:%M}"
