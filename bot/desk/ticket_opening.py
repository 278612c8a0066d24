"""A ticket out of a conversation: everything filled in beforehand, for the person to confirm."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from bot.conversations.events import Event, announce
from bot.conversations.model import Message
from bot.conversations.schemas import ConversationView, MessageView
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.desk.tools.free_text import mask_text
from bot.desk.tools.who import Sight
from bot.errors import IllegalMoveError
from bot.staff.model import Actor
from bot.tickets.access import refuse_unless_opens
from bot.tickets.catalogue import FALLBACK
from bot.tickets.kinds import TicketKind
from bot.tickets.model import Ticket
from bot.tickets.opening import Matter, case_key
from bot.tickets.services import TicketServices
from bot.tickets.store import OPEN
from bot.tickets.work import Request
from bot.waybills.service import WaybillService

_LOOK_BACK, _TELLING, _LONGEST = 40, 4, 400
_BARE_NUMBER = re.compile(r"[A-Za-z]{0,4}[\d\s*-]+")
"""A waybill's number or the end of a phone: asked for to know who writes, it says nothing of the matter."""


@dataclass(frozen=True)
class OpeningDraft:
    """A ticket before it is one.

    Parameters
    ----------
    party: which end of the waybill the customer has shown to be; "" where unknown.
    open_cases: the open ticket of each category that the waybill has one of: opening that appends to it.
    """

    conversation_id: UUID
    customer_id: UUID
    waybill_no: str | None
    category: str
    text: str
    channel: str
    party: str
    open_cases: dict[str, str]


class TicketOpening:
    """Drafts and opens.  Only a conversation that the person may see, only for roles that open tickets."""

    def __init__(
        self,
        database: Database,
        tickets: TicketServices,
        conversations: ConversationService,
        waybills: WaybillService,
    ) -> None:
        self._database = database
        self._tickets = tickets
        self._conversations = conversations
        self._waybills = waybills
        self._sight = Sight(conversations)

    async def draft(self, actor: Actor, conversation_id: UUID) -> OpeningDraft:
        """Raises `AccessRefusedError` for a conversation or a role that has no part in this, `NotFoundError`."""
        refuse_unless_opens(actor, TicketKind.service)
        view = await self._sight.view(actor, conversation_id)
        log = await self._conversations.messages_before(view.id, view.last_seq + 1, limit=_LOOK_BACK)
        party = await self._waybills.party(view.customer_id, view.waybill_no) if view.waybill_no else None
        return OpeningDraft(
            conversation_id=view.id,
            customer_id=view.customer_id,
            waybill_no=view.waybill_no,
            category=await self._category(view),
            text=_text(log),
            channel=view.channel,
            party=party.value if party else "",
            open_cases=await self._open_cases(view),
        )

    async def open(
        self, actor: Actor, draft: OpeningDraft, *, category: str, text: str, waybill_no: str | None, turn: str
    ) -> tuple[Ticket, bool]:
        """Open it as confirmed; returns the ticket, and whether the case was open and got one more contact.

        The conversation is looked at again: what it says of customer and channel cannot be made up.
        """
        view = await self._sight.view(actor, draft.conversation_id)
        catalogue = self._tickets.core.catalogue()
        if not text.strip():
            raise IllegalMoveError("请写明反馈内容。")
        matter = Matter(
            kind=catalogue.leaf(category).kind,
            category=category,
            text=text.strip()[:4000],
            waybill_no=waybill_no or None,
            customer_id=view.customer_id,
            conversation_id=view.id,
            channel=view.channel,
            party=draft.party if waybill_no == draft.waybill_no else "",
        )
        opened = await self._tickets.work.open(matter, Request(actor, turn=f"desk:{actor.name}:{turn}"))
        async with self._database.transaction() as session:
            await announce(session, Event(conversation_id=view.id, kind="state", seq=view.last_seq))
        return opened

    # -- within ----------------------------------------------------------------------------------

    async def _category(self, view: ConversationView) -> str:
        """The category of the latest intent that leads to one, of what the customer said or was handed over for."""
        query = select(Message.understood).where(
            Message.conversation_id == view.id, Message.author == "customer", Message.understood.is_not(None)
        )
        async with self._database.transaction() as session:
            understood = (await session.scalars(query.order_by(Message.seq.desc()).limit(_LOOK_BACK))).all()
        catalogue = self._tickets.core.catalogue()
        for intent in [*map(_intent, understood), view.hand_off_intent]:
            leaf = catalogue.of_intent(intent) if intent else None
            if leaf is not None and leaf.id != FALLBACK and leaf.kind is not TicketKind.appeal:
                return leaf.id
        return FALLBACK

    async def _open_cases(self, view: ConversationView) -> dict[str, str]:
        key = case_key(TicketKind.service, view.waybill_no, view.customer_id, None)
        query = select(Ticket.category, Ticket.ticket_no).where(Ticket.case_key == key, OPEN)
        async with self._database.transaction() as session:
            return {row.category: row.ticket_no for row in await session.execute(query)}


def _intent(understood: dict[str, Any] | None) -> str | None:
    """However the engine writes it: a name, or an object with one."""
    intent = (understood or {}).get("intent")
    name = intent.get("name") if isinstance(intent, dict) else intent
    return str(name).partition("/")[0] if name else None


def _text(log: list[MessageView]) -> str:
    """The last things that the customer said which say something, oldest first, without phones and addresses."""
    said = [" ".join(mask_text(one.text).split()) for one in log if one.author == "customer" and one.text.strip()]
    telling = [text for text in said if len(text) > 2 and not _says_nothing(text)] or said
    return "\n".join(dict.fromkeys(telling[-_TELLING:]))[:_LONGEST]


def _says_nothing(text: str) -> bool:
    return text in ("转人工", "我要人工", "人工客服") or _BARE_NUMBER.fullmatch(text) is not None
