"""Letters of the platform become messages and events of ours."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels import Attachment, IncomingMessage, MessageKind
from bot.clock import Clock
from bot.db import Database
from bot.delivery.ports import DeliveryError, RecipientGoneError
from bot.errors import UnreadableError
from bot.inbox.ports import Letter
from connectors.outlets import Outlets
from connectors.tencent_media import Keeping
from connectors.wechat import offers
from connectors.wechat.account import CHANNEL
from connectors.wechat.followers import Followers
from connectors.wechat.identity import Identities
from connectors.wechat.incoming import (
    Clicked,
    Consented,
    Followed,
    Incoming,
    Reported,
    Unfollowed,
    Withdrew,
    Written,
    read,
)
from connectors.wechat.tables import WeChatConsent, WeChatFollower

logger = logging.getLogger(__name__)
_SAME_PLACE_WITHIN = timedelta(minutes=1)


class WeChatReader:
    """The port `bot.inbox.ports.Reader`.

    Parameters
    ----------
    titles: what the buttons of our menu say, by key.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        followers: Followers,
        media: Keeping,
        identities: Identities,
        outlets: Outlets,
        titles: Mapping[str, str],
    ) -> None:
        self._database = database
        self._clock = clock
        self._followers = followers
        self._media = media
        self._identities = identities
        self._outlets = outlets
        self._titles = titles

    async def read(self, letter: Letter) -> None:
        found = read(dict(letter.body))
        if isinstance(found, Written):
            await self._written(found, letter)
        elif isinstance(found, Clicked):
            await self._clicked(found, letter)
        elif isinstance(found, Followed):
            await self._followed(found, letter)
        else:
            await self._told(found, letter)

    # -- messages ------------------------------------------------------------------------------------

    async def _written(self, written: Written, letter: Letter) -> None:
        """The window opens first: what waited for it may go out as soon as the message is stored."""
        if not written.openid:
            raise UnreadableError("a WeChat message of nobody")
        async with self._database.transaction() as session:
            if "scanned" in written.metadata:
                await self._followers.acted(session, written.openid, at=letter.received_at)
            else:
                await self._followers.wrote(session, written.openid, at=letter.received_at)
            written = await self._understood(session, written)
            if await self._was_told(session, written, at=letter.received_at):
                return
        attachment = written.attachment
        if attachment is not None and attachment.remote:
            attachment = await self._media.kept(attachment, written.openid, since=letter.received_at)
        await self._receive(written, attachment, letter)

    async def _understood(self, session: AsyncSession, written: Written) -> Written:
        """A tapped menu item, or a typed number of one, says what its button says."""
        if written.kind is not MessageKind.text or written.attachment is not None:
            return written
        button = None
        if written.menu_id:
            button = await offers.tapped(session, written.openid, written.menu_id)
        button = button or await offers.typed(session, written.openid, written.text, now=self._clock())
        if button is None:
            return written
        return _pressed(written, button.title, button.payload)

    async def _was_told(self, session: AsyncSession, written: Written, *, at: datetime) -> bool:
        """The platform tells a place chosen by the menu twice, as an event and as a message."""
        place = written.attachment
        if written.kind is not MessageKind.location or place is None:
            return False
        where = f"{place.latitude},{place.longitude}"
        row = await session.get_one(WeChatFollower, written.openid, populate_existing=True)
        is_same = row.place == where and row.place_at is not None and at - row.place_at < _SAME_PLACE_WITHIN
        if is_same and row.place_id != written.id:
            return True
        row.place, row.place_at, row.place_id = where, at, written.id
        return False

    async def _clicked(self, clicked: Clicked, letter: Letter) -> None:
        """A key that begins with ``/`` is a payload; any other is words."""
        async with self._database.transaction() as session:
            await self._followers.acted(session, clicked.openid, at=letter.received_at)
        written = Written(clicked.openid, clicked.id, MessageKind.text, clicked.key)
        if clicked.key.startswith("/"):
            written = _pressed(written, self._titles.get(clicked.key, clicked.key), clicked.key)
        await self._receive(written, None, letter)

    async def _receive(self, written: Written, attachment: Attachment | None, letter: Letter) -> None:
        if not written.text and attachment is None:
            return
        incoming = IncomingMessage(
            channel=CHANNEL,
            sender=written.openid,
            external_id=written.id,
            kind=written.kind,
            text=written.text,
            payload=written.payload,
            received_at=letter.received_at,
            metadata=written.metadata,
            attachments=(attachment,) if attachment is not None else (),
        )
        received = await self._outlets.conversations.receive(incoming)
        if received.needs_bot:
            self._outlets.wake(received.conversation_id)
        await self._identities.look_up(written.openid)

    # -- events --------------------------------------------------------------------------------------

    async def _followed(self, followed: Followed, letter: Letter) -> None:
        """Welcomed with suggestions."""
        async with self._database.transaction() as session:
            await self._followers.acted(session, followed.openid, at=letter.received_at)
            if self._outlets.doors is not None:
                await self._outlets.doors.opened(session, followed.openid, at=letter.received_at)
        await self._outlets.conversations.open(CHANNEL, followed.openid, greet=True, cause=letter.key)
        await self._identities.look_up(followed.openid)

    async def _told(self, found: Incoming, letter: Letter) -> None:
        if isinstance(found, Unfollowed):
            async with self._database.transaction() as session:
                await self._followers.left(session, found.openid)
                if self._outlets.doors is not None:
                    await self._outlets.doors.closed(session, found.openid, at=letter.received_at)
        elif isinstance(found, Reported):
            await self._reported(found, at=letter.received_at)
        elif isinstance(found, Consented):
            await self._consented(found, letter)
        elif isinstance(found, Withdrew):
            logger.warning("a follower took back what they had authorised: see README.md, personal data")

    async def _reported(self, report: Reported, *, at: datetime) -> None:
        if report.is_delivered:
            await self._outlets.reported(CHANNEL, report.message_id, state="delivered", at=at)
            return
        code = report.status.removeprefix("failed:").strip()[:100]
        error: DeliveryError = DeliveryError("微信没有送达这条通知", code=code)
        if "block" in code:
            error = RecipientGoneError("客户拒收公众号的通知", code=code)
        await self._outlets.reported(CHANNEL, report.message_id, state="failed", code=code, at=at, error=error)

    async def _consented(self, consented: Consented, letter: Letter) -> None:
        """Each yes is good for one notice; a no takes back what was not used yet."""
        async with self._database.transaction() as session:
            for template_id in consented.accepted:
                row = {
                    "letter": letter.key,
                    "template_id": template_id,
                    "openid": consented.openid,
                    "given_at": letter.received_at,
                }
                await session.execute(insert(WeChatConsent).values(row).on_conflict_do_nothing())
            if consented.rejected:
                await session.execute(
                    delete(WeChatConsent).where(
                        WeChatConsent.openid == consented.openid,
                        WeChatConsent.template_id.in_(consented.rejected),
                        WeChatConsent.used_by.is_(None),
                        WeChatConsent.given_at <= letter.received_at,
                    )
                )


def _pressed(written: Written, title: str, payload: str) -> Written:
    """As if a button had been tapped."""
    return replace(written, kind=MessageKind.postback, text=title, payload=payload)
