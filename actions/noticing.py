"""Agreeing to be told, and not wanting to be told any more, in the middle of a chat, below the engine."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from bot.channels import Button, Reply
from bot.clock import Clock
from bot.conversations.schemas import ConversationView
from bot.conversations.service import ConversationService
from bot.customers.reach import SMS
from bot.customers.service import phones_of
from bot.customers.timeline import mask_phones
from bot.db import Database
from bot.delivery.channels import Channels
from bot.dialogue.engine import DialogueEngine, EngineAnswer, Turn
from bot.errors import NotFoundError
from bot.notices.catalogue import NoticeWords, catalogue
from bot.notices.consents import ANY, Consents
from bot.notices.model import ALL
from bot.notices.service import NoticeService, Said
from bot.tickets.kinds import TicketStatus
from bot.tickets.service import TicketService
from bot.waybills.model import Waybill, WaybillStatus
from bot.waybills.numbers import normalise
from bot.waybills.service import WaybillService

NOTIFY, NOTIFY_TICKET, NOTIFY_ALL, OFF = "/notify_me", "/notify_ticket", "/notify_all", "/notices_off"
_ASKS = re.compile(
    r"等?(?:开始)?(?:派送|派件|签收|送达|到了|有进展|有变化|有消息)的?(?:时候?|了|后)?[请再]?(?:通知|提醒|告诉)(?:我|一下我?)[吧。！!~～]*"
)
_STOP = re.compile(
    r"请?(?:不再|不要再?|别再?|停止|取消|关闭|退订)(?:给我)?发?送?(?:主动)?(?:通知|提醒)我?[吧了。！!~～]*"
)
_TICKET = re.compile(r"(?<![A-Z0-9])GD\d{10}(?!\d)")
_MEANT = timedelta(hours=72)
"""So long after a notice 不再通知 is about that kind."""
_MOST_BUTTONS = 6
_ON_ITS_WAY = frozenset(WaybillStatus) - {WaybillStatus.delivered, WaybillStatus.returned, WaybillStatus.refused}
_WATCHED_AT_MOST = 20


@dataclass(frozen=True)
class _Where:
    """The conversation, and by which channels the customer is told who agrees here."""

    view: ConversationView
    channels: tuple[str, ...]
    phone: str

    @property
    def by_sms(self) -> str:
        return "_sms" if SMS in self.channels and self.phone else ""


class NoticeEngine:
    """Takes what is said about notices; other turns go on to the engine, whose answers get an offer where it fits.

    Parameters
    ----------
    channels: those that are pushed; a page that nobody pushes may be closed when there is something to tell.
    """

    def __init__(
        self,
        inner: DialogueEngine,
        database: Database,
        clock: Clock,
        notices: NoticeService,
        waybills: WaybillService,
        tickets: TicketService,
        conversations: ConversationService,
        channels: Channels,
    ) -> None:
        self._inner = inner
        self._database = database
        self._clock = clock
        self._notices = notices
        self._waybills = waybills
        self._tickets = tickets
        self._conversations = conversations
        self._channels = channels
        self._words: NoticeWords = catalogue().words

    async def respond(self, turn: Turn) -> EngineAnswer:
        replies = await self._take(turn)
        if replies is not None:
            return EngineAnswer(tuple(replies))
        return await self._offered(turn, await self._inner.respond(turn))

    async def _take(self, turn: Turn) -> Sequence[Reply] | None:
        name, facts = _payload(turn.payload)
        if name == NOTIFY:
            return await self._agree(turn, str(facts.get("waybill_no") or ""), how="button")
        if name == NOTIFY_TICKET:
            return await self._agree_ticket(turn, str(facts.get("ticket_no") or ""))
        if name == NOTIFY_ALL:
            return await self._agree_all(turn)
        if name == OFF:
            return await self._stop(turn, how="button", everything=True)
        says = normalise(turn.text).strip() if not turn.payload else ""
        if _STOP.fullmatch(says):
            return await self._stop(turn, how="words", everything=False)
        if _ASKS.fullmatch(says):
            view = await self._conversations.view(turn.conversation_id)
            return await self._agree(turn, view.waybill_no or "", how="words")
        return None

    # -- yes ---------------------------------------------------------------------------------------

    async def _agree(self, turn: Turn, waybill_no: str, *, how: str) -> list[Reply]:
        """Only a party to a parcel that is on its way hears of it."""
        if not waybill_no:
            return [Reply(text=self._words.which)]
        waybill = await self._own(turn, waybill_no)
        if waybill is None:
            return [Reply(text=self._words.unproven)]
        if waybill.status not in _ON_ITS_WAY:
            return [Reply(text=self._words.over.format(waybill_no=waybill_no))]
        where = await self._where(turn)
        await self._keep(turn, where, catalogue().about("waybill"), waybill_no, [waybill_no], how=how)
        return [self._yes("agreed", where, waybill_no=waybill_no)]

    async def _agree_ticket(self, turn: Turn, ticket_no: str) -> list[Reply]:
        try:
            ticket = await self._tickets.get_own(ticket_no, turn.customer_id)
        except NotFoundError:
            return [Reply(text=self._words.which)]
        where = await self._where(turn)
        await self._keep(turn, where, catalogue().about("ticket"), ticket.ticket_no, [], how="button")
        return [self._yes("agreed_ticket", where, ticket_no=ticket.ticket_no)]

    async def _agree_all(self, turn: Turn) -> list[Reply]:
        where = await self._where(turn)
        if not where.phone:
            return [Reply(text=self._words.no_phone)]
        own = await self._waybills.of_customer(turn.customer_id, limit=_WATCHED_AT_MOST)
        numbers = [waybill.waybill_no for waybill in own if waybill.status in _ON_ITS_WAY]
        await self._keep(turn, where, catalogue().about("waybill"), ALL, numbers, how="button")
        return [self._yes("agreed_all", where)]

    async def _keep(
        self, turn: Turn, where: _Where, kinds: Sequence[str], subject: str, waybills: list[str], *, how: str
    ) -> None:
        said = Said(
            customer_id=turn.customer_id,
            agreed=True,
            kinds=kinds,
            channels=where.channels,
            at=self._clock(),
            subject=subject,
            how=how,
            conversation_id=turn.conversation_id,
        )
        async with self._database.transaction() as session:
            await self._notices.agree(session, said, waybills=waybills)

    def _yes(self, text: str, where: _Where, **values: str) -> Reply:
        words: str = getattr(self._words, text + where.by_sms)
        return Reply(text=words.format(phone=mask_phones(where.phone), **values))

    # -- no ----------------------------------------------------------------------------------------

    async def _stop(self, turn: Turn, *, how: str, everything: bool) -> list[Reply] | None:
        """The kind the customer was told last, else all of them; not ours where nothing is on and nothing was told."""
        now = self._clock()
        async with self._database.transaction() as session:
            last = await self._notices.last_told(session, turn.customer_id, since=now - _MEANT)
            kind = catalogue().consent_of(last.kind) if last is not None and not everything else ANY
            said = Said(
                customer_id=turn.customer_id,
                agreed=False,
                kinds=[kind],
                channels=[ANY],
                at=now,
                how=how,
                conversation_id=turn.conversation_id,
            )
            await self._notices.decline(session, said)
        if kind == ANY:
            return [Reply(text=self._words.all_off)]
        off = Button(title=self._words.all_off_button, payload=OFF)
        return [Reply(text=self._words.kind_off.format(title=catalogue().kind(kind).title), buttons=(off,))]

    # -- the offer ---------------------------------------------------------------------------------

    async def _offered(self, turn: Turn, answer: EngineAnswer) -> EngineAnswer:
        """A button under an answer about a parcel that is on its way, or a ticket that was just opened."""
        if not answer.replies:
            return answer
        offer = await self._offer(turn, "\n".join(reply.text for reply in answer.replies))
        *before, last = answer.replies
        if offer is None or len(last.buttons) >= _MOST_BUTTONS:
            return answer
        return replace(answer, replies=(*before, last.model_copy(update={"buttons": (*last.buttons, offer)})))

    async def _offer(self, turn: Turn, text: str) -> Button | None:
        view = await self._conversations.view(turn.conversation_id)
        tickets = set(_TICKET.findall(text))
        names_waybill = view.waybill_no is not None and view.waybill_no in text
        if len(tickets) != 1 and not names_waybill:
            return None
        said = await self._notices.consents(turn.customer_id)
        if len(tickets) == 1:
            return await self._ticket_offer(turn, view, tickets.pop(), said)
        return await self._waybill_offer(turn, view, str(view.waybill_no), said)

    async def _waybill_offer(self, turn: Turn, view: ConversationView, number: str, said: Consents) -> Button | None:
        if _was_said(said, "waybill", number, view.reply_channel):
            return None
        waybill = await self._own(turn, number)
        if waybill is None or waybill.status not in _ON_ITS_WAY:
            return None
        return _button(self._words.offer_button, NOTIFY, waybill_no=number)

    async def _ticket_offer(self, turn: Turn, view: ConversationView, number: str, said: Consents) -> Button | None:
        if _was_said(said, "ticket", number, view.reply_channel):
            return None
        try:
            ticket = await self._tickets.get_own(number, turn.customer_id)
        except NotFoundError:
            return None
        if ticket.status == TicketStatus.closed:
            return None
        return _button(self._words.ticket_button, NOTIFY_TICKET, ticket_no=number)

    # -- within ------------------------------------------------------------------------------------

    async def _own(self, turn: Turn, waybill_no: str) -> Waybill | None:
        try:
            if await self._waybills.party(turn.customer_id, waybill_no) is None:
                return None
            return await self._waybills.get(waybill_no)
        except NotFoundError:
            return None

    async def _where(self, turn: Turn) -> _Where:
        """Here; and by SMS as well, where the page may be closed and the phone is proven."""
        view = await self._conversations.view(turn.conversation_id)
        async with self._database.transaction() as session:
            phones = await phones_of(session, turn.customer_id)
        channel = view.reply_channel.partition(":")[0]
        is_page = view.reply_channel not in self._channels
        also = (SMS,) if is_page and phones else ()
        return _Where(view, tuple(dict.fromkeys((channel, *also))), phones[0] if phones else "")


def _was_said(said: Consents, about: str, subject: str, channel: str) -> bool:
    """Whether the customer has agreed already, or has said no to this very thing or to all of it: nobody is nagged."""
    kinds = catalogue().about("waybill" if about == "waybill" else "ticket")
    if any(said.allow(kind, channel, subject) for kind in kinds):
        return True
    return any(not row.agreed and row.subject in (subject, ALL) and row.kind in (ANY, *kinds) for row in said.rows)


def _button(title: str, payload: str, **facts: str) -> Button:
    return Button(title=title, payload=f"{payload}{json.dumps(facts)}")


def _payload(payload: str) -> tuple[str, dict[str, Any]]:
    """The name of a tapped button of ours and its facts; whatever cannot be read has none."""
    name, brace, rest = payload.partition("{")
    try:
        facts = json.loads(brace + rest) if brace else {}
    except json.JSONDecodeError:
        facts = {}
    return name, facts if isinstance(facts, dict) else {}
