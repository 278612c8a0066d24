"""Saying things to customers of WeCom customer service: few, counted, and known to the platform by our own ids."""

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.delivery.model import DeliveryPart
from bot.delivery.ports import ContentRefusedError, DeliveryError, Outgoing, QuotaError, Sent, TryAgainError
from bot.errors import AttachmentDamagedError, AttachmentNotFoundError
from connectors.wechat import offers
from connectors.wecom import sessions
from connectors.wecom.account import CHANNEL, WeComAccount
from connectors.wecom.api import WeComApi
from connectors.wecom.codes import PlatformError, WeComVerdict
from connectors.wecom.composing import FilePart, Part, PlacePart, TextPart, compose
from connectors.wecom.media import OutgoingMedia
from connectors.wecom.states import States
from connectors.wecom.tables import WeComSession
from connectors.wecom.words import word

SEND, SEND_ON_EVENT = "kf/send_msg", "kf/send_msg_on_event"
_ID_CHARS = 22
_NOT_ABOUT_CODES = {WeComVerdict.try_again, WeComVerdict.token, WeComVerdict.misconfigured}
"""Verdicts that say nothing about the code that a message was sent with."""


@dataclass(frozen=True)
class _Prepared:
    """A part that is about to be sent.  ``code``: it need not be counted."""

    part: Part
    session: WeComSession
    msgid: str
    code: str = ""

    @property
    def is_menu(self) -> bool:
        return isinstance(self.part, TextPart) and self.part.fits_menu


def offered_to(external_userid: str) -> str:
    """Under which name choices are remembered that were offered to a customer."""
    return f"{CHANNEL}:{external_userid}"


