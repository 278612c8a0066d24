"""Binding a phone by a code in the middle of a chat, below the engine: offered where it helps, left at any wish."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from actions.talk import button
from bot.channels import Button, Reply
from bot.clock import Clock
from bot.conversations.model import ConversationState
from bot.conversations.service import ConversationService
from bot.customers.bindings import PhoneBinding
from bot.customers.model import Door
from bot.customers.phone_codes import DIGITS, PhoneCodes
from bot.customers.phones import find_mobile
from bot.customers.service import phones_of
from bot.customers.timeline import mask_phones
from bot.customers.words import customer_words
from bot.db import Database
from bot.dialogue.engine import DialogueEngine, EngineAnswer, Turn
from bot.errors import PhoneCodeError, WaybillNotFoundError
from bot.notices.catalogue import catalogue
from bot.waybills.numbers import find_waybill_numbers, normalise
from bot.waybills.service import WaybillService

BIND, AGAIN, CANCEL = "/bind_phone", "/bind_phone_again", "/bind_phone_cancel"
_WANTS = re.compile(
    r"(?:我?(?:要|想|来)|怎么|如何|帮我|请)*绑定?(?:一下)?(?:我的)?手机(?:号码?)?[吧呢吗啊。！!？?~～]*"
)
_NO = re.compile(r"(?:算了|先?不(?:用|要|想|绑)(?:了|定了?|绑定?了?)?|取消|先不绑定|不绑定?了?)[吧了。！!~～]*")
_RESEND = re.compile(
    r"(?:重新?发送?|再发(?:一次|一遍)?|没有?收到(?:验证码|短信)?|收不到(?:验证码|短信)?)[吧了啊呀。！!~～]*"
)
_CODE = re.compile(rf"(?:验证码(?:是|为)?[:： ]?)?(\d{{{DIGITS}}})[。.]?")
_ONLY_DIGITS = re.compile(r"[\d \-]{3,}")
_TAIL = re.compile(r"\d{4}")
"""What a phone tail looks like: the engine may have asked for one."""
_PATIENCE = timedelta(minutes=10)
_OFFER_AGAIN_AFTER = timedelta(hours=12)
_MISSES = 2
_SHOWN = 5
_QUERY = "query_waybill"


@dataclass(frozen=True)
class _At:
    """Where a conversation stands: asked for the ``phone`` or the ``code``, or for nothing."""

    step: str | None = None
    phone: str = ""
    misses: int = 0


@dataclass(frozen=True)
class _Answer:
    replies: list[Reply]
    at: _At


class BindingEngine:
    """Takes what belongs to binding a phone; everything else goes on to the engine."""

    def __init__(
        self,
        inner: DialogueEngine,
        database: Database,
        clock: Clock,
        codes: PhoneCodes,
        waybills: WaybillService,
        conversations: ConversationService,
    ) -> None:
        self._inner = inner
        self._database = database
        self._clock = clock
        self._codes = codes
        self._waybills = waybills
        self._conversations = conversations
        self._words = customer_words().binding

    async def respond(self, turn: Turn) -> EngineAnswer:
        kept = await self._kept(turn.conversation_id)
        if kept is not None and kept.turn == turn.id:
            return EngineAnswer(tuple(Reply.model_validate(each) for each in kept.said))
        at = _standing(kept, self._clock())
        answer = await self._take(turn, at)
        if answer is not None:
            await self._keep(turn, answer)
            return EngineAnswer(tuple(answer.replies))
        if at.step is not None:
            await self._keep(turn, _Answer([], _At()), answered=False)
        return await self._offered(turn, kept, await self._inner.respond(turn))

    # -- what the customer says --------------------------------------------------------------------

    async def _take(self, turn: Turn, at: _At) -> _Answer | None:
        """None for what is no business of ours."""
        says = normalise(turn.says).strip()
        if says == CANCEL or (at.step and not turn.payload and _NO.fullmatch(says)):
            return _Answer([Reply(text=self._words.left)], _At())
        mobile = find_mobile(says) if not turn.payload else None
        if says == BIND or (not turn.payload and _WANTS.fullmatch(says)):
            return await self._begin(turn)
        if mobile is not None and (at.step or "绑" in says):
            return await self._send(turn, mobile)
        if at.step == "code":
            return await self._hear_code(turn, at, says)
        if at.step == "phone" and _looks_like_a_try(turn, says) and at.misses < _MISSES and not _TAIL.fullmatch(says):
            return _Answer([self._with_cancel(self._words.bad_phone)], replace(at, misses=at.misses + 1))
        return None

    async def _begin(self, turn: Turn) -> _Answer:
        async with self._database.transaction() as session:
            phones = await phones_of(session, turn.customer_id)
        text = self._words.already.format(phone=mask_phones(phones[0])) if phones else self._words.ask
        return _Answer([self._with_cancel(text)], _At("phone"))

    async def _send(self, turn: Turn, phone: str) -> _Answer:
        try:
            await self._codes.send(turn.customer_id, phone)
        except PhoneCodeError as error:
            if error.reason == "wait":
                return _Answer([self._with_again(self._words.wait)], _At("code", phone))
            return _Answer([Reply(text=self._words.too_many)], _At())
        minutes = int(self._codes.limits.lasts.total_seconds() // 60)
        text = self._words.sent.format(phone=mask_phones(phone), minutes=minutes)
        return _Answer([self._with_again(text)], _At("code", phone))

    async def _hear_code(self, turn: Turn, at: _At, says: str) -> _Answer | None:
        if says == AGAIN or (not turn.payload and _RESEND.fullmatch(says)):
            return await self._send(turn, at.phone)
        code = _CODE.fullmatch(says) if not turn.payload else None
        if code is not None:
            return await self._check(turn, at, code[1])
        if _looks_like_a_try(turn, says) and at.misses < _MISSES:
            return _Answer([self._with_again(self._words.six)], replace(at, misses=at.misses + 1))
        return None

    async def _check(self, turn: Turn, at: _At, code: str) -> _Answer:
        view = await self._conversations.view(turn.conversation_id)
        via = Door(view.reply_channel, view.reply_address)
        try:
            customer_id = await self._codes.check(turn.customer_id, at.phone, code, via=via)
        except PhoneCodeError as error:
            text = {"wrong": self._words.wrong, "spent": self._words.spent}.get(error.reason, self._words.expired)
            return _Answer([self._with_again(text.format(left=error.left))], replace(at, misses=0))
        return _Answer([await self._bound(customer_id, at.phone, view.waybill_no)], _At())

    async def _bound(self, customer_id: UUID, phone: str, under_discussion: str | None) -> Reply:
        """What is possible now: the customer's parcels, the one under discussion first."""
        own = [waybill.waybill_no for waybill in await self._waybills.of_customer(customer_id, limit=_SHOWN)]
        own.sort(key=lambda number: number != under_discussion)
        text = "\n".join(
            [self._words.bound.format(phone=mask_phones(phone)), self._words.some if own else self._words.none]
        )
        buttons = [Button(**button(number, _QUERY, waybill_no=number)) for number in own]
        all_of_them = Button(title=catalogue().words.offer_all_button, payload="/notify_all")
        return Reply(text=text, buttons=(*buttons, all_of_them))

    # -- the offer ---------------------------------------------------------------------------------

    async def _offered(self, turn: Turn, kept: PhoneBinding | None, answer: EngineAnswer) -> EngineAnswer:
        """The engine's answer, with the offer to bind where a proof is wanted; not again within half a day."""
        now = self._clock()
        if kept is not None and kept.offered_at is not None and now - kept.offered_at < _OFFER_AGAIN_AFTER:
            return answer
        if not answer.replies or not await self._would_help(turn, answer):
            return answer
        await self._note_offer(turn.conversation_id, now)
        *before, last = answer.replies
        text = f"{last.text}\n\n{self._words.offer}"
        buttons = (*last.buttons, Button(title=self._words.button, payload=BIND))
        return replace(answer, replies=(*before, last.model_copy(update={"text": text, "buttons": buttons})))

    async def _would_help(self, turn: Turn, answer: EngineAnswer) -> bool:
        """A proof is asked for, or a number, and no phone is known."""
        async with self._database.transaction() as session:
            if await phones_of(session, turn.customer_id):
                return False
        view = await self._conversations.view(turn.conversation_id)
        if view.state in (ConversationState.queued, ConversationState.offered, ConversationState.agent):
            return False
        if view.waybill_no is None:
            return answer.understood.get("intent") == _QUERY
        if not any(view.waybill_no in reply.text for reply in answer.replies):
            return False
        try:
            return await self._waybills.party(turn.customer_id, view.waybill_no) is None
        except WaybillNotFoundError:
            return False

    # -- what is kept ------------------------------------------------------------------------------

    async def _kept(self, conversation_id: UUID) -> PhoneBinding | None:
        async with self._database.transaction() as session:
            return await session.get(PhoneBinding, conversation_id)

    async def _keep(self, turn: Turn, answer: _Answer, *, answered: bool = True) -> None:
        values = {
            "conversation_id": turn.conversation_id,
            "step": answer.at.step,
            "phone": answer.at.phone or None,
            "misses": answer.at.misses,
            "turn": turn.id if answered else None,
            "said": [reply.model_dump(mode="json") for reply in answer.replies],
            "updated_at": self._clock(),
        }
        await self._put(values)

    async def _note_offer(self, conversation_id: UUID, now: datetime) -> None:
        empty: dict[str, object] = {"step": None, "phone": None, "misses": 0, "turn": None, "said": []}
        await self._put({"conversation_id": conversation_id, **empty, "offered_at": now, "updated_at": now})

    async def _put(self, values: Mapping[str, object]) -> None:
        put = insert(PhoneBinding).values(dict(values))
        given = {name: put.excluded[name] for name in values if name != "conversation_id"}
        async with self._database.transaction() as session:
            await session.execute(put.on_conflict_do_update(index_elements=["conversation_id"], set_=given))

    def _with_cancel(self, text: str) -> Reply:
        return Reply(text=text, buttons=(Button(title=self._words.cancel, payload=CANCEL),))

    def _with_again(self, text: str) -> Reply:
        again = Button(title=self._words.again, payload=AGAIN)
        return Reply(text=text, buttons=(again, Button(title=self._words.cancel, payload=CANCEL)))


def _looks_like_a_try(turn: Turn, says: str) -> bool:
    """Typed digits that are meant for us, and are no waybill number."""
    return not turn.payload and bool(_ONLY_DIGITS.fullmatch(says)) and not find_waybill_numbers(says)


def _standing(kept: PhoneBinding | None, now: datetime) -> _At:
    """Nobody who comes back after a while is still asked for a number."""
    if kept is None or now - kept.updated_at > _PATIENCE:
        return _At()
    return _At(kept.step, kept.phone or "", kept.misses)
