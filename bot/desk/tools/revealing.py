"""What the desk shows of phones and addresses, and who saw one of them whole, and why."""

from collections.abc import Iterable
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from bot.clock import Clock
from bot.conversations.schemas import ConversationView, MessageView
from bot.conversations.service import ConversationService
from bot.customers.service import get_customer
from bot.db import Database
from bot.desk.tools import who
from bot.desk.tools.free_text import mask_text, secrets_in
from bot.desk.tools.kinds import Secret
from bot.desk.tools.who import Sight
from bot.desk.tools.words import refused, tool_words, unknown
from bot.errors import WaybillNotFoundError
from bot.staff.model import Actor
from bot.waybills.model import PartyRole, Waybill
from bot.waybills.service import WaybillService

WHY_AT_LEAST = 2
COURIER = "courier"
CUSTOMER = "customer"


class Wanted(BaseModel):
    """What somebody wants to see whole: ``phone`` or ``address`` of ``whose``, or message ``seq``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Secret = Secret.phone
    whose: str = ""
    seq: int | None = None


class Revealing:
    """Masks messages; shows one thing whole to whoever holds the conversation or leads, and writes that down first."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        sight: Sight,
        conversations: ConversationService,
        waybills: WaybillService,
    ) -> None:
        self._database = database
        self._clock = clock
        self._sight = sight
        self._conversations = conversations
        self._waybills = waybills

    async def reveal(self, actor: Actor, conversation_id: UUID, wanted: Wanted, why: str) -> str:
        """The thing itself.

        Raises `RefusedError` without a reason, `AccessRefusedError`, and `NotFoundError` where there is nothing.  Who
        saw what and why is kept before anybody sees it.
        """
        why = why.strip()
        if len(why) < WHY_AT_LEAST:
            raise refused("reveal_why")
        view = await self._sight.view(actor, conversation_id)
        if actor.role not in who.LEADS:
            await self._sight.held(actor, conversation_id)
        shown = await self._whole(view, wanted)
        if not shown:
            raise unknown("reveal_nothing")
        async with self._database.transaction() as session:
            reason = f"{_named(wanted)}：{why}"
            who.keep(session, "personal.revealed", actor, at=self._clock(), why=reason, conversation_id=conversation_id)
        return shown

    async def _whole(self, view: ConversationView, wanted: Wanted) -> str | None:
        if wanted.seq is not None:
            message = await self._conversations.message(view.id, wanted.seq)
            return message.text if secrets_in(message.text) else None
        if wanted.whose == CUSTOMER:
            async with self._database.transaction() as session:
                customer = await get_customer(session, view.customer_id)
            return customer.verified_phone if wanted.kind is Secret.phone else None
        if view.waybill_no is None:
            return None
        try:
            return _of(await self._waybills.get(view.waybill_no), wanted)
        except WaybillNotFoundError:
            return None


def masked(messages: Iterable[MessageView]) -> list[MessageView]:
    """Messages as the desk shows them; what people of ours sent is masked too."""
    return [one.model_copy(update={"text": mask_text(one.text)}) for one in messages]


def _of(waybill: Waybill, wanted: Wanted) -> str | None:
    if wanted.whose == COURIER:
        return waybill.courier_phone if wanted.kind is Secret.phone else None
    if wanted.whose not in (PartyRole.consignor, PartyRole.consignee):
        return None
    party = waybill.consignor if wanted.whose == PartyRole.consignor else waybill.consignee
    if wanted.kind is Secret.phone:
        return party.phone
    where = f"{party.province}{party.city}{party.district}{party.address}"
    return where if wanted.kind is Secret.address else None


def _named(wanted: Wanted) -> str:
    """What was seen, for the audit: never the thing itself."""
    if wanted.seq is not None:
        return f"message {wanted.seq}"
    return f"{wanted.whose} {tool_words().secrets[wanted.kind]}"