class WeComChannel:
    """The port `bot.delivery.ports.Channel` over ``kf/send_msg``."""

    name = CHANNEL

    def __init__(
        self,
        account: WeComAccount,
        api: WeComApi,
        database: Database,
        clock: Clock,
        media: OutgoingMedia,
        states: States,
    ) -> None:
        self._account = account
        self._api = api
        self._database = database
        self._clock = clock
        self._media = media
        self._states = states

    def parts(self, outgoing: Outgoing) -> int:
        return len(compose(outgoing))

    async def send(self, outgoing: Outgoing, part: int) -> Sent:
        prepared = await self._prepare(outgoing, part)
        if prepared.code and await self._said_on_event(prepared):
            return Sent(prepared.msgid, {"event": "code"})
        if prepared.code:
            prepared = await self._prepare(outgoing, part)
        try:
            await self._say(prepared)
        except PlatformError as error:
            raise await self._meaning(outgoing, prepared, error) from error
        except DeliveryError as error:
            if not (isinstance(error, TryAgainError) and error.may_have_arrived):
                await self._take_back(prepared)
            raise
        return Sent(prepared.msgid)

    async def was_sent(self, outgoing: Outgoing, part: int, *, since: datetime) -> bool | None:  # noqa: ARG002
        """The platform knows a message by our id: the same again is one message."""
        return False

    async def typing(self, recipient: str, *, on: bool) -> None:
        """The platform has no such thing."""

    # -- before --------------------------------------------------------------------------------------

    async def _prepare(self, outgoing: Outgoing, number: int) -> _Prepared:
        """Count it and remember the choices: what must be known should this process die."""
        part, now = compose(outgoing)[number], self._clock()
        async with self._database.transaction() as session:
            row = await sessions.latest(session, outgoing.recipient, lock=True)
            if row is None:
                raise QuotaError(word("never_wrote"), code=sessions.TOO_LATE)
            msgid = await _msgid(session, outgoing, number)
            code = sessions.usable_code(row, outgoing, now=now) if isinstance(part, TextPart) else ""
            if not code:
                sessions.count(row, outgoing, msgid, self._account, now=now)
            prepared = _Prepared(part, row, msgid, code)
            if isinstance(part, TextPart):
                await self._offer(session, outgoing.recipient, part, numbered=not prepared.is_menu)
            return prepared

    async def _offer(self, session: AsyncSession, recipient: str, part: TextPart, *, numbered: bool) -> None:
        await offers.offered(session, offered_to(recipient), part.buttons, numbered=numbered, at=self._clock())

    # -- sending -------------------------------------------------------------------------------------

    async def _said_on_event(self, prepared: _Prepared) -> bool:
        """With a code that is good for one message; False when the platform will not have it, used or too late."""
        body = {"code": prepared.code, "msgid": prepared.msgid, **await self._content(prepared)}
        is_said = True
        try:
            await self._api.call(SEND_ON_EVENT, body)
        except PlatformError as error:
            if error.code.is_known and error.verdict in _NOT_ABOUT_CODES:
                raise error.as_delivery_error() from error
            is_said = False
        async with self._database.transaction() as session:
            await sessions.used(session, prepared.session, prepared.code)
        return is_said

    async def _say(self, prepared: _Prepared) -> None:
        """A menu that is not taken is written out; a file that the platform has forgotten is uploaded anew, once."""
        try:
            await self._call(prepared, await self._content(prepared))
        except PlatformError as error:
            part = prepared.part
            if error.verdict is WeComVerdict.menu and isinstance(part, TextPart):
                async with self._database.transaction() as session:
                    await self._offer(session, prepared.session.external_userid, part, numbered=True)
                await self._call(prepared, _text(part.numbered()))
            elif error.verdict is WeComVerdict.media and isinstance(part, FilePart):
                await self._call(prepared, await self._content(prepared, anew=True))
            else:
                raise

    async def _call(self, prepared: _Prepared, content: dict[str, Any]) -> None:
        row = prepared.session
        to = {"touser": row.external_userid, "open_kfid": row.open_kfid, "msgid": prepared.msgid}
        await self._api.call(SEND, to | content)

    async def _content(self, prepared: _Prepared, *, anew: bool = False) -> dict[str, Any]:
        part = prepared.part
        if isinstance(part, PlacePart):
            place = {"name": part.name, "address": part.name, "latitude": part.latitude, "longitude": part.longitude}
            return {"msgtype": "location", "location": place}
        if isinstance(part, FilePart):
            try:
                return {"msgtype": part.kind, part.kind: {"media_id": await self._media.media_id(part, anew=anew)}}
            except (AttachmentNotFoundError, AttachmentDamagedError) as error:
                raise ContentRefusedError(str(error)) from error
        return {"msgtype": "msgmenu", "msgmenu": part.menu()} if prepared.is_menu else _text(part.numbered())

    # -- after ---------------------------------------------------------------------------------------

    async def _meaning(self, outgoing: Outgoing, prepared: _Prepared, error: PlatformError) -> DeliveryError:
        """What a refusal comes to.  Whoever has the session is asked for where the platform speaks of its state."""
        row = prepared.session
        if error.verdict is WeComVerdict.quota:
            async with self._database.transaction() as session:
                most = self._account.messages
                await sessions.closed(session, row.external_userid, row.open_kfid, most=most)
            return error.as_delivery_error()
        await self._take_back(prepared)
        if error.verdict is not WeComVerdict.state:
            return error.as_delivery_error()
        state = await self._states.asked(row.external_userid, row.open_kfid)
        return sessions.refusal(state, outgoing) or TryAgainError(error.code.zh, code=error.code.code)

    async def _take_back(self, prepared: _Prepared) -> None:
        async with self._database.transaction() as session:
            await sessions.give_back(session, prepared.session, prepared.msgid)


async def _msgid(session: AsyncSession, outgoing: Outgoing, number: int) -> str:
    """The same through all attempts, but for a part of which the platform told later that it failed: it would take
    the same id for the same message and not send it.
    """
    name = base64.urlsafe_b64encode(outgoing.id.bytes).decode().rstrip("=")
    last = await session.get(DeliveryPart, (outgoing.id, number), populate_existing=True)
    if last is None or last.reported != "failed" or not last.platform_id:
        return f"{name}-{number}"
    _, _, again = last.platform_id[_ID_CHARS + 1 :].partition("-")
    return f"{name}-{number}-{int(again or 0) + 1}"


def _text(content: str) -> dict[str, Any]:
    return {"msgtype": "text", "text": {"content": content}}
