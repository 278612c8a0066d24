"""In which characters a conversation is read and answered, remembered for each."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from bot.clock import Clock
from bot.conversations.schemas import MessageView
from bot.db import Database
from bot.desk.tools.characters import convert, script_of
from bot.desk.tools.kinds import Script
from bot.desk.tools.tables import ConversationScript
from bot.desk.tools.who import Sight
from bot.staff.model import Actor


@dataclass(frozen=True)
class Scripts:
    """How customers' messages are shown, and what answers are turned into; None for as written."""

    read_in: Script | None = None
    answer_in: Script | None = None


class Translation:
    """简体 and 繁體 for the desk; what customers wrote stays as it is in the log."""

    def __init__(self, database: Database, clock: Clock, sight: Sight) -> None:
        self._database = database
        self._clock = clock
        self._sight = sight

    async def of(self, actor: Actor, conversation_id: UUID) -> Scripts:
        """What was chosen for a conversation."""
        await self._sight.view(actor, conversation_id)
        return await self.chosen(conversation_id)

    async def chosen(self, conversation_id: UUID) -> Scripts:
        """The same for the desk's own use."""
        query = select(ConversationScript).where(ConversationScript.conversation_id == conversation_id)
        async with self._database.transaction() as session:
            row = (await session.scalars(query)).first()
        return Scripts(_script(row.read_in), _script(row.answer_in)) if row else Scripts()

    async def choose(self, actor: Actor, conversation_id: UUID, scripts: Scripts) -> Scripts:
        """For this conversation from now on, whoever has it."""
        await self._sight.view(actor, conversation_id)
        put = insert(ConversationScript).values(
            conversation_id=conversation_id,
            read_in=scripts.read_in,
            answer_in=scripts.answer_in,
            by=actor.username,
            at=self._clock(),
        )
        values = {name: put.excluded[name] for name in ("read_in", "answer_in", "by", "at")}
        async with self._database.transaction() as session:
            await session.execute(put.on_conflict_do_update(index_elements=["conversation_id"], set_=values))
        return scripts


def shown(messages: list[MessageView], scripts: Scripts) -> list[MessageView]:
    """Customers' messages in the characters that are read; everybody else's as they were sent."""
    if scripts.read_in is None:
        return messages
    return [
        one.model_copy(update={"text": convert(one.text, scripts.read_in)}) if one.author == "customer" else one
        for one in messages
    ]


def suggested(messages: list[MessageView]) -> Scripts:
    """What to choose for a customer who writes traditional characters: read simplified, answer traditional."""
    written = [script_of(one.text) for one in messages if one.author == "customer"]
    if Script.traditional in written:
        return Scripts(Script.simplified, Script.traditional)
    return Scripts()


def _script(value: str | None) -> Script | None:
    return Script(value) if value else None
