"""Drawing sentences from what customers wrote."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Float, Select, and_, case, cast, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import CHINA
from bot.conversations.model import Conversation, Message
from bot.studio.sets.disguise import disguise, text_key
from bot.studio.sets.model import Wish
from bot.studio.sets.sampling import BANDS, allot
from bot.studio.sets.tables import SetSentence

REHEARSAL = "studio"
"""The channel on which dialogues are tried; no customer writes there."""
_WORDS = ("text", "voice")
_ZONE = "Asia/Shanghai"


class Drawn(NamedTuple):
    """A message that was taken; ``total`` is how many its stratum has, of which ``size`` were taken."""

    conversation_id: UUID
    seq: int
    text: str
    understood: dict[str, Any] | None
    channel: str
    day: date
    band: int
    total: int
    size: int


async def draw(session: AsyncSession, wish: Wish, made_up: Random) -> tuple[int, list[SetSentence]]:
    """How many messages there are to choose from, and sentences for those taken, not yet of a set.

    Messages that say the same become one sentence that stands for all of them.
    """
    typed = _typed(wish).subquery()
    stratum = typed.c.band if wish.evenly else literal(0)
    counted = await session.execute(select(stratum, func.count()).select_from(typed).group_by(stratum))
    totals = {int(band): int(n) for band, n in counted}
    sizes = {band: n for band, n in allot(totals, wish.size, evenly=wish.evenly).items() if n}
    if not sizes:
        return 0, []
    rows = (await session.execute(_taken(wish, sizes, made_up))).all()
    return sum(totals.values()), _sentences([Drawn(*row) for row in rows])


def _typed(wish: Wish) -> Select[Any]:
    """Every message of the wish: words that a customer typed or spoke."""
    begin = datetime.combine(wish.since, time(), CHINA)
    end = datetime.combine(wish.until + timedelta(days=1), time(), CHINA)
    channel = func.split_part(Conversation.channel, ":", 1)
    sure = cast(Message.understood["confidence"].astext, Float)
    band = case(
        (or_(Message.understood.is_(None), sure.is_(None)), 0),
        *((sure < edge, number) for number, edge in enumerate(BANDS)),
        else_=len(BANDS),
    )
    query = (
        select(
            Message.conversation_id,
            Message.seq,
            Message.text,
            Message.understood,
            channel.label("channel"),
            func.date(func.timezone(_ZONE, Message.created_at)).label("day"),
            band.label("band"),
        )
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Message.author == "customer",
            Message.kind.in_(_WORDS),
            Message.payload == "",
            func.btrim(Message.text) != "",
            Message.created_at >= begin,
            Message.created_at < end,
            channel != REHEARSAL,
        )
    )
    return query.where(channel.in_(wish.channels)) if wish.channels else query


def _taken(wish: Wish, sizes: Mapping[int, int], made_up: Random) -> Select[Any]:
    """`sampling.is_taken`, said in SQL: rows by channel and day, in chance order within a day."""
    typed = _typed(wish).subquery()
    stratum = typed.c.band if wish.evenly else literal(0)
    chance = func.md5(func.concat(typed.c.conversation_id, typed.c.seq, str(made_up.random())))
    place = func.row_number().over(partition_by=stratum, order_by=(typed.c.channel, typed.c.day, chance))
    total = func.count().over(partition_by=stratum)
    placed = select(typed, stratum.label("stratum"), place.label("place"), total.label("total")).subquery()
    start = {band: made_up.randrange(2**30) for band in sizes}
    size = case(*((placed.c.stratum == band, n) for band, n in sizes.items()), else_=0)
    begin = case(*((placed.c.stratum == band, at) for band, at in start.items()), else_=0) % placed.c.total
    here, before = placed.c.place * size + begin, (placed.c.place - 1) * size + begin
    taken = here // placed.c.total != before // placed.c.total
    columns = [placed.c[name] for name in ("conversation_id", "seq", "text", "understood", "channel", "day", "band")]
    return select(*columns, placed.c.total, size).where(and_(size > 0, taken)).order_by(chance_of(placed.c))


def chance_of(columns: Any) -> Any:
    """An order that says nothing about channel, day or confidence."""
    return func.md5(func.concat(columns.seq, columns.conversation_id))


def _sentences(rows: Sequence[Drawn]) -> list[SetSentence]:
    found: dict[str, SetSentence] = {}
    for row in rows:
        key, weight = text_key(row.text), row.total / row.size
        if key in found:
            found[key].weight += weight
        else:
            found[key] = _sentence(row, key, weight, len(found) + 1)
    return list(found.values())


def _sentence(row: Drawn, key: str, weight: float, no: int) -> SetSentence:
    understood = row.understood or {}
    return SetSentence(
        no=no,
        text=disguise(row.text.strip(), _shifted(row.text, understood.get("entities") or [])),
        text_key=key,
        channel=row.channel,
        day=row.day,
        conversation_id=row.conversation_id,
        seq=row.seq,
        weight=weight,
        band=row.band,
        guess={name: understood.get(name) for name in ("intent", "confidence")} if understood else None,
    )


def _shifted(text: str, entities: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Entities of the text without the blanks before it."""
    by = len(text) - len(text.lstrip())
    return [{**one, "start": (one.get("start") or 0) - by, "end": (one.get("end") or 0) - by} for one in entities]
