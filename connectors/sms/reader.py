"""Letters of the gateways, read: messages go into conversations, reports to deliveries, orders are obeyed."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol
from unicodedata import normalize
from uuid import UUID, uuid4

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels import IncomingMessage, MessageKind
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.delivery.ports import Notice, Outgoing
from bot.errors import UnreadableError
from bot.inbox.ports import Letter
from connectors.sms.book import NumberBook
from connectors.sms.channel import GOODBYE
from connectors.sms.names import CHANNEL
from connectors.sms.numbers import Number, parse_number
from connectors.sms.orders import SmsOrder, order_in
from connectors.sms.pushes import Came, Push, PushReader, Reported

logger = logging.getLogger(__name__)

WELCOME_BACK = "sms_opted_in"
SLOW_DOWN = "sms_slow_down"


class Deliveries(Protocol):
    """The part of ``bot.delivery`` that is needed here."""

    async def enqueue(self, session: AsyncSession, outgoing: Outgoing) -> None: ...

    async def reported(
        self,
        channel: str,
        platform_id: str,
        *,
        state: Literal["delivered", "read", "failed"],
        code: str = "",
        at: datetime,
    ) -> bool: ...


@dataclass(frozen=True)
class Intake:
    """How much of one number is read; more than ``messages`` within ``window`` are neither stored nor answered."""

    messages: int = 20
    window: timedelta = timedelta(hours=1)
    max_chars: int = 2000


class SmsReader:
    """A `Reader`.

    Parameters
    ----------
    can_tell: whether a number can be told a kind of notice; what nobody has approved is not said.
    readers: by gateway and kind of push.
    """

    def __init__(
        self,
        database: Database,
        book: NumberBook,
        conversations: ConversationService,
        deliveries: Deliveries,
        wake: Callable[[UUID], None],
        can_tell: Callable[[Number, str], bool],
        readers: Mapping[tuple[str, str], PushReader],
        intake: Intake,
    ) -> None:
        self._database = database
        self._book = book
        self._conversations = conversations
        self._deliveries = deliveries
        self._wake = wake
        self._can_tell = can_tell
        self._readers = readers
        self._intake = intake

    async def read(self, letter: Letter) -> None:
        push = self._push(letter)
        if isinstance(push, Reported):
            await self._report(push)
        else:
            await self._message(letter, push)

    def _push(self, letter: Letter) -> Push:
        read = self._readers.get((str(letter.body.get("gateway")), str(letter.body.get("what"))))
        item = letter.body.get("item")
        if read is None or not isinstance(item, Mapping):
            raise UnreadableError("no gateway pushes such letters")
        try:
            return read(item, letter.received_at)
        except (ValidationError, ValueError, OverflowError):
            # Not "from error": pydantic quotes what it refuses, and that may be a phone.
            raise UnreadableError("the gateway pushed something that cannot be read") from None

    # -- what became of ours -----------------------------------------------------------------------

    async def _report(self, push: Reported) -> None:
        number = parse_number(push.number)
        if push.blocked and number is not None:
            await self._book.block(number, by=push.code, at=push.at)
        await self._deliveries.reported(CHANNEL, push.platform_id, state=push.state, code=push.code, at=push.at)

    # -- what customers write ------------------------------------------------------------------------

    async def _message(self, letter: Letter, push: Came) -> None:
        number = parse_number(push.sender)
        if number is None:
            raise UnreadableError("the sender is no number that gets SMS")
        if await self._is_dealt_with(letter, push, number):
            return
        received = await self._conversations.receive(await self._incoming(letter, push, number))
        if received.needs_bot:
            self._wake(received.conversation_id)

    async def _is_dealt_with(self, letter: Letter, push: Came, number: Number) -> bool:
        """Counted; an order is obeyed, and a flood gets no farther than this."""
        at = letter.received_at
        async with self._database.transaction() as session:
            count = await self._book.came(session, number, letter.key, at=at, within=self._intake.window)
            is_flood = count > self._intake.messages
            if await self._obeyed(session, push, number, at=at, silently=is_flood):
                return True
            if is_flood and await self._book.warn(session, number, at=at, every=self._intake.window):
                logger.warning("number %s writes more than %s messages", number, self._intake.messages)
                await self._tell(session, number, SLOW_DOWN, at)
            return is_flood

    async def _obeyed(self, session: AsyncSession, push: Came, number: Number, *, at: datetime, silently: bool) -> bool:
        """Whether the message was an order.  What the gateway has confirmed itself is not confirmed again."""
        order = SmsOrder(push.order) if push.order else order_in(push.text)
        silently = silently or bool(push.order)
        if order is SmsOrder.stop:
            word = push.text.strip()[:20] or "stop"
            if await self._book.opt_out(session, number, by=word, at=at) and not silently:
                await self._tell(session, number, GOODBYE, at)
            return True
        if order is SmsOrder.start and await self._book.opt_in(session, number):
            if not silently:
                await self._tell(session, number, WELCOME_BACK, at)
            return True
        return False

    async def _tell(self, session: AsyncSession, number: Number, kind: str, at: datetime) -> None:
        if not self._can_tell(number, kind):
            return
        notice = Notice(kind, {})
        await self._deliveries.enqueue(
            session,
            Outgoing(uuid4(), CHANNEL, number.e164, author="system", text="", created_at=at, notice=notice),
        )

    async def _incoming(self, letter: Letter, push: Came, number: Number) -> IncomingMessage:
        text = push.text.strip()[: self._intake.max_chars]
        title, payload = await self._chosen(number, text, letter.received_at)
        kind = MessageKind.postback if payload else MessageKind.text
        return IncomingMessage(
            channel=CHANNEL,
            sender=number.e164,
            external_id=letter.key,
            kind=MessageKind.image if push.pictures and not text else kind,
            text=title or text,
            payload=payload,
            received_at=letter.received_at,
        )

    async def _chosen(self, number: Number, text: str, at: datetime) -> tuple[str, str]:
        """Title and payload of the choice that the customer named by its number or title; empty for anything else."""
        word = normalize("NFKC", text).strip().rstrip(".、)")
        if not word or len(word) > 60:
            return "", ""
        for place, (title, payload) in enumerate(await self._book.choices(number, at=at), start=1):
            if word in (str(place), normalize("NFKC", title)):
                return title, payload
        return "", ""
