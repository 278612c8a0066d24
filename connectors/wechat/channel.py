"""Saying things to followers by customer-service messages: few, merged, counted."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from bot.channels import MessageKind
from bot.clock import Clock
from bot.db import Database
from bot.delivery.ports import Outgoing, QuotaError, Sent, TryAgainError
from bot.errors import BotError
from connectors.wechat import joining, offers
from connectors.wechat.account import CHANNEL, WeChatAccount
from connectors.wechat.api import WeChatApi
from connectors.wechat.codes import PlatformError, Verdict
from connectors.wechat.composing import MENU_ITEMS, FilePart, TextPart, compose
from connectors.wechat.followers import Followers, Window
from connectors.wechat.media import OutgoingMedia
from connectors.wechat.notices import Notices
from connectors.wechat.records import Records
from connectors.wechat.splitting import split

logger = logging.getLogger(__name__)
SEND = "message/custom/send"


@dataclass(frozen=True)
class _Prepared:
    """A part that was counted and is about to be sent; ``carrier`` when it went out within an earlier one."""

    part: TextPart | FilePart
    window: Window = "message"
    carries: bool = False
    carrier: UUID | None = None


class WeChatChannel:
    """The port `bot.delivery.ports.Channel` over ``message/custom/send``."""

    name = CHANNEL

    def __init__(
        self,
        account: WeChatAccount,
        api: WeChatApi,
        database: Database,
        clock: Clock,
        media: OutgoingMedia,
        notices: Notices,
    ) -> None:
        self._account = account
        self._api = api
        self._database = database
        self._clock = clock
        self._media = media
        self._notices = notices
        self._records = Records(api)
        self._followers = Followers(account.quota)
        self._menus_work = account.uses_menus

    def parts(self, outgoing: Outgoing) -> int:
        return len(compose(outgoing, self._account.text_bytes))

    async def send(self, outgoing: Outgoing, part: int) -> Sent:
        """A notice for which no window is open goes out by template, where there is one for its kind."""
        try:
            return await self._send(outgoing, part)
        except QuotaError:
            if outgoing.notice is None or not self._notices.has(outgoing.notice.kind):
                raise
            return await self._notices.send(outgoing)

    async def was_sent(self, outgoing: Outgoing, part: int, *, since: datetime) -> bool | None:
        """By the account's records where it keeps them; nobody else can tell."""
        if outgoing.notice is not None and self._notices.is_repeatable(outgoing.notice.kind, since, self._clock()):
            return False
        what = compose(outgoing, self._account.text_bytes)[part]
        if not self._account.keeps_records or not isinstance(what, TextPart):
            return None
        found = await self._records.holds(outgoing.recipient, what.text, since=since, until=self._clock())
        if found:
            await self._sent(outgoing, _Prepared(what, carries=True))
        return found

    async def typing(self, recipient: str, *, on: bool) -> None:
        """The platform refuses it often, which does no harm."""
        command = "Typing" if on else "CancelTyping"
        try:
            await self._api.call("message/custom/typing", {"touser": recipient, "command": command})
        except (PlatformError, BotError, SQLAlchemyError) as error:
            logger.debug("no typing was shown: %s", type(error).__name__)

    # -- before and after ----------------------------------------------------------------------------

    async def _send(self, outgoing: Outgoing, part: int) -> Sent:
        prepared = await self._prepare(outgoing, part)
        if prepared.carrier is not None:
            return Sent(details={"within": str(prepared.carrier)})
        try:
            await self._say(outgoing.recipient, prepared.part)
        except PlatformError as error:
            await self._take_back(outgoing, prepared, closed=error.verdict is Verdict.quota)
            raise error.as_delivery_error() from error
        except TryAgainError as error:
            if not error.may_have_arrived:
                await self._take_back(outgoing, prepared, closed=False)
            raise
        await self._sent(outgoing, prepared)
        return Sent()

    async def _prepare(self, outgoing: Outgoing, number: int) -> _Prepared:
        """Count it, join what fits, remember the choices: what must be known should this process die."""
        parts = compose(outgoing, self._account.text_bytes)
        part, now, openid = parts[number], self._clock(), outgoing.recipient
        is_last = number == len(parts) - 1
        async with self._database.transaction() as session:
            if number == 0 and (carrier := await joining.carrier_of(session, outgoing.id)):
                return _Prepared(part, carrier=carrier)
            window = await self._followers.take(session, openid, now=now)
            if not isinstance(part, TextPart):
                return _Prepared(part, window)
            joined = joining.Joined(part)
            if is_last and outgoing.notice is None:
                behind = await joining.waiting_behind(session, outgoing)
                joined = joining.join(part, behind, self._account.text_bytes)
                await joining.about_to_carry(session, outgoing.id, joined.carried, at=now)
            numbered = not self._shows_menu(joined.part)
            await offers.offered(session, openid, joined.part.buttons, numbered=numbered, at=now)
            return _Prepared(joined.part, window, carries=bool(joined.carried))

    async def _sent(self, outgoing: Outgoing, prepared: _Prepared) -> None:
        if prepared.carries:
            async with self._database.transaction() as session:
                await joining.has_carried(session, outgoing.id, at=self._clock())

    async def _take_back(self, outgoing: Outgoing, prepared: _Prepared, *, closed: bool) -> None:
        """It was not sent: it does not count, and carries nothing."""
        async with self._database.transaction() as session:
            if closed:
                await self._followers.closed(session, outgoing.recipient)
            else:
                await self._followers.give_back(session, outgoing.recipient, prepared.window)
            if prepared.carries:
                await joining.did_not_carry(session, outgoing.id)

    # -- what is sent --------------------------------------------------------------------------------

    async def _say(self, openid: str, part: TextPart | FilePart) -> None:
        if isinstance(part, FilePart):
            await self._show(openid, part)
        elif self._shows_menu(part):
            await self._offer(openid, part)
        else:
            await self._write(openid, part.numbered())

    async def _write(self, openid: str, text: str) -> None:
        """A text; should the platform find it too long after all, in halves."""
        try:
            await self._call(openid, "text", {"content": text})
        except PlatformError as error:
            pieces = split(text, self._account.text_bytes // 2)
            if error.verdict is not Verdict.too_long or len(pieces) == 1:
                raise
            for piece in pieces:
                await self._call(openid, "text", {"content": piece})

    async def _offer(self, openid: str, part: TextPart) -> None:
        """A menu to tap; an account that may send none writes the choices out from now on."""
        try:
            await self._call(openid, "msgmenu", part.menu())
        except PlatformError as error:
            if error.verdict not in (Verdict.menu, Verdict.too_long):
                raise
            self._menus_work = self._menus_work and error.code.code != "40200"
            async with self._database.transaction() as session:
                await offers.offered(session, openid, part.buttons, numbered=True, at=self._clock())
            await self._write(openid, part.numbered())

    async def _show(self, openid: str, part: FilePart) -> None:
        """A file; one the platform has forgotten is uploaded anew, once."""
        try:
            await self._call(openid, part.attachment.kind.value, await self._file(part))
        except PlatformError as error:
            if error.verdict is not Verdict.media:
                raise
            await self._call(openid, part.attachment.kind.value, await self._file(part, anew=True))

    async def _file(self, part: FilePart, *, anew: bool = False) -> dict[str, Any]:
        body = {"media_id": await self._media.media_id(part.attachment, anew=anew)}
        if part.attachment.kind is MessageKind.video:
            body["thumb_media_id"] = await self._media.thumb_id()
        return body

    async def _call(self, openid: str, kind: str, body: dict[str, Any]) -> None:
        await self._api.call(SEND, {"touser": openid, "msgtype": kind, kind: body})

    def _shows_menu(self, part: TextPart) -> bool:
        return self._menus_work and 0 < len(part.buttons) <= MENU_ITEMS
