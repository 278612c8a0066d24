"""Choices we offered: what a tapped menu item or a typed number means."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels import Button
from connectors.wechat.tables import WeChatOffer as Offer

LASTS = timedelta(days=1)
"""A number typed later than this is just a number."""
_KEPT = timedelta(days=14)
_NUMBER = re.compile(r"(?:选|选择|第)?\s*(\d{1,2})\s*(?:个|项|号)?[.、。)]?")
_HANZI = {"一": "1", "二": "2", "三": "3", "四": "4", "五": "5", "六": "6", "七": "7", "八": "8", "九": "9", "十": "10"}


def choice_of(button: Button) -> str:
    """The id of a menu item; the same choice has the same, so an old menu still means what it said."""
    return blake2b(f"{button.title}\0{button.payload}".encode(), digest_size=12).hexdigest()


async def offered(
    session: AsyncSession, openid: str, buttons: Sequence[Button], *, numbered: bool, at: datetime
) -> None:
    """Remember what was offered; numbers of earlier offers, or of none, mean nothing from now on."""
    current = Offer.openid == openid
    await session.execute(update(Offer).where(current, Offer.number.is_not(None)).values(number=None))
    if not buttons:
        return
    await session.execute(delete(Offer).where(current, Offer.offered_at < at - _KEPT))
    rows = {
        choice_of(button): {
            "openid": openid,
            "choice": choice_of(button),
            "title": button.title,
            "payload": button.payload,
            "number": number if numbered else None,
            "offered_at": at,
        }
        for number, button in enumerate(buttons, start=1)
    }
    query = insert(Offer).values(list(rows.values()))
    latest = {"number": query.excluded.number, "offered_at": query.excluded.offered_at}
    await session.execute(query.on_conflict_do_update(index_elements=[Offer.openid, Offer.choice], set_=latest))


async def tapped(session: AsyncSession, openid: str, choice: str) -> Button | None:
    """What the menu item of this id said; None for a menu that was not ours, or is long gone."""
    row = await session.get(Offer, (openid, choice))
    return Button(title=row.title, payload=row.payload) if row is not None else None


async def typed(session: AsyncSession, openid: str, text: str, *, now: datetime) -> Button | None:
    """The choice a follower typed the number or the very title of, while it is the last thing we said."""
    query = select(Offer).where(Offer.openid == openid, Offer.number.is_not(None), Offer.offered_at > now - LASTS)
    rows = (await session.scalars(query)).all()
    said = unicodedata.normalize("NFKC", text).strip()
    found = _NUMBER.fullmatch(_HANZI.get(said, said))
    number = int(found.group(1)) if found else None
    for row in rows:
        if row.number == number or row.title == said:
            return Button(title=row.title, payload=row.payload)
    return None
