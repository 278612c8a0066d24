"""What every message of an agent passes before it is sent."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversations.model import Conversation
from bot.conversations.schemas import ConversationView
from bot.customers.service import phones_of
from bot.db import Database
from bot.desk.tools.answers import open_suggestions
from bot.desk.tools.characters import convert
from bot.desk.tools.kinds import Script, Severity
from bot.desk.tools.lexicon import Verdict
from bot.desk.tools.sensitive import SensitiveWords, newest_version
from bot.desk.tools.tables import ConversationScript
from bot.desk.tools.variables import holes
from bot.desk.tools.who import Sight, refuse_unless_held
from bot.desk.tools.words import tool_words
from bot.errors import SendingRefusedError
from bot.staff.model import Actor


@dataclass(frozen=True)
class Prepared:
    """A message as it would be sent.

    Parameters
    ----------
    text: in the characters that the customer reads.
    missing: variables that still stand in braces.
    was_offered: answers were suggested here, and nobody knows yet what became of them.
    """

    text: str
    verdict: Verdict
    missing: tuple[str, ...]
    was_offered: bool = False

    @property
    def is_sendable(self) -> bool:
        """Whether it may go out once the agent has confirmed the warnings."""
        return not self.missing and self.verdict.severity is not Severity.block

    @property
    def needs_confirmation(self) -> bool:
        return self.verdict.severity is Severity.warn


class Outgoing:
    """Refuses what is not filled and words that must not be sent, and turns the characters."""

    def __init__(self, database: Database, sight: Sight, sensitive: SensitiveWords) -> None:
        self._database = database
        self._sight = sight
        self._sensitive = sensitive

    async def look(self, actor: Actor, conversation_id: UUID, text: str) -> Prepared:
        """What would become of a text; the same look that `pass_on` takes."""
        view = await self._sight.view(actor, conversation_id)
        async with self._database.transaction() as session:
            return await self._look(session, view, text)

    async def pass_within(
        self, session: AsyncSession, actor: Actor, conversation: Conversation, text: str, *, confirmed: bool = False
    ) -> Prepared:
        """A message that may be sent, looked at within the transaction that sends it.

        Raises `SendingRefusedError` that says what is missing, what must not be sent, or, unless ``confirmed``, what
        has to be confirmed first; `IllegalMoveError` for a conversation that the actor does not hold.
        """
        refuse_unless_held(actor, conversation)
        return _passed(await self._look(session, conversation, text), confirmed=confirmed)

    async def _look(self, session: AsyncSession, of: Conversation | ConversationView, text: str) -> Prepared:
        """In one question; the customer's own numbers are asked for only where something was found."""
        script = select(ConversationScript.answer_in).where(ConversationScript.conversation_id == of.id)
        asked = select(script.scalar_subquery(), newest_version(), open_suggestions(of.id).exists())
        answer_in, newest, was_offered = (await session.execute(asked)).one()
        lexicon = await self._sensitive.lexicon_of(newest)
        verdict = self._sensitive.judge(lexicon, text)
        if verdict.severity is not None:
            verdict = self._sensitive.judge(lexicon, text, allowed=await phones_of(session, of.customer_id))
        turned = convert(text, Script(answer_in)) if answer_in else text
        return Prepared(turned, verdict, holes(text), was_offered)


def _passed(prepared: Prepared, *, confirmed: bool) -> Prepared:
    if prepared.missing:
        raise _refused("unfilled", names="、".join(prepared.missing))
    if prepared.verdict.severity is Severity.block:
        raise _refused("sensitive", reasons=prepared.verdict.reasons)
    if prepared.needs_confirmation and not confirmed:
        raise _refused("sensitive_confirm", confirmable=True, reasons=prepared.verdict.reasons)
    return prepared


def _refused(name: str, *, confirmable: bool = False, **values: str) -> SendingRefusedError:
    return SendingRefusedError(tool_words().refusals[name].format_map(values), confirmable=confirmable)
