"""What we know of each customer's session: its state, its window and codes, kept in PostgreSQL for all processes."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.delivery.ports import ContentRefusedError, DeliveryError, Outgoing, QuotaError
from connectors.wecom.account import WeComAccount, WeComState
from connectors.wecom.tables import WeComSession as Session
from connectors.wecom.words import word

WELCOME_WITHIN = timedelta(seconds=20)
_WELCOME_MARGIN = timedelta(seconds=2)
_CODE_KEPT = {
    WeComState.pool: timedelta(hours=48),
    WeComState.human: timedelta(hours=48),
    WeComState.ended: timedelta(seconds=18),
}
_SESSION_LASTS = timedelta(hours=48)
_TRUSTED = timedelta(hours=1)
"""So long a session with a person is believed to be so without asking."""
USED_UP, TOO_LATE, NOT_OURS, HAS_ENDED = "95001", "95002", "95018", "95013"


async def latest(session: AsyncSession, external_userid: str, *, lock: bool = False) -> Session | None:
    """The session at the account where the customer was last."""
    query = (
        select(Session)
        .where(Session.external_userid == external_userid)
        .order_by(Session.seen_at.desc(), Session.open_kfid)
        .limit(1)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(query.with_for_update() if lock else query)).first()


async def seen(session: AsyncSession, external_userid: str, open_kfid: str, *, at: datetime) -> Session:
    """The session, locked, made on first sight; the customer is here from now on."""
    values = {"external_userid": external_userid, "open_kfid": open_kfid, "seen_at": at, "used": 0}
    put = insert(Session).values(values)
    newest = {"seen_at": func.greatest(Session.seen_at, put.excluded.seen_at)}
    await session.execute(put.on_conflict_do_update(index_elements=["external_userid", "open_kfid"], set_=newest))
    return await session.get_one(Session, (external_userid, open_kfid), with_for_update=True, populate_existing=True)


async def get(session: AsyncSession, external_userid: str, open_kfid: str) -> Session | None:
    key = external_userid, open_kfid
    return await session.get(Session, key, with_for_update=True, populate_existing=True)


def wrote(row: Session, *, at: datetime) -> None:
    """A message opens a new window; the same one read again changes nothing."""
    if row.wrote_at is None or row.wrote_at < at:
        row.wrote_at, row.used = at, 0


def has_to_be_asked(row: Session, *, now: datetime) -> bool:
    """Whether the platform may know better who has the session, now that the customer has written."""
    if row.state is None or row.state_at is None or row.state == WeComState.ended:
        return True
    if WeComState(row.state).is_with_person:
        return now - row.state_at > _TRUSTED
    return now - max(row.state_at, row.wrote_at or row.state_at) >= _SESSION_LASTS


def became(row: Session, state: WeComState, *, servicer: str = "", code: str = "", at: datetime) -> None:
    """What the platform says of the session."""
    row.state, row.servicer, row.state_at = state.value, servicer or None, at
    if code and state in _CODE_KEPT:
        row.code, row.code_state, row.code_until = code, state.value, at + _CODE_KEPT[state]
    elif row.code_state is not None and row.code_state != state:
        row.code = row.code_state = row.code_until = None


def may_welcome(row: Session, code: str, *, entered_at: datetime, now: datetime) -> bool:
    """Keep the code if there is time to use it."""
    if not code or now >= entered_at + WELCOME_WITHIN - _WELCOME_MARGIN:
        return False
    row.code, row.code_state, row.code_until = code, None, entered_at + WELCOME_WITHIN
    return True


def usable_code(row: Session, outgoing: Outgoing, *, now: datetime) -> str:
    """Empty without one; the bot is silent where people are, code or not."""
    if outgoing.author == "bot" and row.state in (WeComState.pool, WeComState.human):
        return ""
    is_good = row.code_until is not None and now < row.code_until
    return (row.code or "") if is_good and row.code_state in (None, row.state) else ""


async def used(session: AsyncSession, row: Session, code: str) -> None:
    """The code is gone."""
    key = Session.external_userid == row.external_userid, Session.open_kfid == row.open_kfid, Session.code == code
    await session.execute(update(Session).where(*key).values(code=None, code_state=None, code_until=None))


def count(row: Session, outgoing: Outgoing, msgid: str, account: WeComAccount, *, now: datetime) -> None:
    """Count one message about to be sent; the same one again is counted once.  Raises what `refusal` says."""
    refused = refusal(row.state, outgoing)
    if refused is not None:
        raise refused
    if msgid == row.last_msgid:
        return
    if row.wrote_at is None:
        raise QuotaError(word("never_wrote"), code=TOO_LATE)
    if now - row.wrote_at >= account.window:
        raise QuotaError(word("too_late"), code=TOO_LATE)
    if row.used >= account.messages:
        raise QuotaError(word("used_up"), code=USED_UP)
    row.used += 1
    row.last_msgid = msgid


def refusal(state: int | None, outgoing: Outgoing) -> DeliveryError | None:
    """Why nothing can be said in this state; None in those the bot may speak in.

    What a person of WeCom has to do with now is not said later: by then it would be about something else.  A notice
    goes another way, or waits.
    """
    if state in (WeComState.pool, WeComState.human):
        kind = ContentRefusedError if outgoing.notice is None else QuotaError
        return kind(word("with_person"), code=NOT_OURS)
    if state == WeComState.ended:
        return QuotaError(word("has_ended"), code=HAS_ENDED)
    return None


async def give_back(session: AsyncSession, row: Session, msgid: str) -> None:
    """What was counted was not sent."""
    await session.execute(
        update(Session)
        .where(
            Session.external_userid == row.external_userid,
            Session.open_kfid == row.open_kfid,
            Session.last_msgid == msgid,
            Session.used > 0,
        )
        .values(used=Session.used - 1, last_msgid=None)
    )


async def closed(session: AsyncSession, external_userid: str, open_kfid: str, *, most: int) -> None:
    """The platform lets nothing more through, whatever we counted."""
    key = Session.external_userid == external_userid, Session.open_kfid == open_kfid
    await session.execute(update(Session).where(*key).values(used=most))


async def busy_servicers(session: AsyncSession, open_kfid: str) -> dict[str, int]:
    """How many sessions each has, as far as we know."""
    query = (
        select(Session.servicer, func.count())
        .where(Session.open_kfid == open_kfid, text("state IN (2, 3)"), Session.servicer.is_not(None))
        .group_by(Session.servicer)
    )
    return {servicer: number for servicer, number in (await session.execute(query)).all() if servicer}
