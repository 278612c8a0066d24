"""Letters of the platform: a doorbell has messages fetched, each message becomes something of ours."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels import Attachment, IncomingMessage, MessageKind
from bot.clock import Clock
from bot.db import Database
from bot.errors import UnreadableError
from bot.inbox.ports import Letter
from connectors.outlets import Outlets
from connectors.tencent_media import Keeping
from connectors.wechat import offers
from connectors.wecom import elsewhere, sessions
from connectors.wecom.account import CHANNEL, WeComAccount, WeComState
from connectors.wecom.channel import offered_to
from connectors.wecom.codes import WeComVerdict, as_delivery_error, failure_of
from connectors.wecom.identity import Identities
from connectors.wecom.incoming import Entered, Moved, NotSent, Place, Said, read
from connectors.wecom.states import States
from connectors.wecom.syncing import Ring, Syncing
from connectors.wecom.webhook import BELL

logger = logging.getLogger(__name__)


class WeComReader:
    """The port `bot.inbox.ports.Reader`."""

    def __init__(
        self,
        account: WeComAccount,
        database: Database,
        clock: Clock,
        syncing: Syncing,
        states: States,
        media: Keeping,
        identities: Identities,
        outlets: Outlets,
    ) -> None:
        self._account = account
        self._database = database
        self._clock = clock
        self._syncing = syncing
        self._states = states
        self._media = media
        self._identities = identities
        self._outlets = outlets

    async def read(self, letter: Letter) -> None:
        if letter.body.get("what") == BELL:
            await self._syncing.fetch(_ring(letter))
            return
        fields = letter.body.get("fields")
        if not isinstance(fields, dict):
            raise UnreadableError("a WeCom letter holds no message")
        found = read(fields, str(letter.body.get("open_kfid", "")))
        if isinstance(found, Said):
            await (self._heard_servicer(found, letter) if found.servicer else self._heard(found, letter))
        elif isinstance(found, Entered):
            await self._entered(found, letter)
        elif isinstance(found, NotSent):
            await self._not_sent(found)
        elif isinstance(found, Moved):
            await self._moved(found)

    # -- messages ------------------------------------------------------------------------------------

    async def _heard(self, said: Said, letter: Letter) -> None:
        """The window opens, and whose turn it is is known, before the message is there to be answered."""
        user, open_kfid, at = said.place.external_userid, said.place.open_kfid, self._moment(said.place)
        async with self._database.transaction() as session:
            row = await sessions.seen(session, user, open_kfid, at=at)
            is_unclear = sessions.has_to_be_asked(row, now=self._clock())
            sessions.wrote(row, at=at)
            kind, text, payload = await self._understood(session, said)
        if is_unclear:
            await self._settle(user, open_kfid)
        attachment = await self._kept(said, since=letter.received_at)
        if not text and attachment is None:
            return
        incoming = IncomingMessage(
            channel=CHANNEL,
            sender=user,
            external_id=said.id,
            kind=kind,
            text=text,
            payload=payload,
            received_at=at,
            metadata={"open_kfid": open_kfid},
            attachments=(attachment,) if attachment is not None else (),
        )
        received = await self._outlets.conversations.receive(incoming)
        if received.needs_bot:
            self._outlets.wake(received.conversation_id)
        await self._identities.look_up(user)

    async def _settle(self, user: str, open_kfid: str) -> None:
        """The bot takes a new session; one that people have is kept from it, even in a conversation just begun."""
        state = await self._states.taken(user, open_kfid)
        if state is not None and state.is_with_person:
            await self._outlets.conversations.open(CHANNEL, user, greet=False)
            await self._states.asked(user, open_kfid)

    async def _understood(self, session: AsyncSession, said: Said) -> tuple[MessageKind, str, str]:
        """A tapped menu item, or a typed number of one, says what its button says."""
        if said.kind is not MessageKind.text or said.attachment is not None:
            return said.kind, said.text, ""
        whose, button = offered_to(said.place.external_userid), None
        if said.menu_id:
            button = await offers.tapped(session, whose, said.menu_id)
        button = button or await offers.typed(session, whose, said.text, now=self._clock())
        return (MessageKind.postback, button.title, button.payload) if button else (said.kind, said.text, "")

    async def _kept(self, said: Said, *, since: datetime) -> Attachment | None:
        attachment = said.attachment
        if attachment is None or not attachment.remote:
            return attachment
        return await self._media.kept(attachment, said.servicer or said.place.external_userid, since=since)

    async def _heard_servicer(self, said: Said, letter: Letter) -> None:
        """For the transcript; nobody is woken and nothing is sent."""
        user, at = said.place.external_userid, self._moment(said.place)
        attachment = await self._kept(said, since=letter.received_at)
        await self._outlets.conversations.open(CHANNEL, user, greet=False)
        async with self._database.transaction() as session:
            await elsewhere.said(
                session,
                user,
                said.text,
                (attachment,) if attachment is not None else (),
                servicer=said.servicer,
                external_id=said.id,
                at=at,
            )
            row = await sessions.get(session, user, said.place.open_kfid)
            is_known = row is not None and row.state == WeComState.human and row.servicer == said.servicer
            if not is_known and not _is_outdated(row, at):
                await self._states.note(
                    session, user, said.place.open_kfid, WeComState.human, servicer=said.servicer, at=at
                )

    # -- events --------------------------------------------------------------------------------------

    async def _entered(self, entered: Entered, letter: Letter) -> None:
        """Welcomed while the platform lets us, which is seconds; whoever wrote lately has no welcome code."""
        user, at = entered.place.external_userid, self._moment(entered.place)
        async with self._database.transaction() as session:
            row = await sessions.seen(session, user, entered.place.open_kfid, at=at)
            now = self._clock()
            is_welcome = sessions.may_welcome(row, entered.welcome_code, entered_at=at, now=now)
            if self._outlets.doors is not None:
                await self._outlets.doors.opened(session, user, at=now)
        if is_welcome:
            await self._outlets.conversations.open(CHANNEL, user, greet=True, cause=letter.key)

    async def _not_sent(self, failed: NotSent) -> None:
        """The platform took it and did not deliver it."""
        user, reason = failed.place.external_userid, failure_of(failed.fail_type)
        async with self._database.transaction() as session:
            if reason.verdict is WeComVerdict.quota:
                most = self._account.messages
                await sessions.closed(session, user, failed.place.open_kfid, most=most)
            if reason.verdict is WeComVerdict.gone and self._outlets.doors is not None:
                await self._outlets.doors.closed(session, user, at=self._clock())
        await self._outlets.reported(
            CHANNEL,
            failed.message_id,
            state="failed",
            code=f"fail_type {reason.code}",
            at=self._moment(failed.place),
            error=as_delivery_error(replace(reason, code=f"fail_type {reason.code}")),
        )

    async def _moved(self, moved: Moved) -> None:
        """People of WeCom took the session, passed it on, or ended it."""
        user, open_kfid, at = moved.place.external_userid, moved.place.open_kfid, self._moment(moved.place)
        state = WeComState.human if moved.servicer else WeComState.ended
        if moved.servicer:
            await self._outlets.conversations.open(CHANNEL, user, greet=False)
        async with self._database.transaction() as session:
            known = await sessions.get(session, user, open_kfid)
            if _is_outdated(known, at):
                return
        async with self._database.transaction() as session:
            await self._states.note(session, user, open_kfid, state, servicer=moved.servicer, code=moved.code, at=at)

    def _moment(self, place: Place) -> datetime:
        """When it happened, never in the future: the platform's clock is not ours."""
        return min(place.at, self._clock())


def _is_outdated(row: Any, at: datetime) -> bool:
    """The platform tells whole seconds."""
    return row is not None and row.state_at is not None and at < row.state_at.replace(microsecond=0)


def _ring(letter: Letter) -> Ring:
    body: Mapping[str, Any] = letter.body
    rung_at = datetime.fromtimestamp(int(body.get("rung_at", 0)), timezone.utc)
    return Ring(str(body.get("open_kfid", "")), str(body.get("token", "")), rung_at, letter.received_at)
