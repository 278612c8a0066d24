"""What every message of an agent passes before it is sent."""

from dataclasses import dataclass
from uuid import UUID

from bot.conversations.schemas import ConversationView
from bot.customers.service import phones_of
from bot.db import Database
from bot.desk.tools.kinds import Severity
from bot.desk.tools.lexicon import Verdict
from bot.desk.tools.scripts import Translation
from bot.desk.tools.sensitive import SensitiveWords
from bot.desk.tools.variables import holes
from bot.desk.tools.who import Sight
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
    """

    text: str
    verdict: Verdict
    missing: tuple[str, ...]

    @property
    def is_sendable(self) -> bool:
        """Whether it may go out once the agent has confirmed the warnings."""
        return not self.missing and self.verdict.severity is not Severity.block

    @property
    def needs_confirmation(self) -> bool:
        return self.verdict.severity is Severity.warn


class Outgoing:
    """Refuses what is not filled and words that must not be sent, and turns the characters."""

    def __init__(self, database: Database, sight: Sight, sensitive: SensitiveWords, translation: Translation) -> None:
        self._database = database
        self._sight = sight
        self._sensitive = sensitive
        self._translation = translation

    async def look(self, actor: Actor, conversation_id: UUID, text: str) -> Prepared:
        """What would become of a text; the same look that `pass_on` takes."""
        return await self._look(await self._sight.view(actor, conversation_id), text)

    async def _look(self, view: ConversationView, text: str) -> Prepared:
        async with self._database.transaction() as session:
            own = await phones_of(session, view.customer_id)
        verdict = await self._sensitive.check(text, allowed=own)
        return Prepared(await self._translation.answer(view.id, text), verdict, holes(text))

    async def pass_on(self, actor: Actor, conversation_id: UUID, text: str, *, confirmed: bool = False) -> Prepared:
        """A message that may be sent.

        Raises `SendingRefusedError` that says what is missing, what must not be sent, or, unless ``confirmed``, what
        has to be confirmed first; `IllegalMoveError` for a conversation that the actor does not hold.
        """
        prepared = await self._look(await self._sight.held(actor, conversation_id), text)
        if prepared.missing:
            raise _refused("unfilled", names="、".join(prepared.missing))
        if prepared.verdict.severity is Severity.block:
            raise _refused("sensitive", reasons=prepared.verdict.reasons)
        if prepared.needs_confirmation and not confirmed:
            raise _refused("sensitive_confirm", confirmable=True, reasons=prepared.verdict.reasons)
        return prepared


def _refused(name: str, *, confirmable: bool = False, **values: str) -> SendingRefusedError:
    return SendingRefusedError(tool_words().refusals[name].format_map(values), confirmable=confirmable)
