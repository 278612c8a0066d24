"""Who has a session: asked of the platform, moved on it, and noted here and in the conversation."""

import logging
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.delivery.ports import TryAgainError
from connectors.wecom import elsewhere, sessions
from connectors.wecom.account import WeComState
from connectors.wecom.api import WeComApi
from connectors.wecom.codes import PlatformError, WeComVerdict

logger = logging.getLogger(__name__)


class States:
    """The platform's ``service_state``."""

    def __init__(self, api: WeComApi, database: Database, clock: Clock) -> None:
        self._api = api
        self._database = database
        self._clock = clock

    async def note(
        self,
        session: AsyncSession,
        external_userid: str,
        open_kfid: str,
        state: WeComState,
        *,
        servicer: str = "",
        code: str = "",
        at: datetime,
    ) -> None:
        """The session is in this state since then, as the platform says."""
        await elsewhere.follow(session, external_userid, state, servicer, at)
        row = await sessions.seen(session, external_userid, open_kfid, at=at)
        sessions.became(row, state, servicer=servicer, code=code, at=at)

    async def asked(self, external_userid: str, open_kfid: str) -> WeComState | None:
        """The state as the platform has it, noted; None while it does not answer."""
        body = {"open_kfid": open_kfid, "external_userid": external_userid}
        try:
            answer = await self._api.call("kf/service_state/get", body)
            state, servicer = WeComState(int(answer.get("service_state", -1))), str(answer.get("servicer_userid") or "")
        except (PlatformError, TryAgainError, ValueError, TypeError) as error:
            logger.warning("the platform told no session state: %s", type(error).__name__)
            return None
        async with self._database.transaction() as session:
            await self.note(session, external_userid, open_kfid, state, servicer=servicer[:128], at=self._clock())
        return state

    async def taken(self, external_userid: str, open_kfid: str) -> WeComState | None:
        """The bot takes a new session; where the platform will not have it, whoever has it is noted."""
        state = await self.asked(external_userid, open_kfid)
        if state is not WeComState.new:
            return state
        try:
            await self.moved(external_userid, open_kfid, WeComState.bot)
        except (PlatformError, TryAgainError) as error:
            # It may speak in the state before, too.
            logger.info("a session was not taken: %s", type(error).__name__)
            is_otherwise = isinstance(error, PlatformError) and error.verdict is WeComVerdict.state
            return await self.asked(external_userid, open_kfid) if is_otherwise else state
        async with self._database.transaction() as session:
            await self.note(session, external_userid, open_kfid, WeComState.bot, at=self._clock())
        return WeComState.bot

    async def moved(self, external_userid: str, open_kfid: str, to: WeComState, *, servicer: str = "") -> str:
        """Move it on the platform only; returns the code for one more message.

        Raises `PlatformError`, with the verdict ``state`` for a move that is not legal, and `TryAgainError`.
        """
        body = {"open_kfid": open_kfid, "external_userid": external_userid, "service_state": to.value}
        answer = await self._api.call(
            "kf/service_state/trans", body | ({"servicer_userid": servicer} if servicer else {})
        )
        code = answer.get("msg_code")
        return code[:128] if isinstance(code, str) else ""
