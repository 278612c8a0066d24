"""Accounts that may not send of their own accord: what we say waits until the platform asks, and is its answer.

The platform asks three times, five seconds each, before it gives up on a message.  A question is answered as soon as
everything owed to it is there; until then each attempt is left hanging so that the next one comes.  What is not ready
for the third is said with the answer to the follower's next message.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.delivery.model import Delivery, SendState
from bot.delivery.ports import Outgoing, Sent
from connectors.wechat import offers
from connectors.wechat.account import CHANNEL
from connectors.wechat.composing import FilePart, TextPart, compose, word
from connectors.wechat.splitting import size, split
from connectors.wechat.tables import WeChatCall as Call
from connectors.wechat.tables import WeChatUnsaid as Unsaid

ATTEMPTS = 3
GO_ON = ("继续", "继续。", "更多")
_RECENT = timedelta(minutes=10)
_KEPT = timedelta(days=3)
_BETWEEN = "\n\n"


@dataclass(frozen=True)
class Patience:
    """How long one attempt of the platform is used, and when it is over for the platform; seconds."""

    wait_s: float = 4.5
    hang_s: float = 5.5
    look_every_s: float = 0.2


class PassiveChannel:
    """The port `bot.delivery.ports.Channel`: lays down what is to be said for the platform's next question."""

    name = CHANNEL

    def __init__(self, database: Database, clock: Clock, limit: int) -> None:
        self._database = database
        self._clock = clock
        self._limit = limit

    def parts(self, outgoing: Outgoing) -> int:
        return len(compose(outgoing, self._limit))

    async def send(self, outgoing: Outgoing, part: int) -> Sent:
        what = compose(outgoing, self._limit)[part]
        values = {
            "delivery": _name(outgoing, part),
            "openid": outgoing.recipient,
            "text": _text_of(what),
            "created_at": self._clock(),
        }
        buttons = what.buttons if isinstance(what, TextPart) else ()
        async with self._database.transaction() as session:
            await session.execute(insert(Unsaid).values(values).on_conflict_do_nothing(index_elements=["delivery"]))
            await offers.offered(session, outgoing.recipient, buttons, numbered=True, at=self._clock())
        return Sent()

    async def was_sent(
        self,
        outgoing: Outgoing,  # noqa: ARG002
        part: int,  # noqa: ARG002
        *,
        since: datetime,  # noqa: ARG002
    ) -> bool | None:
        """Laying it down twice is laying it down once."""
        return False

    async def typing(self, recipient: str, *, on: bool) -> None:
        """Nothing to show it with."""


