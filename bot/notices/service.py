"""The one door to notices: what happened is noted for those who agreed, and told by the best allowed way."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.customers.service import get_customer
from bot.db import Database
from bot.errors import BadQueryError
from bot.notices import consents
from bot.notices.catalogue import catalogue
from bot.notices.consents import ANY, Consents, Said
from bot.notices.model import ALL, NoticeEnd, NoticeRow, NoticeState
from bot.notices.quiet import QuietHours


@dataclass(frozen=True)
class Happening:
    """Something that may have to be told.

    Parameters
    ----------
    kind: a name of ``kinds.yml``.
    subject: the number of the waybill or the ticket.
    occasion: the same for the same happening, however often we hear of it.
    values: what fills the blanks of the kind.
    """

    kind: str
    subject: str
    occasion: str
    at: datetime
    values: Mapping[str, str] = field(default_factory=dict)


class NoticeService:
    """Consents, and what is to be told; telling itself is `bot.notices.telling.Teller`.

    Parameters
    ----------
    quiet: when only what is urgent is told.
    """

    def __init__(self, database: Database, quiet: QuietHours | None = None) -> None:
        self.quiet = quiet or QuietHours()
        self._database = database

    # -- consents --------------------------------------------------------------------------------

    async def agree(self, session: AsyncSession, said: Said, *, waybills: Iterable[str] = ()) -> None:
        """The customer wants to be told; ``waybills`` are those that are watched for it from now on.

        The caller knows that the customer is a party to them.
        """
        await self._keep(session, said, agreed=True)
        customer = await get_customer(session, said.customer_id)
        await consents.watch(session, customer.id, waybills, at=said.at, conversation_id=said.conversation_id)

    async def decline(self, session: AsyncSession, said: Said) -> None:
        """The customer does not want to be told any more; what waits for telling is dropped."""
        await self._keep(session, said, agreed=False)
        customer = await get_customer(session, said.customer_id)
        now_allowed = await consents.consents_of(session, customer.id)
        for row in await self._waiting(session, customer.id):
            if not _is_allowed_anywhere(now_allowed, row):
                row.drop(NoticeEnd.declined, at=said.at)
        if ANY in said.kinds and ANY in said.channels:
            await consents.stop_watching(session, customer.id, said.subject)

    async def consents(self, customer_id: UUID) -> Consents:
        """Everything the customer said about being told.  Raises `NotFoundError`."""
        async with self._database.transaction() as session:
            return await consents.consents_of(session, (await get_customer(session, customer_id)).id)

    async def last_told(self, session: AsyncSession, customer_id: UUID, *, since: datetime) -> NoticeRow | None:
        """The newest notice the customer got: what 不再通知 is about."""
        query = (
            select(NoticeRow)
            .where(
                NoticeRow.customer_id == customer_id,
                NoticeRow.state == NoticeState.told.value,
                NoticeRow.ended_at >= since,
            )
            .order_by(NoticeRow.ended_at.desc(), NoticeRow.created_at.desc())
            .limit(1)
        )
        return (await session.scalars(query)).first()

    async def _keep(self, session: AsyncSession, said: Said, *, agreed: bool) -> None:
        for kind in said.kinds:
            if kind != ANY:
                catalogue().kind(kind)
        if said.agreed is not agreed or not said.kinds or not said.channels:
            raise BadQueryError("要说明同意或者拒绝的是哪些通知、哪些渠道")
        customer = await get_customer(session, said.customer_id)
        await consents.keep(session, Said(**{**vars(said), "customer_id": customer.id}))

    # -- what happens ------------------------------------------------------------------------------

    async def happened(
        self, session: AsyncSession, whom: Sequence[tuple[UUID, Happening]], *, now: datetime
    ) -> Sequence[UUID]:
        """Note what is to be told to whom, in the transaction of what happened; returns what is new.

        Only for customers who agreed to it on any channel; the same occasion twice is one notice, and what is too old
        to be worth telling is none.
        """
        allowed = {customer_id: await consents.consents_of(session, customer_id) for customer_id in _customers(whom)}
        rows = [
            self._row(customer_id, each, now)
            for customer_id, each in whom
            if _agreed_somewhere(allowed[customer_id], each.kind, each.subject) and _expires(each) > now
        ]
        if not rows:
            return []
        once = {(row["customer_id"], row["occasion"]): row for row in rows}
        put = insert(NoticeRow).values(list(once.values())).on_conflict_do_nothing()
        return list((await session.scalars(put.returning(NoticeRow.id))).all())

    def _row(self, customer_id: UUID, each: Happening, now: datetime) -> dict[str, object]:
        kind = catalogue().kind(each.kind)
        due = None if kind.urgent else self.quiet.until(now)
        return {
            "customer_id": customer_id,
            "kind": each.kind,
            "subject": each.subject,
            "occasion": each.occasion,
            "values": {**kind.defaults, **{name: value for name, value in each.values.items() if value}},
            "happened_at": each.at,
            "due_at": due or now,
            "expires_at": _expires(each),
            "state": NoticeState.waiting.value,
            "tried": [],
            "created_at": now,
        }

    # -- looking -----------------------------------------------------------------------------------

    async def found(
        self,
        *,
        customer_id: UUID | None = None,
        subject: str | None = None,
        state: NoticeState | None = None,
        before: datetime | None = None,
        limit: int = 100,
    ) -> Sequence[NoticeRow]:
        """Notices, newest first."""
        query = select(NoticeRow).order_by(NoticeRow.created_at.desc(), NoticeRow.id).limit(limit)
        async with self._database.transaction() as session:
            if customer_id is not None:
                query = query.where(NoticeRow.customer_id == (await get_customer(session, customer_id)).id)
            if subject is not None:
                query = query.where(NoticeRow.subject == subject)
            if state is not None:
                query = query.where(NoticeRow.state == state.value)
            if before is not None:
                query = query.where(NoticeRow.created_at < before)
            return (await session.scalars(query)).all()

    async def _waiting(self, session: AsyncSession, customer_id: UUID) -> Sequence[NoticeRow]:
        query = select(NoticeRow).where(
            NoticeRow.customer_id == customer_id, NoticeRow.state == NoticeState.waiting.value
        )
        return (await session.scalars(query.with_for_update())).all()


def _customers(whom: Sequence[tuple[UUID, Happening]]) -> set[UUID]:
    return {customer_id for customer_id, _ in whom}


def _agreed_somewhere(allowed: Consents, kind: str, subject: str) -> bool:
    consent = catalogue().consent_of(kind)
    channels = {row.channel for row in allowed.rows if row.agreed}
    return any(allowed.allow(consent, channel, subject) for channel in channels)


def _is_allowed_anywhere(allowed: Consents, row: NoticeRow) -> bool:
    return _agreed_somewhere(allowed, row.kind, row.subject)


def _expires(each: Happening) -> datetime:
    return each.at + timedelta(hours=catalogue().kind(each.kind).hours)


__all__ = ["ALL", "ANY", "Happening", "NoticeService", "Said"]
