"""Last week's messages, without anybody's data, to be understood again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from bot.conversations.model import Conversation, Message
from bot.db import Database
from bot.studio.releases.measuring import JobMessage
from bot.studio.releases.ports import Verdicts
from bot.studio.releases.rules import ReplayRules
from bot.studio.sets.drawing import REHEARSAL

Mask = Callable[[str], str]


@dataclass(frozen=True)
class Replaying:
    """Draws a sample.

    Parameters
    ----------
    mask: takes out of a message whatever says who somebody is.
    verdicts: what people decided that messages meant.
    """

    database: Database
    mask: Mask
    verdicts: Verdicts
    rules: ReplayRules

    async def sample(self, *, at: datetime) -> list[JobMessage]:
        """Of what customers wrote to the bot, drawn evenly; the same ones for the same moment."""
        query = (
            select(Message.conversation_id, Message.seq, Message.text, Conversation.channel)
            .join(Conversation, Conversation.id == Message.conversation_id)
            .where(
                Message.author == "customer",
                Message.kind == "text",
                Message.understood.is_not(None),
                Message.text != "",
                Conversation.channel != REHEARSAL,
                Message.created_at >= at - timedelta(days=self.rules.days),
                Message.created_at <= at,
            )
            .order_by(func.md5(func.concat(Message.conversation_id, Message.seq)))
            .limit(self.rules.messages)
        )
        async with self.database.transaction() as session:
            rows = (await session.execute(query)).all()
        known = await self.verdicts.intents_of([(str(row.conversation_id), row.seq) for row in rows])
        return [
            JobMessage(
                text=self.mask(row.text), channel=row.channel, person=known.get((str(row.conversation_id), row.seq))
            )
            for row in rows
        ]