class PassiveReplies:
    """Answers the platform's questions from what was laid down, whichever process did that."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        limit: int,
        patience: Patience | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._clock = clock
        self._limit = limit
        self._patience = patience or Patience()
        self._sleep = sleep

    async def goes_on(self, openid: str, text: str) -> bool:
        """Whether this only asks for what is still unsaid, or on its way; such a message is no question to the bot."""
        if text.strip() not in GO_ON:
            return False
        async with self._database.transaction() as session:
            unanswered = exists().where(
                Call.openid == openid, Call.reply.is_(None), Call.first_at > self._clock() - _RECENT
            )
            return bool(await session.scalar(select(_waits(openid) | unanswered)))

    async def begin(self, key: str, openid: str) -> Call:
        """Note that the platform asks, before anybody may answer; the same push again is one more attempt."""
        latest = select(func.coalesce(func.max(Unsaid.id), 0)).scalar_subquery()
        new = insert(Call).values(key=key, openid=openid, attempts=1, first_at=self._clock(), after=latest)
        again = new.on_conflict_do_update(index_elements=[Call.key], set_={"attempts": Call.attempts + 1})
        async with self._database.transaction() as session:
            return (await session.scalars(again.returning(Call), execution_options={"populate_existing": True})).one()

    async def reply_to(self, call: Call, *, goes_on: bool = False) -> str | None:
        """What to answer to this push; None when it is too late for this attempt and the next will come.

        Takes some seconds.  The same push asked again after it was answered is answered the same.
        """
        if call.reply is not None:
            return call.reply
        began, after = self._clock(), None if goes_on else call.after
        while self._clock() - began < timedelta(seconds=self._patience.wait_s):
            reply = await self._give(call, after)
            if reply is not None:
                return reply
            await self._sleep(self._patience.look_every_s)
        if call.attempts >= ATTEMPTS:
            return await self._give(call, None, or_else=word("still_working"))
        await self._sleep(max(0.0, self._patience.hang_s - (self._clock() - began).total_seconds()))
        return None

    async def forget(self) -> None:
        """What is days old."""
        async with self._database.transaction() as session:
            await session.execute(delete(Call).where(Call.first_at < self._clock() - _KEPT))
            await session.execute(delete(Unsaid).where(Unsaid.created_at < self._clock() - _KEPT))

    async def _give(self, asked: Call, after: int | None, *, or_else: str | None = None) -> str | None:
        """Everything unsaid that fits, once something newer than ``after`` is among it and nothing more is coming."""
        openid = asked.openid
        async with self._database.transaction() as session:
            if after is not None and not await self._is_complete(session, openid, after):
                return None
            call = await session.get_one(Call, asked.key, with_for_update=True)
            if call.reply is not None:
                return call.reply
            query = select(Unsaid).where(Unsaid.openid == openid, Unsaid.given_to.is_(None)).order_by(Unsaid.id)
            rows = (await session.scalars(query.with_for_update())).all()
            if not rows and or_else is None:
                return None
            # What is said for want of an answer is none: a repeated question may still get one.
            call.reply = self._told(rows, call.key) if rows else None
            return call.reply or or_else

    def _told(self, rows: Sequence[Unsaid], key: str) -> str:
        """The first rows as one text; what does not fit stays, and the follower is told how to have it."""
        taken, said = _fitting(rows, self._limit)
        hint = ""
        if len(taken) < len(rows):
            hint = _BETWEEN + word("to_be_continued")
            taken, said = _fitting(rows, self._limit - size(hint))
        for row in taken:
            row.given_to = key
        if not taken:
            said, *rest = split(rows[0].text, self._limit - size(hint))
            rows[0].text = "\n".join(rest)
        return said + hint

    async def _is_complete(self, session: AsyncSession, openid: str, after: int) -> bool:
        is_coming = exists().where(
            Delivery.channel == CHANNEL,
            Delivery.lane == openid,
            Delivery.state.in_((SendState.waiting.value, SendState.sending.value)),
        )
        newest = select(func.max(Unsaid.id)).where(Unsaid.openid == openid, Unsaid.given_to.is_(None))
        row = (await session.execute(select(is_coming, newest.scalar_subquery()))).one()
        return not row[0] and row[1] is not None and row[1] > after


def _waits(openid: str) -> ColumnElement[bool]:
    return exists().where(Unsaid.openid == openid, Unsaid.given_to.is_(None))


def _fitting(rows: Sequence[Unsaid], room: int) -> tuple[list[Unsaid], str]:
    """The first rows that fit, and their text; parts of one bubble stand closer together than bubbles."""
    taken: list[Unsaid] = []
    said = ""
    for row in rows:
        is_same = bool(taken) and _bubble(taken[-1]) == _bubble(row)
        longer = (said + ("\n" if is_same else _BETWEEN) if taken else "") + row.text
        if size(longer) > room:
            break
        said = longer
        taken.append(row)
    return taken, said


def _bubble(row: Unsaid) -> str:
    return row.delivery.partition(":")[0]


def _name(outgoing: Outgoing, part: int) -> str:
    return f"{outgoing.id}:{part}"


def _text_of(part: TextPart | FilePart) -> str:
    if isinstance(part, TextPart):
        return part.numbered()
    return word("file_not_shown", file=part.attachment.name or word("a_file"))
